"""Spark SQL on the positions of a packet's history: whether they move along a line."""

ARCSEC_PER_HOUR = 2.0
RMS_ARCSEC = 0.5
"""Both are Fink's, of its hostless module for Rubin."""

_POINTS = (
    "transform(sequence(0, size(history.midpointMjdTai) - 1), i -> named_struct("
    "'t', (get(history.midpointMjdTai, i) - element_at(history.midpointMjdTai, -1)) * 24, "
    # The difference of two right ascensions, also across 0 h.
    "'x', (pmod(get(history.ra, i) - element_at(history.ra, -1) + 540, 360) - 180) "
    "* cos(radians(element_at(history.dec, -1))) * 3600, "
    "'y', (get(history.dec, i) - element_at(history.dec, -1)) * 3600))"
)
_KNOWN = f"filter({_POINTS}, p -> coalesce(not isnan(p.t + p.x + p.y), false))"
_SUMS = {
    "n": "1",
    "t": "p.t",
    "x": "p.x",
    "y": "p.y",
    "tt": "p.t * p.t",
    "tx": "p.t * p.x",
    "ty": "p.t * p.y",
    "rr": "p.x * p.x + p.y * p.y",
}
_NONE = ", ".join(f"'{name}', 0D" for name in _SUMS)
_MORE = ", ".join(f"'{name}', s.{name} + {value}" for name, value in _SUMS.items())
_TT = "(s.tt - s.t * s.t / s.n)"
_TX, _TY = "(s.tx - s.t * s.x / s.n)", "(s.ty - s.t * s.y / s.n)"
_ALONG = f"(({_TX} * {_TX} + {_TY} * {_TY}) / {_TT})"
_ABOUT = f"(s.rr - (s.x * s.x + s.y * s.y) / s.n - {_ALONG})"
_FITTED = (
    f"s.n >= 3 and {_TT} > 0 and {_ALONG} / {_TT} > {ARCSEC_PER_HOUR**2} "
    f"and {_ABOUT} / s.n < {RMS_ARCSEC**2}"
)

MOVING = (
    f"coalesce(aggregate({_KNOWN}, named_struct({_NONE}), (s, p) -> named_struct({_MORE}), "
    f"s -> {_FITTED}), false)"
)
"""Condition that three detections or more lie on a line along which they move evenly.

Straight lines are fitted by least squares to right ascension (times the cosine of the declination)
and declination over time; the source moves if the speed is above 2" per hour and the positions
scatter about the lines by less than 0.5" (root mean square of both coordinates together).
"""
MOTION_INPUTS = ("history.midpointMjdTai", "history.ra", "history.dec")
