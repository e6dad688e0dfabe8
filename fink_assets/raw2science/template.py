"""Write the file of a new science module, and name it in the list of its survey.

What is written works, and has one golden value that is wrong on purpose: its author replaces it.
"""

import keyword
import re
from dataclasses import dataclass
from pathlib import Path

from fink_assets.raw2science.taken import names_taken

FOLDER = Path(__file__).parent / "modules"
LONGEST = 24
"""Characters of a name, so that the line of its import is not too long."""

_FILE = '''"""{summary}"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fink_assets.raw2science.module import Column, Golden, science_module

if TYPE_CHECKING:
    import pandas as pd


@science_module(
    survey="{survey}",
    version="0.1.0",
    owners=["{owner}"],
    inputs=("{measured}", "{error}"),
    outputs=(
        Column(
            name="{output}",
            type="double",
            doc="{meaning}",
            unit="{unit}",
            between=({low}, {high}),
        ),
    ),
    applies="size({measured}) >= 2",
    # What a real alert must get. Zero is wrong: work out the value, then write it here.
    golden=(Golden(alert={golden}, expected={{"{output}": 0.0}}),),
)
def {name}(alerts: pd.DataFrame) -> pd.DataFrame:
    """Take the weighted mean of the measurements in the packet.

    Say here what is computed and from which paper, in which units, what null means, and where Fink
    does otherwise. The text is the page of the module in the documentation and its description in
    Dagster. This one divides each measurement by the square of its error; it is null where none has
    an error.
    """
    import numpy as np
    import pandas as pd

    from fink_assets.astro.photometry import histories

    def mean(measured: object, error: object) -> float:
        values, errors = histories(measured, error)
        known = ~np.isnan(values) & (errors > 0)
        if not known.any():
            return np.nan
        weights = (errors[known].min() / errors[known]) ** 2
        return float((values[known] * weights).sum() / weights.sum())

    pairs = zip(alerts["{measured}"], alerts["{error}"], strict=True)
    found = [mean(*pair) for pair in pairs]
    return pd.DataFrame({{"{output}": found}}, index=alerts.index)
'''

_WORDS = {
    "ztf": {
        "summary": "Tell the mean magnitude of an alert's light curve.",
        "measured": "history.magpsf",
        "error": "history.sigmapsf",
        "output": "mean_magnitude",
        "meaning": "Weighted mean of the magnitudes of all detections in the packet.",
        "unit": "mag",
        "low": "0",
        "high": "40",
        "golden": "1786397526015015000",
    },
    "lsst": {
        "summary": "Tell the mean flux of an alert's light curve.",
        "measured": "history.psfFlux",
        "error": "history.psfFluxErr",
        "output": "mean_flux",
        "meaning": "Weighted mean of the fluxes of all detections in the packet.",
        "unit": "nJy",
        "low": "-1e9",
        "high": "1e9",
        "golden": "2",
    },
}

_OWNER = re.compile(r"team:[a-z0-9_.-]+|[^@\s]+@[^@\s]+\.[^@\s]+")


class NewModuleError(ValueError):
    """A module cannot be written; the message says why."""


@dataclass(frozen=True, kw_only=True)
class Written:
    """What was written: the module's file, and the list that names it."""

    file: Path
    listed: Path


def write(name: str, *, survey: str, owner: str, folder: Path = FOLDER) -> Written:
    """Write a module's file, and name it in `MODULES` of its survey.

    Parameters
    ----------
    name : str
        Of the module, its file, its function and its column: ``snake_case``.
    survey : str
        Whose alerts it reads.
    owner : str
        Who answers for it: ``team:name`` or an e-mail address.
    folder : Path
        Of the modules, with one folder per survey.

    Raises
    ------
    NewModuleError
        The name is taken or no name, the survey is not there, or the owner is none.
    """
    _check(name, survey, owner, folder)
    listed, file = folder / survey / "__init__.py", folder / survey / f"{name}.py"
    text = listing(listed.read_text(), name, survey)
    file.write_text(_FILE.format(name=name, survey=survey, owner=owner, **_WORDS[survey]))
    listed.write_text(text)
    return Written(file=file, listed=listed)


def listing(text: str, name: str, survey: str) -> str:
    """Text of a survey's list with one more module, imports and names in the order of letters."""
    start = f"from fink_assets.raw2science.modules.{survey}."
    imports = {line for line in text.splitlines() if line.startswith(start)}
    head, rest = text.split(start, 1)
    body = rest.split("MODULES: tuple[ScienceModule, ...] = (\n", 1)[1]
    names = {line.strip().rstrip(",") for line in body.split(")", 1)[0].splitlines()} - {""}
    lines = sorted(imports | {f"{start}{name} import {name}"})
    entries = "".join(f"    {each},\n" for each in sorted(names | {name}))
    found = "\n".join(lines)
    return f"{head}{found}\n\nMODULES: tuple[ScienceModule, ...] = (\n{entries})\n"


def _check(name: str, survey: str, owner: str, folder: Path) -> None:
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name) or keyword.iskeyword(name):
        raise NewModuleError(f"{name!r} is no name: small letters, digits and underscores")
    if len(name) > LONGEST:
        raise NewModuleError(f"{name!r} is longer than {LONGEST} characters")
    if survey not in _WORDS:
        raise NewModuleError(f"{survey!r} is no survey: choose from {', '.join(_WORDS)}")
    if name in names_taken(survey):
        raise NewModuleError(f"{name!r} is the name of a column that is there already")
    if not _OWNER.fullmatch(owner):
        raise NewModuleError(f"{owner!r} is neither team:name nor an e-mail address")
    taken = [path for path in (folder / survey).glob("*.py") if path.stem == name]
    if taken:
        raise NewModuleError(f"{taken[0]} is there already")
