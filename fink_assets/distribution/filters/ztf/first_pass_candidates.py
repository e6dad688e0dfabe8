"""Objects seen for the first time, near no other source: new transients or asteroids."""

from fink_assets.distribution.filter import alert_filter


@alert_filter(
    survey="ztf",
    version="1.0.0",
    owners=["team:solar-system"],
    inputs=("solar_system.roid",),
    accepts=(2713308041715015046,),
    rejects=(1786234381015015009, 1786537211115010000),
)
def first_pass_candidates() -> str:
    """Objects seen for the first time, near no other source: new transients or asteroids.

    The condition is Fink's livestream filter of the same name: `roid` is 1.
    """
    return "solar_system.roid = 1"
