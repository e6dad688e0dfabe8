"""Light-curve features as columns of a module, a struct per band, for every survey.

The features themselves belong to `astro.light_curve`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from fink_assets.astro.light_curve import FEATURES
from fink_assets.raw2science.module import Column

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from fink_assets.astro.light_curve import Features


def band_column(band: str, *, unit: str, ucd: str, fink: str) -> Column:
    """Declare the features of a band as one struct column; `unit` is that of the light curve."""
    units = [feature.unit.replace("y", unit, 1) for feature in FEATURES]
    meanings = "; ".join(
        f"{f.name}: {f.meaning}{f' [{u}]' * bool(u)}" for f, u in zip(FEATURES, units, strict=True)
    )
    return Column(
        name=band,
        type="struct<" + ", ".join(f"{feature.name}: double" for feature in FEATURES) + ">",
        doc=f"Features in {band}; null without a point in the band. {meanings}.",
        ucd=ucd,
        fink=fink,
    )


def by_band(
    rows: Sequence[Mapping[str, Features | None]], bands: Iterable[str], index: pd.Index
) -> pd.DataFrame:
    """Make a frame of the features of alerts, a column per band."""
    import pandas as pd

    columns = {
        band: pd.Series([row[band] for row in rows], index=index, dtype=object) for band in bands
    }
    return pd.DataFrame(columns, index=index)
