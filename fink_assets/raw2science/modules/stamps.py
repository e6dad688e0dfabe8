"""The ELEPHANT test of an alert's stamps as columns of a module, for every survey.

The test itself belongs to `astro.hostless`, reading stamps to `astro.stamps`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fink_assets.raw2science.module import Column

if TYPE_CHECKING:
    import pandas as pd

    from fink_assets.astro.hostless import Detector

STAMPS = ("science", "template")


def hostless_columns(*, fink: str = "") -> tuple[Column, ...]:
    """Declare the outputs; `fink` is what Fink's names of the statistics begin with."""
    statistics = tuple(
        Column(
            name=f"kstest_{stamp}",
            type="double",
            doc=(
                f"Kolmogorov-Smirnov statistic of the {stamp} stamp; near 0 its centre looks as "
                "empty as noise, near 1 it shows a source. Null unless the pair is a candidate."
            ),
            ucd="stat.value",
            fink=f"{fink}kstest_{stamp}" if fink else "",
            between=(0, 1),
        )
        for stamp in STAMPS
    )
    return (
        *statistics,
        Column(
            name="is_candidate",
            type="boolean",
            doc="True if one of the stamps shows a source and the other none; null if unreadable.",
            ucd="meta.code",
        ),
        Column(
            name="unreadable",
            type="string",
            doc="Why the stamps could not be looked at; null if they could.",
            ucd="meta.note",
        ),
    )


def tested(alerts: pd.DataFrame, identifier: str, detector: Detector) -> pd.DataFrame:
    """Test the stamps of each alert; `identifier` is the column of whole numbers that seeds."""
    import pandas as pd

    columns = (alerts[path] for path in (identifier, *(f"cutouts.{name}" for name in STAMPS)))
    rows = [tested_alert(*alert, detector=detector) for alert in zip(*columns, strict=True)]
    names = [column.name for column in hostless_columns()]
    found = {
        name: pd.Series([row[place] for row in rows], index=alerts.index, dtype=object)
        for place, name in enumerate(names)
    }
    statistics = {name: found[name].astype(float) for name in names[: len(STAMPS)]}
    return pd.DataFrame(found | statistics, index=alerts.index)


def tested_alert(
    identifier: Any, science: Any, template: Any, *, detector: Detector
) -> tuple[float | None, float | None, bool | None, str | None]:
    """Give the outputs of one alert; stamps that cannot be read are the matter of it alone."""
    import numpy as np

    from fink_assets.astro.hostless import hostless
    from fink_assets.astro.stamps import StampError, read_stamp

    if identifier != identifier or identifier is None:
        return None, None, None, "the alert has no number"
    images = []
    for name, content in zip(STAMPS, (science, template), strict=True):
        try:
            image = read_stamp(content)
        except StampError as problem:
            return None, None, None, f"{name}: {problem}"
        if not detector.fits(image.shape):
            return None, None, None, f"{name}: {image.shape[0]} x {image.shape[1]} pixels"
        if not np.isfinite(image).any():
            return None, None, None, f"{name}: no pixel has a value"
        images.append(image)
    found = hostless(images[0], images[1], detector, seed=int(identifier))
    return (None, None, False, None) if found is None else (*found, True, None)
