"""Counterparts of real alerts in real catalogues, against values and counts of Fink's."""

import numpy as np
import pandas as pd
import pytest
from batches import ORACLES, batch, sample

from fink_assets.astro.sphere import Sources, cells, nearest
from fink_assets.catalogues import GCVS, X3HSP, X4LAC
from fink_assets.catalogues.counterparts import opened
from fink_assets.raw2science.batch import run_modules
from fink_assets.raw2science.modules.lsst.crossmatch import crossmatch as of_lsst
from fink_assets.raw2science.modules.ztf.crossmatch import crossmatch

pytestmark = pytest.mark.usefixtures("catalogues")
needs_alerts = pytest.mark.skipif(
    not ORACLES.is_dir(), reason=f"alerts with Fink's values are not at {ORACLES}"
)
POINTS = [
    (26.8566983, -26.9677112),
    (101.3520545, 24.5421872),
    (0.3126, 47.6859),
    (0.31820833, 29.59277778),
]
NGC_5055 = (198.955536, 42.029289)
COUNTS = {
    "DT/part": {"gcvs": 17, "x3hsp": 2, "x4lac": 2, "mangrove": 9, "vsx": 42},
    "CT": {"gcvs": 40, "x3hsp": 70, "x4lac": 86, "mangrove": 25, "vsx": 112},
    "HL": {"mangrove": 6, "vsx": 1},
    "SL": {"gcvs": 10, "x3hsp": 2, "x4lac": 1, "mangrove": 4, "vsx": 14},
    "IB": {},
}
STORED = {
    "gcvs_type": ("gcvs", 18, 19),
    "x3hsp_name": ("x3hsp", 2, 2),
    "x4lac_name": ("x4lac", 2, 2),
    "mangrove_hyperleda_name": ("mangrove", 14, 14),
}
"""By output: Fink's column, the alerts of which Fink stored a value, and those that have one."""
REVERSED = {
    "DT/part": {"gcvs": 15, "x3hsp": 2, "x4lac": 2},
    "CT": {"gcvs": 26, "x3hsp": 67, "x4lac": 82},
    "SL": {"gcvs": 9, "x3hsp": 2, "x4lac": 1},
}


def at(*positions):
    """Values at positions."""
    return crossmatch.function(pd.DataFrame(positions, columns=list(crossmatch.inputs)))


def oracle(name):
    """Packets of the alerts in files whose path starts with a name."""
    found = [pd.read_parquet(path) for path in sorted(ORACLES.glob(f"{name}*"))]
    return pd.concat(found, ignore_index=True).to_dict("records")


def found_in(packets):
    return crossmatch.function(batch(packets, crossmatch.inputs))


def count(found):
    """Alerts with a counterpart, by catalogue."""
    there = found.filter(like="_separation").notna().sum()
    return {name.removesuffix("_separation"): n for name, n in there.items() if n}


def test_known_sources_are_found_at_their_places():
    found = at(*POINTS)
    assert [value and value.strip() for value in found["gcvs_type"]] == [None, "RR", None, None]
    assert found["vsx_type"].tolist() == ["MISC", "RRAB", None, None]
    assert found["x3hsp_name"].tolist() == [None, None, None, "3HSPJ000116.4+293534"]
    assert found["x4lac_name"].tolist() == [None, None, "4FGL J0001.2+4741", None]
    assert count(found) == {"gcvs": 1, "vsx": 2, "x3hsp": 1, "x4lac": 1}


def test_a_galaxy_has_names_and_distances_also_as_fink_writes_them():
    (found,) = at(NGC_5055).to_dict("records")
    assert found["mangrove_hyperleda_name"] == "NGC5055"
    assert found["mangrove_twomass_name"] == "13154932+4201454"
    assert found["mangrove_luminosity_distance"] == pytest.approx(1.0409, abs=1e-4)
    assert found["mangrove_angular_distance"] == pytest.approx(1.0371, abs=1e-4)
    assert found["mangrove"]["HyperLEDA_name"] == "NGC5055"
    assert float(found["mangrove"]["lum_dist"]) == found["mangrove_luminosity_distance"]


@needs_alerts
def test_the_one_transient_of_the_sample_is_the_one_alert():
    packets = oracle("DT/part")
    found = found_in(packets)
    (place,) = np.flatnonzero(found["tns_separation"].notna())
    assert packets[place]["objectId"] == "ZTF18abquxjv"
    assert found.loc[place, ["tns_fullname", "tns_type"]].tolist() == ["SN 2018lzf", "SN Ia"]


@needs_alerts
@pytest.mark.parametrize("name", COUNTS)
def test_as_many_alerts_have_a_counterpart_as_there_are(name):
    found = count(found_in(oracle(name)))
    assert {k: n for k, n in found.items() if k in COUNTS["CT"]} == COUNTS[name]


@needs_alerts
def test_all_21_alerts_of_a_tidal_disruption_get_it_where_fink_has_one_in_a_batch():
    found = found_in(oracle("TD"))
    assert found["tde_name"].tolist() == ["AT 2020mot"] * 21
    assert found["tde_separation"].max() < 0.31


