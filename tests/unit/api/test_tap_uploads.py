"""Tables that come with a query: as pyvo sends them, and as nobody should."""

import gzip
import io
import re

import numpy as np
import pytest
import pyvo
import requests
from api_archive import packets, science_row, write_ztf
from api_served import serving
from astropy.io import votable
from astropy.table import MaskedColumn, Table
from fastapi.testclient import TestClient
from web_of_tables import web

from fink_assets.api.errors import RequestError
from fink_assets.api.flavours import ENDPOINTS
from fink_assets.api.limits import Limits
from fink_assets.api.server import application
from fink_assets.api.tap import jobs as tap_jobs
from fink_assets.api.tap import parameters, uploaded, uploads
from fink_assets.api.tap.runner import Asked, Runner

HEAD = '<VOTABLE version="1.3" xmlns="http://www.ivoa.net/xml/VOTable/v1.3"><RESOURCE><TABLE>'
FOOT = "</TABLE></RESOURCE></VOTABLE>"
FIELD = '<FIELD name="a" datatype="int"/>'


@pytest.fixture(scope="module")
def science():
    return [science_row(p, classification={"label": "Unknown"}) for p in packets()]


@pytest.fixture(scope="module")
def archive(tmp_path_factory, science):
    return write_ztf(tmp_path_factory.mktemp("lake"), science)


@pytest.fixture(scope="module")
def address(archive):
    with serving(archive, Limits(seconds=60)) as server:
        yield f"{server}/tap"


@pytest.fixture(scope="module")
def service(address):
    return pyvo.dal.TAPService(address)


@pytest.fixture
def mine(science):
    near, far = science[0], {"ra": 10.0, "dec": -80.0}
    return Table(
        {"Name": ["near", "far"], "RA": [near["ra"], far["ra"]], "DE": [near["dec"], far["dec"]]}
    )


MATCH = (
    "SELECT m.Name, o.object_id FROM TAP_UPLOAD.mine AS m JOIN ztf.objects AS o "
    "ON 1 = CONTAINS(POINT('ICRS', o.ra, o.dec), CIRCLE('ICRS', m.RA, m.DE, 2./3600))"
)


def written(table, form="tabledata"):
    out = io.BytesIO()
    votable.writeto(votable.from_table(table), out, tabledata_format=form)
    return out.getvalue()


def sent(address, content, query="SELECT * FROM tap_upload.t", more=()):
    told = {"QUERY": query, "LANG": "ADQL", "UPLOAD": "t,param:t", "FORMAT": "json", **dict(more)}
    return requests.post(f"{address}/sync", data=told, files={"t": content})


def test_a_list_of_ones_own_is_matched_while_one_waits_and_as_a_job(service, mine, science):
    for run in (service.run_sync, service.run_async):
        found = run(MATCH, uploads={"mine": mine})
        assert set(found["Name"]) == {"near"}
        assert science[0]["object_id"] in set(found["object_id"])


def test_a_table_may_come_to_a_job_that_has_not_begun(service, mine):
    job = service.submit_job(f"{MATCH} UNION SELECT x, x FROM TAP_UPLOAD.other")
    job.upload(mine=mine)
    job.upload(other=Table({"x": ["more"]}))
    job.run().wait(timeout=60)
    job.raise_if_error()
    assert set(job.fetch_result()["Name"]) == {"near", "more"}
    job.delete()


@pytest.mark.parametrize("form", ["tabledata", "binary", "binary2"])
def test_values_come_back_as_they_were_sent_nulls_too(address, form):
    table = Table(
        {
            "whole": MaskedColumn([1, 2, 3], dtype="int64", mask=[False, False, True]),
            "small": np.array([1, -2, 3], "int16"),
            "real": MaskedColumn([1.5, np.nan, 3.0], mask=[False, False, True]),
            "flag": [True, False, True],
            "text": ["a", "", "ü;--'\""],
        }
    )
    if form == "binary":  # cannot say of a whole number that it is not known
        table["whole"] = [1, 2, 3]
    rows = sent(address, written(table, form)).json()
    assert rows == [
        {"whole": 1, "small": 1, "real": 1.5, "flag": True, "text": "a"},
        {"whole": 2, "small": -2, "real": None, "flag": False, "text": None},
        {
            "whole": 3 if form == "binary" else None,
            "small": 3,
            "real": None,
            "flag": True,
            "text": "ü;--'\"",
        },
    ]


