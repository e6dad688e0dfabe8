"""A server of a test that answers as Miriade does, of bodies on circles about the Sun."""

import json

import numpy as np
from unit.services.served import send

YEAR, EPOCH = 365.25, 2_460_000.5


def geometry(jd, *, axis=2.5, begin=0.3, latitude=4.0):
    """Where a body on a circle is seen from Earth, on another in the same plane.

    Distances in au, angles in degrees.
    """
    days = np.asarray(jd) - EPOCH
    earth = 2 * np.pi * days / YEAR
    own = 2 * np.pi * days / (YEAR * axis**1.5) + begin
    x, y = axis * np.cos(own) - np.cos(earth), axis * np.sin(own) - np.sin(earth)
    near = np.hypot(x, y)
    phase = np.degrees(np.arccos((axis**2 + near**2 - 1) / (2 * axis * near)))
    elongation = np.degrees(np.arccos((near**2 + 1 - axis**2) / (2 * near)))
    ra = np.degrees(np.arctan2(y, x)) % 360
    dec = np.full_like(ra, latitude) * np.sin(own)
    return {"RA": ra, "DEC": dec, "Dobs": near, "Dhelio": 0 * near + axis, "Phase": phase} | {
        "Elong.": elongation
    }


def sexagesimal(value):
    size = abs(value)
    hours, rest = divmod(round(size * 3600, 6), 3600)
    minutes, seconds = divmod(rest, 60)
    return f"{'-' if value < 0 else '+'}{int(hours):02d}:{int(minutes):02d}:{seconds:09.6f}"


def rows(days, *, colours=True, **orbit):
    """Rows of an answer, in the order of the times."""
    found = geometry(days, **orbit)
    made = []
    for k, day in enumerate(days):
        row = {"Date": day} | {name: float(values[k]) for name, values in found.items()}
        row |= {"RA": sexagesimal(row["RA"] / 15), "DEC": sexagesimal(row["DEC"])}
        row |= {"LAST": "08:20:11.1", "Az": 181.2, "VMag": 18.25, "dRAcosDEC": -0.41}
        row |= {"dDEC": 0.1, "RV": -12.5}
        made.append(row | ({"SDSS:g": 18.6, "SDSS:r": 18.1} if colours else {}))
    return made


def times_of(asked):
    return [float(line) for line in asked.fields["epochs"].split()]


def miriade(*, unknown=(), change=lambda rows: rows, **orbit):
    """Answer about any body but the unknown ones; comets have no colours."""

    def respond(handler, asked):
        body = asked.parameters["-name"]
        if body in unknown:
            return send(handler, json.dumps({"flag": 0, "status": "unknown"}).encode())
        made = change(rows(times_of(asked), colours=not body.startswith("c:"), **orbit))
        answer = {"sso": {"name": body}, "data": made}
        return send(handler, json.dumps(answer).encode(), kind="application/json")

    return respond
