"""What of a survey's science table is looked at when alerts are matched with notices.

Spark SQL expressions, by survey. Facts only.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from fink_assets.astro.time import SECONDS_PER_DAY, UNIX_EPOCH_JD, timestamp_of_mjd_tai_sql


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """What is known of an alert.

    Parameters
    ----------
    begin : str
        First sign of the object, in seconds of Unix time.
    real_bogus : str
        Score from 0, an artefact, to 1.
    kind : str
        Fink's class as far as the columns tell it; null where they do not.
    rate : str
        Change of the magnitude per day.
    label : str
        What the alert is classified as; null where no module does it.
    modules : tuple of str
        Modules whose columns the expressions read; without one, what reads it is null.
    """

    begin: str
    real_bogus: str
    kind: str
    rate: str
    label: str = "null"
    modules: tuple[str, ...] = (
        *("solar_system", "fast_transient_rate", "detection_history", "classification"),
    )

    def value(self, expression: str, kind: str, columns: Collection[str]) -> str:
        """Give an expression of a type; null where it reads a module that the columns lack."""
        absent = [name for name in self.modules if name not in columns]
        missing = any(f"{name}." in expression for name in absent)
        return f"cast({'null' if missing else expression} as {kind})"


CANDIDATES: Mapping[str, Candidate] = MappingProxyType(
    {
        "ztf": Candidate(
            # 3 sigma detections count, as in Fink.
            begin=f"(candidate.jdstarthist - {UNIX_EPOCH_JD}D) * {SECONDS_PER_DAY}D",
            real_bogus="candidate.rb",
            kind="case solar_system.roid when 3 then 'Solar System MPC' when 2 then "
            "'Solar System candidate' when 1 then 'Unknown' when 0 then 'Unknown' end",
            rate="fast_transient_rate.mag_rate",
            label="classification.label",
        ),
        "lsst": Candidate(
            # Rubin does not fill diaObject.firstDiaSourceMjdTai yet; the packet's history goes back
            # a year. A body is new at every place, so that its begin says nothing.
            begin="if(solar_system.is_sso, null, unix_micros("
            f"{timestamp_of_mjd_tai_sql('detection_history.first_detection_mjd')}) / 1e6D)",
            # Thresholds of tiers were set for ZTF's score; nobody has calibrated them for LSST.
            real_bogus="diaSource.reliability",
            kind="if(solar_system.is_sso is null, null, "
            "if(solar_system.is_sso, 'Solar System MPC', 'Unknown'))",
            rate="fast_transient_rate.mag_rate",
        ),
    }
)
