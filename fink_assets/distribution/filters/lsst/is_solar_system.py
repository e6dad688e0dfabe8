"""Known Solar System objects, as the survey attributes them."""

from fink_assets.distribution.filter import alert_filter


@alert_filter(
    survey="lsst",
    version="1.0.0",
    owners=["team:solar-system"],
    inputs=("solar_system.is_sso",),
    accepts=(169298432757858307, 169298433291583519),
    rejects=(169298433314652171, 396950876717158),
)
def is_solar_system() -> str:
    """Known Solar System objects, as the survey attributes them.

    The condition is Fink's livestream filter of the same name: `pred.is_sso`.
    """
    return "solar_system.is_sso"
