"""What synthetic alerts tell: histories, objects, bodies, artefacts, images."""

import io

import numpy as np
import pytest
from nights import SURVEYS, made, object_of, one_night, read, schemas


@pytest.fixture(scope="module", params=SURVEYS)
def night(request):
    """Survey, what is sent, alerts as a reader sees them, and the truth."""
    return one_night(request.param)


def test_ztf_tells_of_thirty_days_with_upper_limits_and_forced_fluxes():
    for alert in one_night("ztf")[2]:
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
    alerts = one_night("lsst")[2]
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
    for alert in one_night("lsst")[2]:
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
    for alert in alerts[::12]:
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
    alerts = [read(survey, e.message) for e in made(survey, alerts=25, reuse_cutouts=False)]
    stamps = [a["cutoutDifference"] for a in alerts]
    stamps = [s["stampData"] if survey == "ztf" else s for s in stamps]
    assert len(set(stamps)) == len(stamps)
