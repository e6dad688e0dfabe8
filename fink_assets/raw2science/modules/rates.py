"""The distribution of a rate as columns of a module, for every survey.

How a change is computed belongs to `astro.change`.
"""

from collections.abc import Sequence

from fink_assets.raw2science.module import Column


def rate_columns(
    names: Sequence[str], *, of: str, unit: str, ucd: str, fink: bool = False
) -> tuple[Column, ...]:
    """Declare mean, standard deviation, 5 % and 95 % quantile of the change per day.

    Parameters
    ----------
    names : sequence of str
        The four names, in this order.
    of : str
        What changes, and which sign its change has.
    unit, ucd : str
        Those of the rate.
    fink : bool
        Whether Fink's topics have columns of these names.
    """
    parts = ("Mean", "Standard deviation", "5 % quantile", "95 % quantile")
    return tuple(
        Column(
            name=name,
            type="double",
            doc=f"{part} of the change of {of}.",
            unit=unit,
            ucd=ucd,
            fink=name if fink else "",
            between=(0, float("inf")) if part == "Standard deviation" else None,
        )
        for name, part in zip(names, parts, strict=True)
    )
