import pytest

from fink_assets.simulator.restore import packet_of
from fink_assets.surveys.ztf_packet import packet_schema, record_fields

CANDIDATE = record_fields(packet_schema(), "ztf.alert.candidate")
PAST = record_fields(packet_schema(), "ztf.alert.prv_candidate")


def past(**values):
    return {**dict.fromkeys(PAST), "jd": 2460000.5, "pid": 2856147923515, **values}


def row(*history, **values):
    alert = {"schemavsn": "4.02", "candid": 1, "candidate": dict.fromkeys(CANDIDATE, 1.0)}
    return {**alert, "prv_candidates": list(history), "rf_snia_vs_nonia": 0.5, **values}


def test_columns_added_by_a_broker_are_left_out():
    assert set(packet_of(row())) == {field["name"] for field in packet_schema()["fields"]}


def test_packets_of_version_3_3_have_no_forced_photometry():
    assert "fp_hists" not in packet_of(row(schemavsn="3.3"))
    assert packet_of(row())["fp_hists"] is None


def test_integers_stored_as_floating_point_become_integers():
    candidate = packet_of(row())["candidate"]
    assert isinstance(candidate["fid"], int)
    assert isinstance(candidate["magpsf"], float)


def test_fields_that_the_row_lacks_are_null():
    stored = past(candid=None)
    del stored["clrcoeff"]
    assert packet_of(row(stored))["prv_candidates"][0]["clrcoeff"] is None


@pytest.mark.parametrize("kind", [10, 15, 25])
def test_a_past_identifier_regains_the_digits_that_a_double_loses(kind):
    candid = 2856147923515_000_000 + kind * 1000 + 87
    stored = past(candid=float(candid), tblid=87.0)
    assert int(float(candid)) != candid
    assert packet_of(row(stored))["prv_candidates"][0]["candid"] == candid


def test_an_identifier_that_does_not_fit_its_image_is_refused():
    with pytest.raises(ValueError, match="not that of image"):
        packet_of(row(past(candid=1.5e18, tblid=300.0, pid=10)))


def test_an_upper_limit_keeps_no_identifier():
    assert packet_of(row(past(candid=None)))["prv_candidates"][0]["candid"] is None


def test_an_alert_without_history_has_none():
    assert packet_of({**row(), "prv_candidates": None})["prv_candidates"] is None
