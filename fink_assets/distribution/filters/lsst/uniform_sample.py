"""One alert in 113, whatever it is."""

from fink_assets.distribution.filter import alert_filter


@alert_filter(
    survey="lsst",
    version="1.0.0",
    owners=["team:operations"],
    inputs=("diaSource.diaSourceId",),
    accepts=(396950876717158,),
    rejects=(169298433314652171, 169298432757858307),
)
def uniform_sample() -> str:
    """One alert in 113, whatever it is: a sample that no astrophysics has chosen, for monitoring.

    The condition is Fink's livestream filter of the same name: the detection's identifier is a
    multiple of 113, so that anybody can tell whether an alert should have come.
    """
    return "diaSource.diaSourceId % 113 = 0"