@needs_alerts
def test_rubin_s_alerts_have_no_counterpart_in_local_catalogues_as_in_production():
    packets = oracle("R27")
    found = of_lsst.function(batch(packets, of_lsst.inputs))
    assert len(found) == 27
    assert found.isna().all(axis=None)
    local = ("gcvs", "x3hsp", "x4lac", "vsx", "mangrove", "tns")
    stored = [p["xm"][name] for p in packets for name in p["xm"] if name.startswith(local)]
    assert len(stored) == 27 * 9
    assert set(stored) == {None}


def stored_by_fink(path, packet):
    """Value of a column in production, null where it says that there is none."""
    found = packet[path]
    if path == "mangrove":
        found = None if found is None else dict(found)["HyperLEDA_name"]
    return None if found in (None, "", "None", "nan", "Unknown") else found.strip()


@needs_alerts
@pytest.mark.parametrize("output", STORED)
def test_counterparts_are_those_that_production_stored(output):
    """All that are stored are found, and one star more, which another alert of it took in Fink."""
    column, known, ours = STORED[output]
    packets = [p for name in ("YS", "RG/part", "HL") for p in oracle(name)]
    assert len(packets) == 26 + 133 + 72
    theirs = [stored_by_fink(column, packet) for packet in packets]
    found = [value and value.strip() for value in found_in(packets)[output]]
    both = [(one, other) for one, other in zip(theirs, found, strict=True) if one]
    assert [one for one, _ in both] == [other for _, other in both]
    assert (len(both), sum(value is not None for value in found)) == (known, ours)


@needs_alerts
def test_variable_stars_are_those_that_production_asked_for_on_the_network():
    """Of 47 two have got another type in the catalogue since; ours is of 2024."""
    packets = [p for name in ("YS", "RG/part", "HL") for p in oracle(name)]
    theirs = [stored_by_fink("vsx", packet) for packet in packets]
    found = found_in(packets)["vsx_type"]
    both = [(one, other) for one, other in zip(theirs, found, strict=True) if other]
    assert len(both) == 47
    assert all(one for one, _ in both)
    assert [pair for pair in both if pair[0] != pair[1]] == [("ACEP", "AHB1"), ("SR", "L:")]


@needs_alerts
@pytest.mark.parametrize("name", REVERSED)
def test_sources_are_found_for_alerts_and_not_alerts_for_sources(name):
    """Regression: Fink finds for each source its nearest alert of the batch.

    Of several alerts on one source one is left then: the counts that Fink documents.
    """
    packets = oracle(name)
    ra, dec = (np.array([p["candidate"][c] for p in packets]) for c in ("ra", "dec"))
    order = np.argsort(cells(ra, dec))
    alerts = Sources(cells(ra, dec)[order], ra[order], dec[order])
    for catalogue in (GCVS, X3HSP, X4LAC):
        table = opened(catalogue)
        places = (table["ra"].to_numpy(), table["dec"].to_numpy())
        row, _ = nearest(*places, alerts, catalogue.radius_arcsec)
        assert len(set(row[row >= 0])) == REVERSED[name][catalogue.name]
        assert REVERSED[name][catalogue.name] <= COUNTS[name][catalogue.name]


@needs_alerts
def test_two_alerts_of_one_star_in_one_batch_both_get_it():
    packets = oracle("DT/part")
    found = found_in(packets).assign(object=[p["objectId"] for p in packets])
    stars = found[found["gcvs_separation"].notna()].groupby("object")["gcvs_type"]
    assert (stars.size() > 1).any()
    again = found_in(packets * 2)
    assert count(again) == {name: 2 * n for name, n in count(found).items()}


def test_counterparts_do_not_depend_on_the_batch():
    packets = sample()
    whole = found_in(packets)
    parts = [found_in(packets[i : i + 5]) for i in range(0, len(packets), 5)]
    pd.testing.assert_frame_equal(pd.concat(parts, ignore_index=True), whole, check_exact=True)


def test_both_surveys_find_the_same():
    frame = pd.DataFrame([*POINTS, NGC_5055], columns=list(of_lsst.inputs))
    shared = [c.name for c in of_lsst.outputs]
    pd.testing.assert_frame_equal(of_lsst.function(frame), at(*POINTS, NGC_5055)[shared])


def test_without_a_catalogue_the_module_is_unavailable_and_says_what_to_do(monkeypatch, tmp_path):
    """Regression: what cannot be searched is a status, never "Unknown", "Fail" or a number."""
    from fink_assets import settings as settings_module

    monkeypatch.setenv("FINK_CACHE", str(tmp_path))
    settings_module.settings.cache_clear()
    alerts = pd.DataFrame(POINTS, columns=list(crossmatch.inputs))
    found = run_modules([crossmatch], alerts, pd.DataFrame({"crossmatch": ["ok"] * 4}))
    settings_module.settings.cache_clear()
    assert set(found["crossmatch.status"]) == {"unavailable"}
    assert found["crossmatch.error"].str.startswith("catalogue gcvs").all()
    assert found["crossmatch.error"].str.contains("run `fink setup`").all()
    assert found[[f"crossmatch.{c.name}" for c in crossmatch.outputs]].isna().all(axis=None)
