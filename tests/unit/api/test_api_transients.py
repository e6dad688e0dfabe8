"""Names of transients are those of the last list of the TNS, also of what no alert was near."""

from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest
from fastapi.testclient import TestClient

from fink_assets.api.archive import Archive
from fink_assets.api.flavours import ENDPOINTS
from fink_assets.api.server import application
from fink_assets.lake.tables import Tables
from fink_assets.services import TNS_LIST
from fink_assets.services.snapshot import keep

LIST = pd.DataFrame(
    {
        "ra": [210.91, 10.0, 11.0],
        "dec": [54.31, -5.0, -6.0],
        "fullname": ["SN 2023ixf", "SN 2023abc", "AT 2024xyz"],
        "type": ["SN II", "SN Ia", None],
        "redshift": [0.0008, 0.1, None],
    }
)


@pytest.fixture(scope="module", params=["ztf", "lsst"])
def ask(request, tmp_path_factory):
    root = str(tmp_path_factory.mktemp("lake"))
    keep(TNS_LIST, LIST, root=root, fetched=datetime.now(UTC) - timedelta(days=400))
    called = {"ztf": "name", "lsst": "name_or_id"}[request.param]
    archive = Archive(tables=Tables(request.param, root))
    with TestClient(application(archive, ENDPOINTS[request.param], title="Fink")) as client:
        yield lambda name, **more: client.post(
            "/api/v1/resolver", json={"resolver": "tns", called: name, **more}
        )


def test_a_name_is_found_whatever_the_case_of_letters_and_the_age_of_the_list(ask):
    (row,) = ask("sn 2023IXF").json()
    assert row == {
        "d:fullname": "SN 2023ixf",
        "d:internalname": None,
        "d:ra": 210.91,
        "d:declination": 54.31,
        "d:type": "SN II",
        "d:redshift": 0.0008,
    }


def test_names_that_begin_so_come_in_order_and_no_more_than_are_asked_for(ask):
    names = [row["d:fullname"] for row in ask("SN 2023").json()]
    assert names == ["SN 2023abc", "SN 2023ixf"]
    assert len(ask("", nmax=1).json()) == 1
    assert len(ask("", nmax=10).json()) == len(LIST)


def test_a_name_that_nobody_has_is_an_empty_answer_in_each_form(ask):
    assert ask("SN 1054").json() == []
    votable = ask("SN 1054", **{"output-format": "votable"})
    assert votable.status_code == 200
    assert "d_redshift" in votable.text