def test_names_and_meanings_of_columns_come_back(service):
    table = Table({"RA (J2000)": [1.0], 'a" from x': [2.0], "ra (j2000)_2": [3.0]})
    table["RA (J2000)"].unit = "deg"
    table["RA (J2000)"].meta["ucd"] = "pos.eq.ra"
    found = service.run_sync(
        'SELECT t.*, "ra (j2000)" + 1 AS more FROM TAP_UPLOAD.t AS t', uploads={"t": table}
    )
    assert found.to_table().colnames == [*table.colnames, "more"]
    assert str(found.getdesc("RA (J2000)").unit) == "deg"
    assert found["more"][0] == 2.0


def test_a_table_is_only_known_in_its_own_query(service, mine):
    service.run_sync("SELECT * FROM tap_upload.mine", uploads={"mine": mine})
    with pytest.raises(pyvo.dal.DALQueryError, match=r"no table tap_upload\.mine"):
        service.run_sync("SELECT * FROM tap_upload.mine")
    with pytest.raises(pyvo.dal.DALQueryError, match=r"Near to it: tap_upload\.mine"):
        service.run_sync("SELECT * FROM tap_upload.min", uploads={"mine": mine})


def test_a_table_of_ones_own_does_not_hide_one_of_the_archive(service, mine):
    found = service.run_sync("SELECT COUNT(*) AS n FROM objects", uploads={"objects": mine})
    assert found["n"][0] > 2
    found = service.run_sync("SELECT * FROM tap_upload.objects", uploads={"objects": mine})
    assert len(found) == 2


def test_upload_may_be_told_once_for_each_table_and_a_part_may_be_no_file(address):
    content = written(Table({"x": [1]})).decode()
    parts = [
        ("QUERY", (None, "SELECT a.x FROM tap_upload.a AS a JOIN tap_upload.b AS b USING (x)")),
        ("UPLOAD", (None, "a,param:one")),
        ("UPLOAD", (None, "b,param:query2")),
        ("FORMAT", (None, "csv")),
        ("one", ("one.xml", content)),
        ("query2", (None, content)),
    ]
    assert requests.post(f"{address}/sync", files=parts).text.split() == ["x", "1"]


def test_what_a_table_points_to_is_not_fetched(address):
    """Nobody knocks at the door that it names."""
    with web({}) as door:
        place = f"http://127.0.0.1:{door.port}/t.xml"
        stream = f'<DATA><BINARY2><STREAM href="{place}"/></BINARY2></DATA>'
        inside = sent(address, f"{HEAD}{FIELD}{stream}{FOOT}".encode())
    assert not door.asked
    assert inside.status_code == 400
    assert "elsewhere" in inside.text


LAUGHS = "".join(
    f'<!ENTITY l{k} "{"&l" + str(k - 1) + ";" if k else "ha"}{("&l" + str(k - 1) + ";") * 9}">'
    for k in range(10)
).replace("&l-1;", "ha")
SECRET = '<!DOCTYPE VOTABLE [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
ROW = "<TR><TD>1</TD></TR>"


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("", "is no XML"),
        ("nothing", "is no XML"),
        ("<a/>", "no TABLE in it"),
        (f"{HEAD}{FIELD}", "is no XML"),
        (f"<!DOCTYPE a [{LAUGHS}]><a>&l9;</a>", "DOCTYPE"),
        (f"{SECRET}{HEAD}{FIELD}<DATA><TABLEDATA><TR><TD>&x;</TD></TR>{FOOT}", "DOCTYPE"),
        (
            f'{HEAD}{FIELD}<DATA><FITS><STREAM href="file:///etc/passwd"/></FITS></DATA>{FOOT}',
            "FITS",
        ),
        (
            f'{HEAD}{FIELD}<DATA><BINARY><STREAM href="file:///etc/passwd"/></BINARY></DATA>{FOOT}',
            "elsewhere",
        ),
        (
            f'{HEAD}{FIELD}<DATA><BINARY><STREAM encoding="gzip">x</STREAM></BINARY></DATA>{FOOT}',
            "packed by gzip",
        ),
        (
            f"{HEAD}{FIELD}<DATA><BINARY><STREAM encoding='base64'>AA</STREAM></BINARY>"
            f"</DATA>{FOOT}",
            "uploaded table t",
        ),
        (f"{HEAD}{FIELD}<DATA><TABLEDATA><TR><TD>x</TD></TR></TABLEDATA></DATA>{FOOT}", "read"),
        (f"{HEAD}{FOOT}", "no column"),
        (f'{HEAD}<FIELD name="a" datatype="int" arraysize="2"/>{FOOT}', "no column"),
        (f'{HEAD}<FIELD name="a" datatype="nonsense"/>{FOOT}', "uploaded table t"),
        (f"{HEAD}{FIELD * 301}{FOOT}", "300 columns"),
        (f"{'<a>' * 40}{'</a>' * 40}", "nested"),
        (gzip.compress(f"{HEAD}{FIELD}{FOOT}".encode()), "is no XML"),
        (
            f"{HEAD}{FIELD}<DATA><TABLEDATA>{ROW * (uploads.MOST_ROWS + 1)}</TABLEDATA></DATA>"
            f"{FOOT}",
            f"more than {uploads.MOST_ROWS} rows",
        ),
    ],
)
def test_a_table_that_cannot_be_read_is_refused_with_the_reason(content, told):
    content = content if isinstance(content, bytes) else content.encode()
    with pytest.raises(RequestError, match=told) as problem:
        uploaded.table("t", content)
    assert "uploaded table t" in str(problem.value)
    assert "root:" not in str(problem.value)


