"""Colours of an alert as columns of a module, for every survey.

How a colour is measured belongs to `astro.color`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from fink_assets.raw2science.module import Column

if TYPE_CHECKING:
    import pandas as pd

    from fink_assets.astro.color import Evolution

Pair = tuple[str, str]
PREFIXES = ("", "sigma_", "rate_", "sigma_rate_", "epoch_")


def name_of(pair: Pair) -> str:
    """Name the colour of two bands, the bluer first."""
    return "{}_minus_{}".format(*pair)


def color_columns(
    pairs: Iterable[Pair], *, time: str, epochs: tuple[float, float]
) -> tuple[Column, ...]:
    """Declare a colour of each pair of bands, its change, their errors, and its epoch.

    Parameters
    ----------
    pairs : iterable of pairs
        Bands, the bluer first.
    time : str
        What epochs are counted in, e.g. ``JD, UTC``.
    epochs : tuple of float
        Range of epochs.
    """
    positive = (0.0, float("inf"))
    columns = []
    for pair in pairs:
        color = "{} minus {}".format(*pair)
        meanings = (
            (f"Latest {color}; null without a pair.", "mag", "phot.color", None),
            (f"Standard deviation of {color}.", "mag", "stat.error;phot.color", positive),
            (
                f"Change of {color} per day since an earlier night; positive when reddening.",
                "mag.d-1",
                "arith.rate;phot.color",
                None,
            ),
            (
                f"Standard deviation of the change of {color}.",
                "mag.d-1",
                "stat.error;arith.rate;phot.color",
                positive,
            ),
            (f"Mean epoch of the two measurements of {color} ({time}).", "d", "time.epoch", epochs),
        )
        columns += [
            Column(name=f"{prefix}{name_of(pair)}", type="double", doc=d, unit=u, ucd=c, between=b)
            for prefix, (d, u, c, b) in zip(PREFIXES, meanings, strict=True)
        ]
    return tuple(columns)


def by_color(
    rows: Sequence[Sequence[Evolution]], pairs: Sequence[Pair], index: pd.Index
) -> pd.DataFrame:
    """Make a frame of the colours of alerts, NaN where nothing is known."""
    import numpy as np
    import pandas as pd

    names = [f"{prefix}{name_of(pair)}" for pair in pairs for prefix in PREFIXES]
    values = np.array(rows, dtype=float).reshape(len(rows), len(names))
    return pd.DataFrame(values, columns=names, index=index)
