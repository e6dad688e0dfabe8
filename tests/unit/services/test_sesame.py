"""A name means the object of SIMBAD that bears it, however Sesame answers."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from unit.services import served
from unit.services.served import serving

from fink_assets.services.client import Client, Limits, ServiceError
from fink_assets.services.sesame import NONE, OBJECT, read, resolve

NOW = datetime(2026, 3, 1, tzinfo=UTC)
MARKARIAN_2 = b"""<?xml version="1.0" encoding="UTF-8" standalone="no" ?>
<Sesame><Target option="S"><name>markarian 2</name><!-- Q1 #1 -->
<Resolver name="S=Simbad (CDS, via client/server)"><!-- delay: 0ms -->
<otype>GiG</otype><jpos>01:54:53.80 +36:55:04.5</jpos><jradeg>028.7241650</jradeg>
<jdedeg>+36.9179350</jdedeg><refPos>2006AJ....131.1163S</refPos><errRAmas>60</errRAmas>
<MType>(R)SA(s)0/a</MType><oname>Mrk    2</oname><nrefs>45</nrefs><oid>1470221</oid>
</Resolver></Target></Sesame>
"""
NOTHING = b"""<?xml version="1.0"?>
<Sesame><Target option="S"><name>nobody</name>
<Resolver name="S=Simbad (CDS)"><INFO>*** Nothing found ***</INFO></Resolver></Target></Sesame>
"""


def sesame(handler, asked):
    name = unquote(handler.path.rpartition("?")[2])
    served.send(handler, MARKARIAN_2 if name in ("markarian 2", "mrk 2") else NOTHING)


def found(name, address, root, *, now=NOW, seconds=10.0):
    client = Client(address=address, limits=Limits(attempts=1)) if address else None
    return resolve(name, root=str(root), client=client, seconds=seconds, now=now)


def test_an_object_has_the_ten_columns_of_sesame():
    assert read(MARKARIAN_2) == {
        "name": "S=Simbad (CDS, via client/server)",
        "oid": 1470221,
        "oname": "Mrk 2",
        "otype": "GiG",
        "jpos": "01:54:53.80 +36:55:04.5",
        "jradeg": 28.724165,
        "jdedeg": 36.917935,
        "refPos": "2006AJ....131.1163S",
        "MType": "(R)SA(s)0/a",
        "nrefs": 45,
    }
    assert read(NOTHING) == NONE


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"<html><body>maintenance</body></html>",
        MARKARIAN_2[:-20],
        b"<Sesame/>",
        b'<!DOCTYPE x [<!ENTITY a "aaaa">]>' + MARKARIAN_2,
        MARKARIAN_2.replace(b"028.7241650", b"far"),
        MARKARIAN_2.replace(b"028.7241650", b"400"),
        MARKARIAN_2.replace(b"+36.9179350", b"nan"),
        MARKARIAN_2.replace(b"+36.9179350", b"136.9"),
        MARKARIAN_2.replace(b">45<", b">many<"),
        MARKARIAN_2.replace(b"Mrk    2", b" "),
    ],
)
def test_what_is_not_an_answer_is_refused(answer):
    with pytest.raises(ServiceError):
        read(answer)


@given(st.binary(max_size=100))
def test_any_bytes_are_an_answer_or_refused(body):
    with suppress(ServiceError):
        read(body)


def test_a_name_is_asked_for_once_and_again_when_the_answer_is_old(tmp_path):
    with serving(sesame) as server:
        first = found("Markarian  2", server.address, tmp_path)
        again = found("MARKARIAN 2", server.address, tmp_path, now=NOW + timedelta(20))
        assert len(server.asked) == 1
        old = found("markarian 2", server.address, tmp_path, now=NOW + timedelta(40))
        assert len(server.asked) == 2
    assert (first.state, first.rows[0]["oname"], first.answered) == ("answered", "Mrk 2", NOW)
    assert again == first
    assert set(first.rows[0]) == {column.name for column in OBJECT}
    assert old.answered == NOW + timedelta(40)
    assert found("Markarian 2", None, tmp_path, now=NOW + timedelta(41)) == old


def test_that_a_name_means_nothing_is_an_answer_and_kept(tmp_path):
    with serving(sesame) as server:
        for _ in range(2):
            none = found("nobody", server.address, tmp_path)
            assert (none.state, none.rows) == ("answered", ())
        assert len(server.asked) == 1
        for hostile in ("", " ", "x" * 200, "a\nb\0c"):
            assert found(hostile, server.address, tmp_path).rows == ()
    assert all("\n" not in asked.parameters for asked in server.asked)


def test_whatever_it_does_a_name_is_unavailable_in_time_and_the_last_answer_stays(tmp_path):
    with serving(sesame) as server:
        found("mrk 2", server.address, tmp_path)
        for respond in (served.hang, served.reset, lambda h, _: served.send(h, b"", status=500)):
            server.respond = respond
            new, seconds = served.elapsed(
                lambda: found("m 31", server.address, tmp_path, seconds=0.5)
            )
            assert seconds < 6
            assert (new.state, new.rows) == ("unavailable", ())
            assert new.reason
        late = found("mrk 2", server.address, tmp_path, now=NOW + timedelta(50), seconds=0.5)
    assert (late.state, late.answered, len(late.rows)) == ("old", NOW, 1)
    assert "50 days old: status 500" in late.reason
    assert "may be asked" in found("m 31", None, tmp_path).reason
