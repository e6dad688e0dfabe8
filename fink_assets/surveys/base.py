"""What a survey is: everything that differs between streams, as data.

Declarations only. A stage never asks which survey it serves.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from typing import Any, Literal

from quality.rules import Rule


@dataclass(frozen=True, kw_only=True)
class Survey:
    """A stream of alerts. Expressions are Spark SQL over the packet's fields.

    Parameters
    ----------
    name : str
        Short name: prefix of tables, assets and jobs, suffix of topics.
    title : str
        Name as people write it.
    topics : str
        Regular expression of the incoming Kafka topics.
    framing : str
        How a message wraps its datum: ``container`` (an Avro object container of one alert).
    packet_schema : str
        File in this package with the Avro schema of the newest packet known.
    required : sequence of str
        Packet fields without which a message is not an alert of this survey.
    alert_id, object_id : str
        Identity of an alert (bigint) and of its object (string).
    time : str
        Timestamp (UTC) of the exposure.
    night : str
        Observing night, ``YYYY-MM-DD``.
    ra, dec : str
        Position, ICRS degrees.
    band, magnitude, magnitude_error : str
        The measurement kept in light curves.
    schema_version : str
        Version of the packet's schema as the packet states it.
    current, history : str
        Struct of this alert's measurement, array of the previous ones.
    kept : sequence of str
        Packet fields kept in the science table.
    cuts : sequence of Rule
        Conditions of a usable alert; those that fail go to quarantine.
    plausible : sequence of Rule
        Conditions on a batch as a whole.
    first_night : str
        First night of the survey, start of its partitions.
    night_offset_hours : int
        Hour (UTC) at which a night begins.
    """

    name: str
    title: str
    topics: str
    framing: Literal["container"]
    packet_schema: str
    required: Sequence[str]
    alert_id: str
    object_id: str
    time: str
    night: str
    ra: str
    dec: str
    band: str
    magnitude: str
    magnitude_error: str
    schema_version: str
    current: str
    history: str
    kept: Sequence[str]
    cuts: Sequence[Rule]
    plausible: Sequence[Rule]
    first_night: str
    night_offset_hours: int = 0

    @cached_property
    def avro_schema(self) -> dict[str, Any]:
        """Avro schema of the newest packet known."""
        return json.loads((files("fink_assets.surveys") / self.packet_schema).read_text())
