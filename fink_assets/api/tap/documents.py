"""XML that clients read: what the service can do, its tables, its jobs.

VOSI 1.1, TAPRegExt 1.0, VODataService 1.1 and UWS 1.1, as far as clients use them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape, quoteattr

from fink_assets.api.tap import uploads
from fink_assets.api.tap.runner import FORMATS
from fink_assets.api.tap.tables import KEYS

if TYPE_CHECKING:
    from fink_assets.api.tap.jobs import Job
    from fink_assets.api.tap.tables import Column, Shown

MEDIA = "application/xml"
HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
XSI = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
VS = 'xmlns:vs="http://www.ivoa.net/xml/VODataService/v1.1"'
VR = 'xmlns:vr="http://www.ivoa.net/xml/VOResource/v1.0"'
STANDARD = ' role="std" version="1.1"'
_TAP = "ivo://ivoa.net/std/TAP"
FEATURES = {
    "ivo://ivoa.net/std/TAPRegExt#features-adqlgeo": (
        *("POINT", "CIRCLE", "POLYGON", "BOX", "CONTAINS", "INTERSECTS", "DISTANCE"),
    ),
    "ivo://ivoa.net/std/TAPRegExt#features-adql-sets": ("UNION", "EXCEPT", "INTERSECT"),
    "ivo://ivoa.net/std/TAPRegExt#features-adql-common-table": ("WITH",),
    "ivo://ivoa.net/std/TAPRegExt#features-adql-string": ("LOWER", "UPPER", "ILIKE"),
    "ivo://ivoa.net/std/TAPRegExt#features-adql-offset": ("OFFSET",),
    "ivo://ivoa.net/std/TAPRegExt#features-adql-type": ("CAST",),
}


DESCRIPTION = (
    "Queries over the tables, without user-defined functions. At most "
    f"{uploads.MOST} tables of {uploads.MOST_ROWS} rows come with a query, "
    f"{uploads.MOST_BYTES} bytes together."
)


def capabilities(
    base: str, *, seconds: float, rows: tuple[int, int], methods: Iterable[str]
) -> str:
    """Say what the service can do.

    Parameters
    ----------
    base : str
        Address of the service.
    seconds : float
        Longest time of an asynchronous query.
    rows : tuple of int
        Most rows of a result: unless more are asked for, and at all.
    methods : iterable of str
        How tables come with a query.
    """
    of_vosi = "".join(
        f'<capability standardID="ivo://ivoa.net/std/VOSI#{name}">'
        f"{_interface(f'{base}/{name}', 'vs:ParamHTTP')}</capability>"
        for name in ("capabilities", "availability", "tables")
    )
    browser = _interface(f"{base}/examples", "vr:WebBrowser")
    of_vosi += f'<capability standardID="ivo://ivoa.net/std/DALI#examples">{browser}</capability>'
    features = "".join(
        f'<languageFeatures type="{kind}">'
        + "".join(f"<feature><form>{form}</form></feature>" for form in forms)
        + "</languageFeatures>"
        for kind, forms in FEATURES.items()
    )
    outputs = "".join(
        f"<outputFormat><mime>{media}</mime><alias>{name}</alias></outputFormat>"
        for name, media in FORMATS.items()
    )
    return (
        f'{HEAD}<vosi:capabilities xmlns:vosi="http://www.ivoa.net/xml/VOSICapabilities/v1.0" '
        f'xmlns:tr="http://www.ivoa.net/xml/TAPRegExt/v1.0" {VR} {VS} {XSI}>{of_vosi}'
        f'<capability standardID="{_TAP}" xsi:type="tr:TableAccess">'
        f"{_interface(base, 'vs:ParamHTTP', STANDARD)}"
        "<language><name>ADQL</name>"
        '<version ivo-id="ivo://ivoa.net/std/ADQL#v2.1">2.1</version>'
        '<version ivo-id="ivo://ivoa.net/std/ADQL#v2.0">2.0</version>'
        f"<description>{DESCRIPTION}</description>{features}</language>{outputs}"
        f"{''.join(f'<uploadMethod ivo-id={quoteattr(method)}/>' for method in methods)}"
        f"<executionDuration><default>{seconds:.0f}</default><hard>{seconds:.0f}</hard>"
        f'</executionDuration><outputLimit><default unit="row">{rows[0]}</default>'
        f'<hard unit="row">{rows[1]}</hard></outputLimit>'
        f'<uploadLimit><default unit="row">{uploads.MOST_ROWS}</default>'
        f'<hard unit="row">{uploads.MOST_ROWS}</hard></uploadLimit></capability>'
        "</vosi:capabilities>\n"
    )


def _interface(address: str, kind: str, more: str = "") -> str:
    use = "base" if more else "full"
    return (
        f'<interface xsi:type="{kind}"{more}>'
        f'<accessURL use="{use}">{escape(address)}</accessURL></interface>'
    )


def availability(*, there: bool) -> str:
    """Say whether there is anything to be asked."""
    return (
        f'{HEAD}<vosi:availability xmlns:vosi="http://www.ivoa.net/xml/VOSIAvailability/v1.0">'
        f"<vosi:available>{str(there).lower()}</vosi:available></vosi:availability>\n"
    )


def tables(shown: Iterable[Shown]) -> str:
    """List the tables with their columns."""
    schemas: dict[str, list[str]] = {}
    for table in shown:
        columns = "".join(_column(column) for column in table.columns.values())
        schemas.setdefault(table.schema, []).append(
            f'<table type="table"><name>{table.name}</name>'
            f"<description>{escape(table.doc)}</description>{columns}{_keys(table)}</table>"
        )
    listed = "".join(
        f"<schema><name>{name}</name>{''.join(parts)}</schema>" for name, parts in schemas.items()
    )
    return (
        f'{HEAD}<vosi:tableset xmlns:vosi="http://www.ivoa.net/xml/VOSITables/v1.0" {VS} {XSI}>'
        f"{listed}</vosi:tableset>\n"
    )


def _keys(table: Shown) -> str:
    return "".join(
        f"<foreignKey><targetTable>{target}</targetTable><fkColumn><fromColumn>{column}"
        f"</fromColumn><targetColumn>{target_column}</targetColumn></fkColumn></foreignKey>"
        for from_table, column, target, target_column in KEYS.values()
        if from_table == table.name
    )


def _column(column: Column) -> str:
    told = {"description": column.doc, "unit": column.unit, "ucd": column.ucd}
    parts = "".join(f"<{name}>{escape(text)}</{name}>" for name, text in told.items() if text)
    size = ' arraysize="*"' if column.kind == "char" else ""
    size += f' extendedType="{column.xtype}"' if column.xtype else ""
    standard = ' std="true"' if column.standard else ""
    flag = "<flag>indexed</flag>" if column.indexed else ""
    return (
        f"<column{standard}><name>{escape(column.written)}</name>{parts}"
        f'<dataType xsi:type="vs:VOTableType"{size}>{column.kind}</dataType>{flag}</column>'
    )


UWS = (
    'xmlns:uws="http://www.ivoa.net/xml/UWS/v1.0" xmlns:xlink="http://www.w3.org/1999/xlink" '
    f'{XSI} version="1.1"'
)


def job(one: Job, address: str) -> str:
    """Describe a job."""
    times = {
        "quote": None,
        "creationTime": one.created,
        "startTime": one.started,
        "endTime": one.ended,
    }
    told = "".join(_time(name, moment) for name, moment in times.items())
    results = error = ""
    if one.phase == "COMPLETED":
        link = quoteattr(f"{address}/results/result")
        results = f'<uws:result id="result" xlink:type="simple" xlink:href={link}/>'
    if one.problem:
        error = (
            '<uws:errorSummary type="fatal" hasDetail="true">'
            f"<uws:message>{escape(one.problem)}</uws:message></uws:errorSummary>"
        )
    return (
        f"{HEAD}<uws:job {UWS}><uws:jobId>{one.name}</uws:jobId>{_run_id(one.given)}"
        f'<uws:ownerId xsi:nil="true"/><uws:phase>{one.phase}</uws:phase>{told}'
        f"<uws:executionDuration>{one.seconds:.0f}</uws:executionDuration>"
        f"{_time('destruction', one.destruction)}{parameters(one.given)}"
        f"<uws:results>{results}</uws:results>{error}</uws:job>\n"
    )


def _run_id(given: Mapping[str, str]) -> str:
    return f"<uws:runId>{escape(_plain(given['RUNID']))}</uws:runId>" if "RUNID" in given else ""


def parameters(given: Mapping[str, str]) -> str:
    """List what a job was asked with."""
    listed = "".join(
        f"<uws:parameter id={quoteattr(name)}>{escape(_plain(value))}</uws:parameter>"
        for name, value in given.items()
    )
    return f"<uws:parameters>{listed}</uws:parameters>"


def _time(name: str, moment: datetime | None) -> str:
    if moment is None:
        return f'<uws:{name} xsi:nil="true"/>'
    return f"<uws:{name}>{time(moment)}</uws:{name}>"


def time(moment: datetime) -> str:
    """Write a time as UWS has it: UTC, to the millisecond."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _plain(text: str) -> str:
    """Leave out what XML cannot hold."""
    return "".join(c for c in text if c in "\t\n\r" or " " <= c <= "\ud7ff" or c >= "\ue000")
