"""Candidates for unknown Solar System objects: seen once or twice, away from stars."""

from fink_assets.distribution.filter import alert_filter


@alert_filter(
    survey="ztf",
    version="1.0.0",
    owners=["team:solar-system"],
    inputs=("solar_system.roid",),
    accepts=(1786198313215015016, 1786234381015015009),
    rejects=(1786559604315015011, 1786329101515015014),
)
def sso_fink_candidates() -> str:
    """Candidates for unknown Solar System objects: seen once or twice, away from stars.

    The condition is Fink's livestream filter of the same name: `roid` is 2.
    """
    return "solar_system.roid = 2"
