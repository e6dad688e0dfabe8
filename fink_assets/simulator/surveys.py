"""What the simulator must know of a survey's packets, as data: how to read, copy and name them.

What a packet is belongs to `packet` (ZTF) and `lsst`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from fink_assets.astro.time import night_of_jd, night_of_mjd_tai
from fink_assets.settings import Settings
from fink_assets.simulator import lsst, packet, sample, writers


@dataclass(frozen=True, kw_only=True)
class Packets:
    """The packets of one survey. Times are numbers on the survey's own scale, in days.

    Parameters
    ----------
    look : callable
        Time and object of a file's alert.
    message : callable
        What the survey sends, of a file.
    copies : callable
        Makes copies of a message whose times are some days later: one for each identifier; the
        number of the copy says which object it is of, 0 its own.
    first_id : callable
        First of a thousand million identifiers of a time.
    night, topic : callable
        Observing night (`YYYY-MM-DD`) of a time; Kafka topic of a night.
    source : callable
        Folder of alerts, or archive, to send where none is given.
    alert_id : callable
        Identifier of a message's alert.
    unknown : callable
        Message in place of a given one, whose writer's schema is that of no alert.
    changed : callable
        Message of the same alert after the survey has changed its schema.
    """

    look: Callable[[bytes], tuple[float, str]]
    message: Callable[[bytes], bytes]
    copies: Callable[[bytes, float], Callable[[int, int], bytes]]
    first_id: Callable[[float], int]
    night: Callable[[float], str]
    topic: Callable[[str], str]
    source: Callable[[Settings], Path]
    alert_id: Callable[[bytes], int]
    unknown: Callable[[bytes], bytes]
    changed: Callable[[bytes], bytes]


def _small_night(configuration: Settings) -> Path:
    from fink_assets.simulator import small_night  # needs what this module says

    return small_night.write_alerts(configuration)


PACKETS: dict[str, Packets] = {
    "ztf": Packets(
        look=packet.look,
        message=lambda content: content,
        copies=packet.copies,
        first_id=packet.candid_at,
        night=night_of_jd,
        topic=lambda night: f"ztf_{night.replace('-', '')}_programid1",
        source=lambda configuration: sample.ensure_samples(configuration.samples),
        alert_id=lambda message: packet.read_detection(message)["candid"],
        unknown=writers.foreign,
        changed=writers.extended,
    ),
    "lsst": Packets(
        look=lsst.look,
        message=lsst.message_of,
        copies=lsst.copies,
        first_id=lsst.source_id_at,
        night=night_of_mjd_tai,
        # Rubin's own name for alerts that no telescope made; messages state their version.
        topic=lambda night: "alerts-simulated",
        source=_small_night,
        alert_id=lambda message: lsst.read_detection(message)["diaSource"]["diaSourceId"],
        unknown=writers.of_unknown_schema,
        changed=writers.of_other_version,
    ),
}
