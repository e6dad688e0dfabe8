"""Synthetic nights: valid packets, the same numbers in every night, noise as asked, one truth."""

import io
from collections import Counter
from itertools import pairwise

import fastavro
import numpy as np
import pytest
from small_sky import members

from fink_assets.astro.time import night_of_jd, night_of_mjd_tai
from fink_assets.packages import PackageError
from fink_assets.simulator import lsst, packet
from fink_assets.simulator.night import simulate
from fink_assets.simulator.observatory import night_name, night_number
from fink_assets.simulator.schedule import visits
from fink_assets.simulator.truth import Truth
from fink_assets.surveys.lsst_packet import NEWEST, ensure_packets, packet_schema
from fink_assets.surveys.ztf_packet import packet_schema as ztf_schema
from fink_assets.surveys.ztf_packet import packet_schema_json

NIGHT = "2026-11-22"
ALERTS = 200
SURVEYS = ("ztf", "lsst")
NEXT = {"ztf": 2, "lsst": 3}  # nights until a field is visited again


def schemas(survey):
    if survey == "lsst":
        try:
            ensure_packets()
        except PackageError as problem:
            pytest.skip(str(problem))
    return packet_schema(NEWEST) if survey == "lsst" else ztf_schema()


def read(survey, message):
    return lsst.read(message) if survey == "lsst" else packet.read_container(message)[1]


def made(survey, **options):
    usual = {"night": NIGHT, "alerts": ALERTS, "seed": 7, "sky": members}
    return simulate(survey, **(usual | options))


