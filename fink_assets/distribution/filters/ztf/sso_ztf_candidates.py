"""Known Solar System objects: a Minor Planet Center counterpart lies within 5 arcseconds."""

from fink_assets.distribution.filter import alert_filter


@alert_filter(
    survey="ztf",
    version="1.0.0",
    owners=["team:solar-system"],
    inputs=("solar_system.roid",),
    accepts=(1786559604315015011, 1786107540015015005),
    rejects=(1786234381015015009, 1786329101515015014),
)
def sso_ztf_candidates() -> str:
    """Known Solar System objects: a Minor Planet Center counterpart lies within 5 arcseconds.

    The condition is Fink's livestream filter of the same name: `roid` is 3.
    """
    return "solar_system.roid = 3"
