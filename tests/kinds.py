"""Messages of every kind with what becomes of each: decoded, or set aside for a reason."""

import math

import messages

from fink_assets.stream2raw.decode import CORRUPT
from fink_assets.stream2raw.framing import EMPTY, NOT_A_CONTAINER, NOT_ONE_ALERT, TRUNCATED


def bad_schema(problem):
    return f"writer's schema: {problem}"


def retyped(name, kind, value, *, path=""):
    schema = messages.with_type(name, kind, path=path)
    record = messages.packet(500)
    (record["candidate"] if path else record)[name] = value
    return messages.written(schema, record)


GOOD = {
    "3.1": messages.message(101, "3.1"),
    "3.3": messages.message(102, "3.3"),
    "4.02": messages.message(103),
    "forced photometry": messages.message(
        104, fp_hists=[messages.forced_photometry(messages.JD - n) for n in range(3)]
    ),
    "no history": messages.message(105, prv_candidates=None),
    "empty history": messages.message(106, prv_candidates=[]),
    "other names": messages.message(107, schema=messages.other_names()),
    "added fields": messages.message(
        109,
        schema=messages.with_field(
            "host",
            {"type": "record", "name": "host", "fields": [{"name": "z", "type": "float"}]},
        ),
        host={"z": 0.25},
    ),
    "narrower types": messages.message(110, schema=messages.narrower(), publisher=b"ZTF"),
    "no time": messages.message(113, candidate=messages.packet(113, jd=math.nan)["candidate"]),
}
DEAD = {
    "empty": (b"", EMPTY),
    "null": (None, EMPTY),
    "garbage": (b"hello", NOT_A_CONTAINER),
    "truncated": (messages.truncated(), TRUNCATED),
    "two alerts": (messages.two_alerts(), NOT_ONE_ALERT),
    "damaged": (messages.damaged(), CORRUPT),
    "compressed": (
        messages.compressed(),
        bad_schema("codec deflate: only uncompressed containers are decoded"),
    ),
    "foreign": (
        messages.foreign(),
        bad_schema("not an alert of ZTF: no field objectId, candidate.jd"),
    ),
    "unreadable": (
        messages.unreadable(),
        bad_schema("unreadable header: JSONDecodeError: Expecting value: line 1 column 1 (char 0)"),
    ),
    "text for a number": (
        retyped("candid", "string", "500"),
        bad_schema("candid: string is not long"),
    ),
    "text for a magnitude": (
        retyped("magpsf", ["null", "string"], "18.5", path="candidate"),
        bad_schema("candidate.magpsf: string is not float"),
    ),
    "name of the lake": (
        messages.message(502, schema=messages.with_field("batch", "int"), batch=7),
        bad_schema("batch: a column of raw itself"),
    ),
    "name in capitals": (
        messages.message(503, schema=messages.with_field("CANDID", "int"), CANDID=7),
        bad_schema("CANDID: differs from candid by capital letters only"),
    ),
}
GARBAGE = {"noise": b"noise", "nothing": b"", "report": messages.foreign()}
