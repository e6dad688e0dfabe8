"""Significant detections of objects seen before, other than Solar System objects."""

from fink_assets.distribution.filter import alert_filter


@alert_filter(
    survey="lsst",
    version="1.0.0",
    owners=["team:transients"],
    inputs=("diaObject.nDiaSources", "diaSource.snr", "solar_system.is_sso"),
    accepts=(169298433314652171, 396950876717158),
    rejects=(169298432757858307,),
)
def remove_unlikely_transients() -> str:
    """Significant detections of objects seen before, other than Solar System objects.

    The signal-to-noise ratio is above 10 and the survey counts at least two detections. The cuts of
    the survey have taken out flagged and negative detections before.

    Fink's livestream filter of the same name (for DESC) means the same, but inverts its condition
    on quality: it sends detections that are flagged, negative or below 6 sigma, and no good one.
    """
    return "diaSource.snr > 10 and diaObject.nDiaSources >= 2 and not solar_system.is_sso"
