"""Bodies of the Solar System that nobody knew: orbits through alerts of several nights.

Pure but for the archive. How alerts are linked belongs to `solar_system`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fink_assets.api import arguments, sql, told
from fink_assets.api.arguments import COLUMNS, MOST_ROWS, Argument
from fink_assets.api.endpoints import Endpoint, Rows, Values, between, chosen
from fink_assets.api.votable import Meaning
from fink_assets.astro.time import SECONDS_PER_DAY, UNIX_EPOCH_JD
from fink_assets.surveys import ZTF

if TYPE_CHECKING:
    import pyarrow as pa

    from fink_assets.api.archive import Archive

NOUN = "trajectories"
MOST = 10 * MOST_ROWS
"""Rows that may be asked for."""
NAME = "d:ssoCandId"
ELEMENTS = {
    "a": ("semimajor_axis", "AU", "Semi-major axis"),
    "e": ("eccentricity", "", "Eccentricity"),
    "i": ("inclination", "deg", "Inclination to the ecliptic of J2000"),
    "long_node": ("node", "deg", "Longitude of the ascending node, J2000"),
    "arg_peric": ("perihelion", "deg", "Argument of perihelion, J2000"),
    "mean_anomaly": ("mean_anomaly", "deg", "Mean anomaly at the reference epoch"),
}
"""Columns of the table by what Fink calls them, units and meanings."""
ORBITS = {
    NAME: "name",
    "d:ref_epoch": "epoch",
    **{f"d:{fink}": column for fink, (column, _, _) in ELEMENTS.items()},
    **{f"d:rms_{fink}": f"{column}_error" for fink, (column, _, _) in ELEMENTS.items()},
    "d:chi_reduced": "reduced_chi2",
    "v:rms": "rms",
    "v:alerts": "alerts",
    "v:found": "found",
    "v:last_night": "night",
}
DETECTIONS = {
    NAME: "name",
    "d:objectId": "object_id",
    "d:candid": "alert_id",
    "d:jd": "time",
    "d:ra": "ra",
    "d:dec": "dec",
    "d:fid": "band",
    "d:magpsf": "magnitude",
    "d:sigmapsf": "magnitude_error",
}
KINDS = {"orbParams": ("Orbits", ORBITS), "lightcurves": ("Their alerts", DETECTIONS)}
MEANINGS = {
    NAME: Meaning(ucd="meta.id", doc="Trajectory"),
    "d:ref_epoch": Meaning(unit="d", ucd="time.epoch", doc="Of the orbit, JD (TT)"),
    **{
        f"d:{n}": Meaning(unit=unit, ucd="src.orbital", doc=d)
        for n, (_, unit, d) in ELEMENTS.items()
    },
    **{
        f"d:rms_{n}": Meaning(unit=unit, ucd="stat.error", doc=f"{d}: 1-sigma error")
        for n, (_, unit, d) in ELEMENTS.items()
    },
    "d:chi_reduced": Meaning(ucd="stat.fit.chi2", doc="Chi squared over degrees of freedom"),
    "v:rms": Meaning(unit="arcsec", doc="Of the distances of alerts from the orbit"),
    "v:alerts": Meaning(ucd="meta.number", doc="Alerts on the orbit"),
    "v:found": Meaning(doc="Night with which it was found"),
    "v:last_night": Meaning(doc="Last night that added to it"),
    "d:jd": Meaning(unit="d", ucd="time.epoch", doc="Begin of the exposure, JD (UTC)"),
    "d:ra": Meaning(unit="deg", ucd="pos.eq.ra", doc="Right ascension"),
    "d:dec": Meaning(unit="deg", ucd="pos.eq.dec", doc="Declination"),
    "d:fid": Meaning(ucd="meta.code;instr.filter", doc="1: g, 2: r, 3: i"),
    "d:magpsf": Meaning(unit="mag", ucd="phot.mag", doc="Magnitude"),
    "d:sigmapsf": Meaning(unit="mag", ucd="stat.error;phot.mag", doc="Its error"),
}


def ssocand(archive: Archive, values: Values) -> Rows:
    """Answer `/ssocand`: orbits by name, or the alerts on them by time; each as it is known now."""
    _, known = KINDS[values["kind"]]
    read = _orbits if values["kind"] == "orbParams" else _alerts
    found = read(archive, values)
    most = values["maxnumber"]
    columns = chosen(known, values["columns"], [NAME])
    table = found.select([*columns.values()]).rename_columns([*columns]).slice(0, most)
    headers = told.of_part(found.num_rows <= most, None)
    return Rows(table=table, meanings=MEANINGS, headers=headers)


def _orbits(archive: Archive, values: Values) -> pa.Table:
    return _asked(archive, values, ORBITS, f"{_newest(values)} order by name")


def _alerts(archive: Archive, values: Values) -> pa.Table:
    """Alerts with Fink's numbers of bands and Julian dates."""
    import pyarrow as pa
    import pyarrow.compute as pc

    of_alert = [column for column in DETECTIONS.values() if column != "name"]
    fields = ", ".join(f"one[{sql.text(name)}] as {sql.name(name)}" for name in of_alert)
    each = f"select name, unnest(detections) as one from ({_newest(values)})"
    when = between(values["start_date"], values["stop_date"])
    statement = f"select * from (select name, {fields} from ({each})) where "
    statement += f"{' and '.join(when) or 'true'} order by time, alert_id"
    found = _asked(archive, values, DETECTIONS, statement)
    micros = found["time"].cast(pa.timestamp("us", "UTC")).cast(pa.int64())
    days = pc.add(pc.divide(micros.cast(pa.float64()), SECONDS_PER_DAY * 1e6), UNIX_EPOCH_JD)
    numbers = {name: number for number, name in (ZTF.unknown.bands if ZTF.unknown else {}).items()}
    bands = [numbers.get(name) for name in found["band"].to_pylist()]
    for name, column in (("time", days), ("band", pa.array(bands, pa.int32()))):
        found = found.set_column(found.column_names.index(name), name, column)
    return found


