"""Services that can say nothing of any alert are not asked, and say why."""

from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest

from fink_assets.raw2science.asked import Asking
from fink_assets.services import LEGACY_DR8, SIMBAD, TNS_LIST
from fink_assets.services.answers import Answers
from fink_assets.services.look_up import NO_CLIENT
from fink_assets.services.snapshot import NEVER, keep

NOW = datetime(2026, 3, 1, tzinfo=UTC)
PLACES = pd.DataFrame({"alert_id": [7, 8], "ra": [10.0, np.nan], "dec": [-5.0, np.nan]})


def unwanted():
    raise AssertionError("positions are read, although there is nobody to ask")


def test_without_a_client_and_without_kept_answers_positions_are_not_even_read(tmp_path):
    told = Asking(root=str(tmp_path)).about([SIMBAD, TNS_LIST], unwanted)
    assert told.rows is None
    assert told.silent == {"simbad": NO_CLIENT, "tns": NEVER}


def test_kept_answers_are_read_by_a_deployment_that_may_not_ask(tmp_path):
    names = ["cell", "ra", "dec", *(column.name for column in SIMBAD.columns)]
    nothing = pd.DataFrame({name: np.array([], dtype=object) for name in names})
    Answers(str(tmp_path)).keep(SIMBAD, np.array([1, 2]), nothing, NOW)
    told = Asking(root=str(tmp_path)).about([SIMBAD, LEGACY_DR8], lambda: PLACES)
    assert told.silent == {"legacy_dr8": NO_CLIENT}
    assert told.rows.column_names == ["alert_id", "simbad"]
    assert [row["simbad"]["reason"] is None for row in told.rows.to_pylist()] == [False, False]


def test_a_list_that_was_fetched_is_looked_at(tmp_path):
    row = {"ra": 10.0, "dec": -5.0} | {c.name: None for c in TNS_LIST.columns}
    keep(TNS_LIST, pd.DataFrame([row]), root=str(tmp_path), fetched=NOW)
    told = Asking(root=str(tmp_path)).about([TNS_LIST], lambda: PLACES)
    states = [row["tns"]["state"] for row in told.rows.to_pylist()]
    assert (told.silent, states) == ({}, ["answered", "answered"])


@pytest.mark.parametrize("services", [[], [SIMBAD]])
def test_of_no_alerts_nothing_is_told(tmp_path, services):
    assert Asking(root=str(tmp_path)).about(services, lambda: PLACES[:0]).rows is None
