"""Which alerts a trial sends: those that a person names, or a survey's own.

Sending them belongs to `sending`.
"""

from __future__ import annotations

from pathlib import Path

from rich.console import Console

from fink_assets.packages import PackageError
from fink_assets.settings import Settings
from fink_assets.simulator.archive import is_archive, survey_of
from fink_assets.simulator.sequence import files
from fink_assets.simulator.surveys import PACKETS
from fink_assets.surveys import Survey
from fink_assets.trial.ground import SHIPPED, TrialError

SHIPPED_BY_SURVEY = {"ztf": SHIPPED}


def alerts_to_send(
    configuration: Settings, survey: Survey, given: Path | None, console: Console
) -> Path:
    """Folder of the alerts, or file: the given one, the survey's own, or those that are shipped.

    Raises
    ------
    TrialError
        The given one has no alerts of the survey, or none can be had.
    """
    if given is not None:
        return _checked(given, survey)
    try:
        return PACKETS[survey.name].source(configuration)
    except PackageError as problem:
        if survey.name not in SHIPPED_BY_SURVEY:
            raise TrialError(f"{problem}.", "Name a folder of alerts with --alerts.") from None
        shipped = SHIPPED_BY_SURVEY[survey.name]
        console.print(f"{problem}\n[yellow]The alerts in {shipped} are used instead.[/]")
        return shipped


def _checked(given: Path, survey: Survey) -> Path:
    """Have a look at one of the alerts, or at what an archive says of itself."""
    remedy = "Name a folder of *.avro messages"
    if is_archive(given) and survey_of(given) == survey.name:
        return given
    first = next(files(given), None)
    if first is None:
        raise TrialError(f"{given} holds no alerts.", f"{remedy}.")
    try:
        PACKETS[survey.name].look(first.read_bytes())
    except (ValueError, KeyError, PackageError) as problem:
        said = f"{first} is no alert of {survey.title}: {problem}."
        raise TrialError(said, f"{remedy}, or another --survey.") from None
    return given