def test_more_rows_than_may_be_are_refused_of_packed_tables_too(monkeypatch):
    monkeypatch.setattr(uploaded, "MOST_ROWS", 3)
    with pytest.raises(RequestError, match="rows"):
        uploaded.table("t", written(Table({"a": [1, 2, 3, 4]}), "binary2"))
    assert uploaded.table("t", written(Table({"a": [1, 2, 3]}), "binary2"))[1].num_rows == 3


@pytest.mark.parametrize(
    "wide", ['arraysize="9000000000"', 'arraysize="900000000000000000000"', 'arraysize="-1"']
)
def test_a_table_that_says_it_is_huge_ends_no_more_than_its_query(archive, tmp_path, wide):
    field = f'<FIELD name="a" datatype="char" {wide}/>'
    rows = f"<DATA><TABLEDATA>{ROW * 3}</TABLEDATA></DATA>"
    head = HEAD.replace("<TABLE>", '<TABLE nrows="99999999999">')
    (tmp_path / "t").write_text(f"{head}{field}{rows}{FOOT}")
    asked = Asked(
        query="SELECT * FROM tap_upload.t",
        most_rows=9,
        format="csv",
        uploads={"t": tmp_path / "t"},
    )
    with pytest.raises(RequestError):
        Runner(tables=archive.tables).run(asked, tmp_path / "result", seconds=60)


def test_too_many_bytes_are_refused(monkeypatch, archive):
    monkeypatch.setattr(uploads, "MOST_BYTES", 1_000)
    monkeypatch.setattr(parameters, "BODY_BYTES", 1_000)
    told = {"QUERY": "SELECT * FROM tap_upload.t", "UPLOAD": "t,param:t"}
    with TestClient(application(archive, ENDPOINTS["ztf"], title="ZTF")) as client:
        for size in (1_500, 5_000):
            assert client.post("/tap/sync", data=told, files={"t": b"x" * size}).status_code == 413
        long = {**told, "QUERY": "x" * 1_500}
        assert client.post("/tap/sync", data=long, files={"t": b"x"}).status_code == 413


def test_tables_of_a_job_are_kept_until_it_is_over_and_bounded(monkeypatch, archive):
    monkeypatch.setattr(tap_jobs, "MOST_KEPT", 10)
    jobs = tap_jobs.Jobs(runner=Runner(tables=archive.tables), seconds=30)
    job, other = jobs.add({}), jobs.add({})
    jobs.keep(job, {"a": b"12345"})
    jobs.keep(job, {"a": b"678"})
    jobs.keep(job, {"../b": b"9"})
    files = list(job.files.values())
    assert [file.read_bytes() for file in files] == [b"678", b"9"]
    assert {file.parent for file in files} == {jobs.file(job).parent}
    with pytest.raises(tap_jobs.BusyError):
        jobs.keep(other, {"a": b"1234"})
    jobs.abort(job)
    assert not any(file.exists() for file in files)
    jobs.keep(other, {"a": b"1234"})
    jobs.start(other, Asked(query="x", most_rows=1, format="csv", uploads=dict(other.files)))
    kept = other.files["a"]
    while other.phase not in tap_jobs.OVER:
        pass
    assert other.problem
    jobs.close()
    assert not kept.exists()


