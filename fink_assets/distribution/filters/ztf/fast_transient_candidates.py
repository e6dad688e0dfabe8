"""Sources that brighten fast."""

from fink_assets.distribution.filter import alert_filter


@alert_filter(
    survey="ztf",
    version="1.0.0",
    owners=["team:transients"],
    inputs=(
        "candidate.drb",
        "candidate.isdiffpos",
        "fast_transient_rate.upper_rate",
        "solar_system.roid",
    ),
    accepts=(975188143615015115, 975188142015015183),
    rejects=(975188140215010135, 1786559604315015011, 1786329101515015014),
)
def fast_transient_candidates() -> str:
    """Sources that certainly brighten by more than 0.3 mag per day.

    The 95 % quantile of the rate is below -0.3 mag/d, the limit that Fink's multi-messenger "gold"
    sample puts on the rate itself; the detection is real (deep-learning score above 0.9), positive,
    and no Solar System object.
    """
    return (
        "fast_transient_rate.upper_rate < -0.3 and candidate.drb > 0.9 "
        "and candidate.isdiffpos in ('t', '1') and solar_system.roid = 0"
    )
