"""Objects by name: from what is kept, with its age, and what is not known is not denied."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from fink_assets.services import SIMBAD, TNS_LIST
from fink_assets.services.answers import Answers
from fink_assets.services.names import identifiers, transients
from fink_assets.services.snapshot import keep

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
LIST = pd.DataFrame(
    {
        "ra": [140.5, 0.5, 10.0],
        "dec": [-3.25, 89.0, 20.0],
        "fullname": ["SN 2018lzf", "AT 2026abc", "SN 2018abc"],
        "type": ["SN Ia", None, "SN II"],
        "redshift": [0.05, None, None],
    }
)


@pytest.fixture
def root(tmp_path):
    keep(TNS_LIST, LIST, root=str(tmp_path), fetched=NOW)
    return str(tmp_path)


def names(found):
    return [row["fullname"] for row in found.rows]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("SN 2018lzf", ["SN 2018lzf"]),
        ("sn  2018", ["SN 2018abc", "SN 2018lzf"]),
        ("", ["AT 2026abc", "SN 2018abc", "SN 2018lzf"]),
        ("2018lzf", []),
        ("SN%", []),
    ],
)
def test_transients_are_found_by_the_beginning_of_their_names(root, name, expected):
    found = transients(name, root=root, now=NOW)
    assert names(found) == expected
    assert (found.state, found.answered) == ("answered", NOW)


def test_a_transient_has_its_place_and_type_and_no_more_are_given_than_asked_for(root):
    (row,) = transients("SN 2018lzf", root=root, now=NOW).rows
    expected = {"ra": 140.5, "dec": -3.25, "fullname": "SN 2018lzf", "type": "SN Ia"}
    assert row == expected | {"redshift": 0.05}
    assert len(transients("", root=root, now=NOW, most=2).rows) == 2


def test_an_old_list_is_used_and_says_so_and_a_lake_without_one_knows_nothing(root, tmp_path):
    found = transients("SN", root=root, now=NOW + timedelta(days=5))
    assert (found.state, found.reason) == ("old", "the list is 5 days old")
    assert len(found.rows) == 2
    nothing = transients("SN", root=str(tmp_path / "none"), now=NOW)
    assert (nothing.state, nothing.reason) == ("unavailable", "the list was never fetched")


def test_a_name_of_simbad_is_found_where_alerts_were_and_not_denied_elsewhere(tmp_path):
    root, answers = str(tmp_path), Answers(str(tmp_path))
    assert identifiers("Mrk 2", root=root).state == "unavailable"
    columns = ["cell", "ra", "dec", "main_id", "main_type", "otype"]
    rows = [(5, 10.0, 20.0, "Mrk   2", "Galaxy", "G"), (6, 11.0, 20.0, "V* O'Neil", "Star", "*")]
    sources = pd.DataFrame(rows, columns=columns)
    answers.keep(SIMBAD, np.array([5, 6]), sources, NOW)
    answers.keep(SIMBAD, np.array([5]), sources[:1], NOW + timedelta(days=1))
    found = identifiers("mrk 2", root=root)
    assert (found.state, found.answered) == ("answered", NOW + timedelta(days=1))
    assert [row["main_type"] for row in found.rows] == ["Galaxy"]
    assert [row["otype"] for row in identifiers("V* O'Neil", root=root).rows] == ["*"]
    missing = identifiers("Mrk 3", root=root)
    assert (missing.state, missing.rows) == ("unavailable", ())