def of_cells(kind, *cells, more=""):
    rows = "".join(f"<TR>\n<TD>{cell}</TD></TR>" for cell in cells)
    field = f'<FIELD name="mag" datatype="{kind}">{more}</FIELD>'
    return f"{HEAD}{field}<DATA><TABLEDATA>{rows}</TABLEDATA></DATA>{FOOT}".encode()


@pytest.mark.parametrize(
    ("kind", "cell", "told"),
    [
        ("double", "1,5", "'1,5' is no double"),
        ("double", "1_0", "'1_0' is no double"),
        ("double", "1e400", "'1e400' is beyond the range of double"),
        ("float", "1e39", "'1e39' is beyond the range of float"),
        ("short", "99999", "'99999' is beyond the range of short"),
        ("unsignedByte", "-1", "'-1' is beyond the range of unsignedByte"),
        ("int", "0x1FFFFFFFF", "beyond the range of int"),
        ("long", "9223372036854775808", "beyond the range of long"),
        ("long", "9" * 5000, "beyond the range of long"),
        ("int", "x", "'x' is no int"),
        ("int", "1.5", "'1.5' is no int"),
        ("boolean", "maybe", "'maybe' is no boolean"),
    ],
)
def test_a_cell_that_is_no_value_of_its_column_is_named_and_none_is_put_in_its_place(
    kind, cell, told
):
    with pytest.raises(RequestError) as problem:
        uploaded.table("t", of_cells(kind, "1", cell))
    assert "cannot be read in row 2, column mag: " in str(problem.value)
    assert told in str(problem.value)
    assert "(line 3)" in str(problem.value)


@pytest.mark.parametrize("form", ["tabledata", "binary", "binary2"])
def test_what_is_infinite_is_refused_as_no_result_could_have_it(form):
    content = written(Table({"x": [1.0, np.inf]}), form)
    with pytest.raises(RequestError, match="is infinite in row 2, column x"):
        uploaded.table("t", content)


@pytest.mark.parametrize(
    ("kind", "cells", "values"),
    [
        ("double", ("1.5", "", " NaN ", "-1E3", ".5", "5."), [1.5, None, None, -1000.0, 0.5, 5.0]),
        ("short", ("32767", "-32768", "0x1f", "+3"), [32767, -32768, 31, 3]),
        ("unsignedByte", ("0", "255"), [0, 255]),
        ("boolean", ("T", "false", "1"), [True, False, True]),
        ("long", ("9223372036854775807", "-9223372036854775808"), [2**63 - 1, -(2**63)]),
        ("float64", ("2.5",), [2.5]),
    ],
)
def test_cells_that_say_a_value_are_read_as_it(kind, cells, values):
    assert uploaded.table("t", of_cells(kind, *cells))[1].column(0).to_pylist() == values


def test_a_cell_that_says_null_as_its_column_has_it_is_null():
    content = of_cells("int", "1", "-99", more='<VALUES null="-99"/>')
    assert uploaded.table("t", content)[1].column(0).to_pylist() == [1, None]


@pytest.mark.parametrize(
    ("table", "told"),
    [
        (f"{FIELD}{FIELD}<DATA><TABLEDATA>{ROW}</TABLEDATA></DATA>", "1 cells in row 1, and 2 col"),
        (f"{FIELD}<DATA><TABLEDATA><TR/></TABLEDATA></DATA>", "has 0 cells in row 1, and 1 col"),
        ('<FIELD name="a" datatype="nonsense"/>', "column a of the datatype 'nonsense'"),
        ('<FIELD datatype="int"/>', "has no name for column 1"),
        (
            f"{FIELD}<DATA><TABLEDATA><TR><TD encoding='base64'>AA</TD></TR></TABLEDATA></DATA>",
            "packed cell in row 1, column a",
        ),
        (
            f"{FIELD}<DATA><BINARY><STREAM encoding='base64'>AA</STREAM></BINARY></DATA>",
            "cannot be read as a VOTable",
        ),
    ],
)
def test_what_is_wrong_with_a_table_is_said_in_words_of_tables(table, told):
    with pytest.raises(RequestError) as problem:
        uploaded.table("t", f"{HEAD}{table}{FOOT}".encode())
    assert told in str(problem.value)
    assert not re.search(r"None:|[EW]\d\d|Error|literal|astropy", str(problem.value))