def one_field(survey):
    """A sky that is empty but for a field in the middle of its season."""
    tonight = visits(survey, 7, night_number(NIGHT))
    field = int(tonight[len(tonight) // 2]["field"])
    return lambda seed, number, *rest: members(seed, number, *rest) if number == field else iter(())


@pytest.fixture(scope="module", params=SURVEYS)
def night(request):
    """Survey, what is sent, alerts as a reader sees them, and the truth."""
    survey, truth = request.param, Truth()
    schemas(survey)
    sent = list(made(survey, truth=truth))
    return survey, sent, [read(survey, each.message) for each in sent], truth


def object_of(survey, alert):
    if survey == "ztf":
        return alert["objectId"]
    if alert["diaObject"]:
        return str(alert["diaObject"]["diaObjectId"])
    return "sso:" + alert["ssSource"]["ssObjectId"].to_bytes(7, "big").decode()


def alert_id(survey, alert):
    return alert["candid"] if survey == "ztf" else alert["diaSourceId"]


def history(survey, alert):
    name = "prv_candidates" if survey == "ztf" else "prvDiaSources"
    return alert[name] or []


def detections(survey, alert):
    past = history(survey, alert)
    return [each for each in past if each.get("candid", each.get("diaSourceId"))]


def test_packets_are_valid_and_as_fastavro_writes_them(night):
    survey, sent, alerts, truth = night
    assert len(alerts) == ALERTS
    # One of each class: validation takes a second each. The bytes say the same of all.
    classes = {row["first_alert_id"]: row["class"] for row in truth.rows}
    chosen = {classes.get(alert_id(survey, alert)): alert for alert in alerts}
    assert len(chosen) >= 4
    parsed = fastavro.parse_schema(schemas(survey))
    assert fastavro.validation.validate_many(list(chosen.values()), parsed)
    for each, alert in zip(sent, alerts, strict=True):
        if survey == "ztf":
            text = packet_schema_json()
            sync = packet.sync_marker(text, alert["candid"])
            assert packet.write_container(text, alert, sync=sync) == each.message
        else:
            assert lsst.written(alert, NEWEST) == each.message


def test_alerts_are_of_the_night_in_the_order_of_exposures(night):
    survey, sent, alerts, _ = night
    assert all(before.time <= after.time for before, after in pairwise(sent))
    for each, alert in zip(sent, alerts, strict=True):
        if survey == "ztf":
            assert each.time == pytest.approx(alert["candidate"]["jd"], abs=1e-6)
            assert alert["candid"] // 10**9 * 10**9 == packet.candid_at(alert["candidate"]["jd"])
            found = night_of_jd(each.time)
        else:
            assert each.time == alert["diaSource"]["midpointMjdTai"]
            found = night_of_mjd_tai(each.time)
        assert found == each.night == NIGHT


def test_identifiers_are_unique_and_one_detection_has_one(night):
    survey, _, alerts, _ = night
    assert len({alert_id(survey, alert) for alert in alerts}) == len(alerts)
    for alert in alerts:
        past = [alert_id(survey, each) for each in detections(survey, alert)]
        assert len(set(past)) == len(past)
        assert alert_id(survey, alert) not in past


def test_one_seed_gives_the_same_bytes_and_another_other_ones(night):
    survey, sent, _, _ = night
    assert list(made(survey)) == sent
    assert list(made(survey, alerts=50)) == sent[:50]
    others = {each.message for each in made(survey, seed=8)}
    assert not others & {each.message for each in sent}


def test_the_truth_has_one_row_for_each_object(night):
    survey, _, alerts, truth = night
    names = [row["object_id"] for row in truth.rows]
    assert len(set(names)) == len(names)
    assert set(names) == {object_of(survey, alert) for alert in alerts}
    assert {row["class"] for row in truth.rows} == {"wave", "bump", "rock", "bogus"}


def test_the_truth_is_a_delta_table(night, tmp_path):
    from deltalake import DeltaTable

    survey, _, _, truth = night
    stored = Truth(tmp_path / "truth")
    list(made(survey, truth=stored, alerts=40))
    stored.write()
    rows = DeltaTable(tmp_path / "truth").to_pyarrow_table().to_pylist()
    first = [row for row in truth.table().to_pylist()][: len(rows)]
    assert sorted(rows, key=lambda r: r["object_id"]) == sorted(first, key=lambda r: r["object_id"])


@pytest.mark.parametrize("survey", SURVEYS)
def test_a_later_night_tells_of_the_earlier_one_in_the_same_numbers(survey):
    schemas(survey)
    sky = one_field(survey)
    later = night_name(night_number(NIGHT) + NEXT[survey])
    first = [read(survey, each.message) for each in made(survey, alerts=150, sky=sky)]
    known = {alert_id(survey, alert): alert for alert in first}
    objects, told = {object_of(survey, alert) for alert in first}, 0
    for alert in (
        read(survey, each.message) for each in made(survey, alerts=150, night=later, sky=sky)
    ):
        past = {alert_id(survey, each): each for each in detections(survey, alert)}
        for number in past.keys() & known.keys():
            told += 1
            before = known[number]
            assert object_of(survey, before) == object_of(survey, alert)
            detection = before["candidate"] if survey == "ztf" else before["diaSource"]
            same = past[number].keys() - {"ssdistnr", "ssmagnr", "ssnamenr"}
            assert {n: past[number][n] for n in same} == {n: detection[n] for n in same}
        if object_of(survey, alert) in objects:
            assert past.keys() & known.keys()
    assert told > 20


def test_alerts_of_an_object_in_a_night_follow_one_another(night):
    survey, _, _, _ = night
    alerts, seen = [], {}
    for each in made(survey, alerts=100_000, sky=one_field(survey)):
        alerts.append(read(survey, each.message))
    for alert in alerts:
        name = object_of(survey, alert)
        if name in seen and not name.startswith("sso:"):
            past = [alert_id(survey, each) for each in detections(survey, alert)]
            assert past[-1] == alert_id(survey, seen[name])
            before = [alert_id(survey, b) for b in detections(survey, seen[name])]
            assert past[:-1] == before[len(before) - len(past) + 1 :]
        seen[name] = alert
    again = Counter(object_of(survey, alert) for alert in alerts)
    assert max(again.values()) >= 2


def test_ztf_tells_of_thirty_days_with_upper_limits_and_forced_fluxes():
    for alert in (read("ztf", each.message) for each in made("ztf")):
        past, forced = alert["prv_candidates"], alert["fp_hists"]
        assert [each["jd"] for each in past] == [each["jd"] for each in forced]
        assert all(0 < alert["candidate"]["jd"] - each["jd"] < 30 for each in past)
        for each, flux in zip(past, forced, strict=True):
            zero = flux["magzpsci"]
            snr = abs(flux["forcediffimflux"]) / flux["forcediffimfluxunc"]
            assert (each["candid"] is None) == (each["magpsf"] is None)
            if snr > 5.01 or snr < 4.99:
                assert (each["magpsf"] is not None) == (snr > 5)
            assert each["diffmaglim"] == flux["diffmaglim"]
            if each["magpsf"]:
                total = zero - 2.5 * np.log10(abs(flux["forcediffimflux"]))
                assert each["magpsf"] == pytest.approx(total, abs=1e-4)


def test_the_solar_system_of_lsst_has_designations_and_no_object():
    schemas("lsst")
    alerts = [read("lsst", each.message) for each in made("lsst")]
    bodies = [alert for alert in alerts if alert["ssSource"]]
    assert bodies
    for alert in bodies:
        assert alert["diaObject"] is None
        assert alert["prvDiaSources"] is None
        number = alert["ssSource"]["ssObjectId"]
        assert alert["diaSource"]["ssObjectId"] == number
        spelt = alert["mpc_orbits"]["packed_primary_provisional_designation"]
        assert number.to_bytes(7, "big").decode() == spelt
    assert all(a["diaObject"] and a["mpc_orbits"] is None for a in alerts if not a["ssSource"])


def test_an_object_of_lsst_sums_up_its_detections():
    schemas("lsst")
    for alert in (read("lsst", each.message) for each in made("lsst")):
        body = alert["diaObject"]
        if body is None:
            continue
        every = [*(alert["prvDiaSources"] or ()), alert["diaSource"]]
        assert body["nDiaSources"] == len(every)
        assert body["firstDiaSourceMjdTai"] == min(s["midpointMjdTai"] for s in every)
        for band in "ugrizy":
            fluxes = [s["psfFlux"] for s in every if s["band"] == band]
            assert body[f"{band}_psfFluxNdata"] == len(fluxes)
            if fluxes:
                assert body[f"{band}_psfFluxMin"] == pytest.approx(min(fluxes))
                weights = [s["psfFluxErr"] ** -2 for s in every if s["band"] == band]
                mean = np.average(fluxes, weights=weights)
                assert body[f"{band}_psfFluxMean"] == pytest.approx(mean, rel=1e-5)


def test_artefacts_fail_the_cuts_of_the_broker(night):
    survey, _, alerts, truth = night
    bogus = {row["object_id"] for row in truth.rows if row["class"] == "bogus"}
    for alert in alerts:
        is_bogus = object_of(survey, alert) in bogus
        if survey == "ztf":
            assert (alert["candidate"]["nbad"] > 0) == is_bogus
            assert is_bogus <= (alert["candidate"]["rb"] < 0.55)
        else:
            assert alert["diaSource"]["pixelFlags_saturated"] == is_bogus
            assert is_bogus <= (alert["diaSource"]["reliability"] < 0.3)


def test_stamps_are_images_of_the_detection(night):
    import gzip

    from astropy.io import fits

    survey, _, alerts, _ = night
    for alert in alerts[::20]:
        stamps = {}
        for name in ("Difference", "Science", "Template"):
            content = alert[f"cutout{name}"]
            if survey == "ztf":
                content = gzip.decompress(content["stampData"])
            with fits.open(io.BytesIO(content)) as file:
                file.verify("exception")
                stamps[name] = file[0].data
                if survey == "lsst":
                    assert file[0].header["CRVAL1"] == pytest.approx(alert["diaSource"]["ra"])
                    assert file["PSFIMAGE"].data.sum() == pytest.approx(1, abs=1e-4)
        image = stamps["Difference"]
        side = 63 if survey == "ztf" else 46
        assert image.shape == (side, side)
        if survey == "ztf":
            sign = 1 if alert["candidate"]["isdiffpos"] == "t" else -1
            snr = alert["candidate"]["scorr"]
        else:
            sign = -1 if alert["diaSource"]["isNegative"] else 1
            snr = alert["diaSource"]["snr"]
        if snr > 15:
            peak = np.argwhere(sign * image == (sign * image).max())[0]
            assert np.hypot(*(peak - (side - 1) / 2)) < 3


@pytest.mark.parametrize("survey", SURVEYS)
def test_every_alert_may_have_images_of_its_own(survey):
    schemas(survey)
    alerts = [read(survey, e.message) for e in made(survey, alerts=40, reuse_cutouts=False)]
    stamps = [a["cutoutDifference"] for a in alerts]
    stamps = [s["stampData"] if survey == "ztf" else s for s in stamps]
    assert len(set(stamps)) == len(stamps)