def _newest(values: Values) -> str:
    """Each trajectory, or the one asked for, as it was told last."""
    one = f"name = {sql.text(values['ssoCandId'])}" if values["ssoCandId"] else "true"
    newest = "row_number() over (partition by name order by night desc) as age"
    return f"select * from (select *, {newest} from it where {one}) where age = 1"


def _asked(archive: Archive, values: Values, columns: dict[str, str], rows: str) -> pa.Table:
    """Read one row more than there may be; none where nothing was ever linked."""
    import pyarrow as pa

    if not archive.there(NOUN):
        return pa.table({column: pa.array([], pa.null()) for column in columns.values()})
    names = ", ".join(map(sql.name, columns.values()))
    limited = f"select {names} from ({rows} limit {values['maxnumber'] + 1})"
    return archive.query(limited, it=NOUN)


def _number(value: object) -> int:
    """Read how many rows there may be."""
    found = arguments.whole(value)
    if not 1 <= found <= MOST:
        raise ValueError(f"must be from 1 to {MOST}")
    return found


ENDPOINT = Endpoint(
    path="ssocand",
    doc="Unknown bodies of the Solar System: orbits, or the alerts on them.",
    answer=ssocand,
    arguments=(
        Argument(
            name="kind",
            read=arguments.one_of(*KINDS),
            required=True,
            doc="; ".join(f"{kind}: {doc}" for kind, (doc, _) in KINDS.items()),
        ),
        Argument(name="ssoCandId", read=arguments.text, doc="Name of a trajectory; default: all"),
        Argument(name="start_date", read=arguments.moment, doc="Alerts from here on"),
        Argument(name="stop_date", read=arguments.moment, doc="Alerts until here"),
        Argument(
            name="maxnumber", read=_number, default=MOST_ROWS, type="integer", doc="Most rows"
        ),
        COLUMNS,
    ),
)
