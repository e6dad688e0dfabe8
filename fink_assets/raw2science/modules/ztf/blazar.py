"""Tell how bright a monitored blazar is compared with its usual flux, and whether it is very low.

What other sources are belongs to `crossmatch`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fink_assets.catalogues import CTAO_BLAZARS
from fink_assets.raw2science.module import Column, Golden, science_module

if TYPE_CHECKING:
    import pandas as pd

    from fink_assets.catalogues.names import Row

BANDS = (1, 2)
"""ZTF's codes of g and r, in the order of the catalogue's medians."""

JANSKY = 1e-3
"""Of the millijansky in which the catalogue has medians."""

_MEASURED = (
    *("history.jd", "history.fid", "history.magpsf", "history.sigmapsf"),
    *("history.magnr", "history.sigmagnr", "history.isdiffpos"),
)


def _ratio(name: str, doc: str) -> Column:
    return Column(
        name=name,
        type="double",
        doc=doc,
        ucd="phot.flux;arith.ratio",
        fink=f"blazar_stats.{name}" if name.startswith(("instantness", "robustness")) else "",
    )


@science_module(
    survey="ztf",
    version="1.1.0",
    owners=["team:agn"],
    inputs=("alert.object_id", *_MEASURED),
    outputs=(
        Column(
            name="source_name",
            type="string",
            doc="Name in 3FHL of the monitored blazar; null if the object is none.",
            ucd="meta.id",
        ),
        _ratio(
            "standardized_flux",
            "Total flux of this detection over the blazar's median flux in the band; null where "
            "the list has no median of the band, or the reference image has no source.",
        ),
        _ratio("standardized_flux_error", "Error of the standardized flux."),
        _ratio(
            "instantness_low",
            "Standardized flux of this detection over the threshold of low states: low if below 1.",
        ),
        _ratio(
            "robustness_low",
            "Mean standardized flux of the last 30 days over the threshold of low states: low if "
            "below 1; null without two epochs in them.",
        ),
        _ratio(
            "instantness_high",
            "Standardized flux of this detection over the threshold of high states: high if above "
            "1. Null: the edition of the list has no such threshold.",
        ),
        _ratio(
            "robustness_high",
            "Mean standardized flux of the last 5 days over the threshold of high states: high if "
            "above 1. Null: the edition of the list has no such threshold.",
        ),
        _ratio(
            "previous_robustness_low",
            "What `robustness_low` was at the detection before: a low state is new if it is at "
            "least 1; null without two epochs in the 30 days before that detection.",
        ),
    ),
    data=(CTAO_BLAZARS,),
    golden=(
        Golden(
            alert=2880305871515010013,
            expected={
                "source_name": "3FHL J0333.9+6537",
                "standardized_flux": 0.705262,
                "standardized_flux_error": 0.046123,
                "instantness_low": 0.842421,
                "robustness_low": 0.833159,
                "instantness_high": None,
                "robustness_high": None,
            },
            tolerance=1e-5,
        ),
        Golden(
            alert=2862428761315015013,
            expected={
                "source_name": "3FHL J0322.0+2336",
                "instantness_low": 1.668843,
                "robustness_low": 1.642443,
            },
        ),
        Golden(alert=1786397526015015000, expected={"source_name": None, "instantness_low": None}),
    ),
)
def blazar(alerts: pd.DataFrame) -> pd.DataFrame:
    """Compare the flux of blazars that the CTAO monitors with what is usual for each.

    The object must be on the list `ctao_blazars`, by its name in ZTF; for others all is null, with
    `source_name` to tell. The flux in the difference image and that of the source in the reference
    are added, as the excess may be negative, and divided by the median flux in the band, so that g
    and r are one light curve. A state is low where `instantness_low` (this detection) and
    `robustness_low` (mean over 30 days, by the trapezoidal rule) are both below 1.

    The list is that of ZTF's DR22, which has medians and thresholds of low states of 172 objects
    and no thresholds of high states: `instantness_high` and `robustness_high` are null with it.
    Fink's edition of DR23 has them, but is in no published package. The quantile of the flux in the
    blazar's history (`cdf_quantile`) is not computed: Fink asks the service of SNAD for that
    history.

    Names say what values are. In Fink each of instantness and robustness stands under the name of
    the other. Fink writes -1 for what is not known, which cannot be told from a low state, and
    compares with high thresholds only where a low ratio is above 1.
    """
    import pandas as pd

    from fink_assets.catalogues.names import by_name

    listed = by_name(CTAO_BLAZARS, "object_id")
    columns = [alerts["alert.object_id"], *(alerts[path] for path in _MEASURED)]
    names = [column.name for column in blazar.outputs]
    found: list[dict[str, Any]] = []
    for name, *measured in zip(*columns, strict=True):
        source = listed.get(name) if isinstance(name, str) else None
        found.append({} if source is None else of_alert(source, *measured))
    return pd.DataFrame(found, index=alerts.index, columns=names).astype(
        {name: float for name in names if name != "source_name"}
    )


def of_alert(source: Row, jd: Any, fid: Any, *measured: Any) -> dict[str, Any]:
    """Give the outputs for one detection of a listed blazar, the last of its history."""
    from fink_assets.astro.blazar import blazar_state, standardized_flux
    from fink_assets.astro.photometry import from_positive_subtraction, histories

    *magnitudes, isdiffpos = measured
    jd, fid, magpsf, sigmapsf, magnr, sigmagnr = histories(jd, fid, *magnitudes)
    flux, error = standardized_flux(
        magpsf,
        sigmapsf,
        magnr=magnr,
        sigmagnr=sigmagnr,
        positive=from_positive_subtraction(isdiffpos),
        band=fid,
        medians={band: m * JANSKY for band, m in zip(BANDS, source["medians"], strict=True)},
    )
    low = source["low_threshold"]
    state = blazar_state(
        jd,
        flux,
        low_threshold=float("nan") if low is None else low,
        high_threshold=float("nan"),
    )
    return {
        "source_name": source["source_name"],
        "standardized_flux": flux[-1],
        "standardized_flux_error": error[-1],
        **state._asdict(),
    }
