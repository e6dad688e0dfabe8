"""The list of the Transient Name Server: fetched with a key, dated, searched like the others."""

import io
import zipfile
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from unit.services import served
from unit.services.served import serving

from fink_assets.services.answers import Answers
from fink_assets.services.client import Client, Limits, ServiceError
from fink_assets.services.configured import clients
from fink_assets.services.look_up import look_up
from fink_assets.services.snapshot import NEVER, table_of
from fink_assets.services.tns import TNS_LIST, fetched, transients
from fink_assets.settings import Settings

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
HEAD = (
    '"objid","name_prefix","name","ra","declination","redshift","typeid","type","reporting_group"'
)
ROWS = [
    '"1","SN","2018lzf","140.5","-3.25","0.05","3","SN Ia","ALeRCE, Fink"',
    '"2","AT","2026abc","0.0001","89.9999","","","",""',
    '"3","AT","2026abd","10.0","20.0","0.7","","",""',
]


def zipped(text, name="tns_public_objects.csv"):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, text)
    return file.getvalue()


def listed(*rows, date='"2026-03-01 00:00:00"'):
    return zipped("\n".join([*([date] if date else []), HEAD, *rows, ""]))


def serve(body):
    return lambda handler, asked: served.send(handler, body, kind="application/zip")


def fetch(body, root, *, now=NOW, **changes):
    with serving(serve(body)) as server:
        client = Client(address=server.address, limits=Limits(attempts=1))
        own = {"key": "s3cret", "marker": 'tns_marker{"tns_id": 1}', "seconds": 20.0}
        written = fetched(client, root=str(root), now=now, **{**own, **changes})
        return written, server.asked[0]


def found(root, *places):
    positions = pd.DataFrame(places, columns=["ra", "dec"], index=range(7, 7 + len(places)))
    return look_up(
        TNS_LIST, positions, answers=Answers(str(root)), client=None, seconds=1.0, now=NOW
    )


def test_it_is_asked_for_with_key_and_marker_and_replaces_the_last_one(tmp_path):
    written, asked = fetch(listed(*ROWS), tmp_path)
    assert written == 3
    assert asked.fields == {"api_key": "s3cret"}
    assert asked.headers["User-Agent"] == 'tns_marker{"tns_id": 1}'
    later = NOW + timedelta(days=1)
    assert fetch(listed(*ROWS[1:]), tmp_path, now=later)[0] == 2
    result = found(tmp_path, (140.5, -3.25), (10.0, 20.0))
    assert result["fullname"].tolist() == [None, "AT 2026abd"]
    assert set(result["answered"]) == {pd.Timestamp(later)}


def test_alerts_find_the_nearest_transient_with_the_date_of_the_list(tmp_path):
    fetch(listed(*ROWS), tmp_path)
    result = found(tmp_path, (140.5, -3.25 + 1 / 3600), (180.0, 89.9999), (None, 1.0))
    assert result["fullname"].tolist() == ["SN 2018lzf", "AT 2026abc", None]
    assert result["type"].tolist() == ["SN Ia", None, None]
    np.testing.assert_allclose(result["redshift"], [0.05, np.nan, np.nan])
    np.testing.assert_allclose(result["separation"], [1.0, 0.72, np.nan], atol=1e-6)
    assert set(result["state"]) == {"answered"}
    assert result.index.tolist() == [7, 8, 9]
    assert [*result.columns] == [column.name for column in TNS_LIST.contract]


def test_before_the_first_list_all_is_unavailable(tmp_path):
    result = found(tmp_path, (140.5, -3.25))
    assert result["state"].tolist() == ["unavailable"]
    assert result["reason"].tolist() == [NEVER]


def test_an_older_list_never_replaces_a_newer_one(tmp_path):
    fetch(listed(*ROWS), tmp_path)
    assert fetch(listed(*ROWS[:1]), tmp_path, now=NOW - timedelta(days=1))[0] == 0
    assert table_of(TNS_LIST, str(tmp_path)).count() == 3


def test_a_line_with_the_date_may_be_there_or_not():
    with_date, without = transients(listed(*ROWS)), transients(listed(*ROWS, date=""))
    pd.testing.assert_frame_equal(with_date, without)
    assert with_date["fullname"].tolist() == ["SN 2018lzf", "AT 2026abc", "AT 2026abd"]


BROKEN = {
    "no zip": (b"<html>401</html>", "not a ZIP"),
    "half a zip": (listed(*ROWS)[:60], "not a ZIP"),
    "no csv": (zipped("x", "readme.txt"), "not a ZIP"),
    "wrong encoding": (zipped(b"\xff\xfe\x00"), "not a ZIP"),
    "other columns": (zipped(f"date\n{HEAD.replace('declination', 'dec')}\n"), "lacks declination"),
    "no transient": (listed(), "empty"),
    "shifted": (listed('"1","SN","x","-3.25","140.5","0.05","3","SN Ia",""'), "shifted"),
    "words": (listed('"1","SN","x","a","1.5","0.05","3","SN Ia",""'), "not as it was"),
}


@pytest.mark.parametrize(("body", "reason"), BROKEN.values(), ids=list(BROKEN))
def test_a_list_that_is_none_leaves_the_last_one_as_it_is(body, reason, tmp_path):
    fetch(listed(*ROWS), tmp_path)
    with pytest.raises(ServiceError, match=reason):
        fetch(body, tmp_path, now=NOW + timedelta(days=1))
    assert table_of(TNS_LIST, str(tmp_path)).count() == 3


def test_without_a_key_nothing_is_asked(tmp_path):
    with pytest.raises(ServiceError, match="FINK_TNS_KEY"):
        fetch(listed(*ROWS), tmp_path, key="")


def test_by_default_no_service_may_be_asked():
    assert set(clients(Settings()).values()) == {None}


@pytest.mark.parametrize("text", ["simbad,tns", " simbad , tns ", '["simbad", "tns"]'])
def test_services_are_named_with_commas_between_them(text, monkeypatch):
    monkeypatch.setenv("FINK_SERVICES", text)
    assert Settings(_env_file=None).services == ("simbad", "tns")


def test_services_named_in_the_settings_may_be_asked_and_share_what_they_know_of_failures():
    configuration = Settings(services=("simbad", "gaia_dr3", "tns"), tns_key="s3cret")
    made = clients(configuration)
    assert made["simbad"] is made["gaia_dr3"]
    assert made["simbad"].address.startswith("https://")
    assert made["tns"].address.startswith("https://")
    assert made["spicy"] is made["ssodnet"] is None
    assert clients(Settings(services=("ssodnet",)))["ssodnet"].address.startswith("https://")
    assert "s3cret" not in repr(configuration)


def test_a_service_that_there_is_not_is_refused():
    with pytest.raises(ValueError, match=r"FINK_SERVICES: simbat is none of .*simbad"):
        clients(Settings(services=("simbat",)))
