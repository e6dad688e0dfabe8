"""Hostless alerts: what Fink documents and stored for real stamps, and stamps that are none."""

import gzip

import numpy as np
import pandas as pd
import pytest
from batches import ORACLES, batch, sample

from fink_assets.astro.hostless import SHUFFLES, Detector, clip, hostless
from fink_assets.astro.power_spectrum import (
    centre,
    distinct,
    empty_place,
)
from fink_assets.astro.stamps import read_stamp
from fink_assets.raw2science.modules import lsst, ztf
from fink_assets.raw2science.modules.stamps import hostless_columns

(ZTF,) = [m for m in ztf.MODULES if m.name == "hostless"]
(LSST,) = [m for m in lsst.MODULES if m.name == "hostless"]
NAMES = [column.name for column in hostless_columns()]
DOCUMENTED = {
    "ZTF24aahgkub": (0.172, 0.267),
    "ZTF24aahxyrp": (0.183, 0.256),
    "ZTF24aaimntf": (0.070, 0.126),
}
FINK_SEED = 1337

needs_oracles = pytest.mark.skipif(
    not ORACLES.is_dir(), reason=f"alerts with Fink's values are not at {ORACLES}"
)


def oracle(name):
    return pd.read_parquet(ORACLES / name).to_dict("records")


def run(module, packets):
    return module.function(batch(packets, module.inputs))


def stamps(packet):
    contents = (packet["cutoutScience"], packet["cutoutTemplate"])
    return [read_stamp(c["stampData"] if isinstance(c, dict) else c) for c in contents]


@pytest.fixture(scope="module")
def documented():
    packets = oracle("HL_hostless.parquet")
    assert len(packets) == 72
    return packets


@needs_oracles
def test_of_fink_s_72_alerts_three_are_candidates(documented):
    found = run(ZTF, documented)
    assert found["unreadable"].isna().all()
    chosen = found["is_candidate"].to_numpy(dtype=bool)
    names = [
        p["objectId"] for p, is_candidate in zip(documented, chosen, strict=True) if is_candidate
    ]
    assert names == list(DOCUMENTED)
    assert found.loc[~chosen, NAMES[:2]].isna().all(axis=None)
    expected = np.array([*DOCUMENTED.values()])
    # Three deviations of the choice of noise.
    np.testing.assert_allclose(found.loc[chosen, NAMES[:2]].to_numpy(float), expected, atol=0.2)


@needs_oracles
def test_with_fink_s_draws_values_are_fink_s(documented):
    """One generator for all alerts, in the order of the file: noise for both stamps, shuffles."""
    draws = np.random.RandomState(FINK_SEED)
    for packet in documented:
        if packet["objectId"] not in DOCUMENTED or hostless(*stamps(packet), SMALL, seed=1) is None:
            continue
        images = [with_noise(image, draws) for image in stamps(packet)]
        found = [empty_place(image, shuffles(draws), 14) for image in images]
        assert found == pytest.approx(DOCUMENTED[packet["objectId"]], abs=6e-4)


SMALL = Detector(side=63, spectrum=14, again=True)


def with_noise(image, draws):
    masked = clip(image)
    noise = draws.normal(np.median(image[~masked]), np.std(image[~masked]), image.shape)
    return np.where(masked, noise, image)


def shuffles(draws):
    rows = []
    for _ in range(SHUFFLES):
        places = np.arange(63**2)
        draws.shuffle(places)
        rows.append(centre(places.reshape(63, 63), 14).ravel())
    return np.array(rows)


@needs_oracles
def test_of_rubin_s_25_alerts_three_are_candidates_where_the_guard_lets_all_through():
    packets = oracle("R25_lsst_v10_hostless.parquet")
    found = run(LSST, packets)
    chosen = found["is_candidate"].to_numpy(dtype=bool)
    identifiers = [p["diaSourceId"] for p, c in zip(packets, chosen, strict=True) if c]
    assert identifiers == [169813007065939974, 169813006111211588, 169813006395375696]
    assert found.loc[chosen, NAMES[:2]].notna().all(axis=None)


@needs_oracles
def test_values_that_fink_stored_for_rubin_are_likely_ones_of_the_15_pixels_it_took_then():
    """Version 8.35.1: a spectrum of 15 x 15 pixels, no limit for the template, no cuts but SSO."""
    then = Detector(side=30, spectrum=15, again=False)
    seen = 0
    for packet in oracle("R27_lsst_v10_enriched.parquet"):
        stored = [packet["clf"][f"elephant_{name}"] for name in NAMES[:2]]
        if stored[0] is None or np.isnan(stored[0]):
            assert packet["pred"]["is_sso"]
            continue
        found = [hostless(*stamps(packet), then, seed=seed) for seed in range(24)]
        if stored[0] == -99:
            assert found == [None] * 24
            continue
        seen += 1
        values = np.array(found)
        assert (np.abs(values.mean(axis=0) - stored) < 5 * values.std(axis=0)).all()
    assert seen == 4


PACKET = next(p for p in sample() if p["candid"] == 1786234381015015009)
GOOD = PACKET["cutoutScience"]["stampData"]


def altered(content):
    return {**PACKET, "cutoutScience": {"fileName": "", "stampData": content}}


PLAIN = gzip.decompress(GOOD)
FLAT = PLAIN[:2880] + np.full(63**2, 5, ">f4").tobytes()
NOT_A_NUMBER = PLAIN[:2880] + np.full(63**2, np.nan, ">f4").tobytes()
HOSTILE = {
    "absent": (None, "science: no stamp"),
    "truncated": (GOOD[:5000], "science: truncated gzip"),
    "not FITS": (b"GIF89a", "science: not a FITS file"),
    "of a wrong size": (
        PLAIN.replace(b"NAXIS2  =                   63", b"NAXIS2  =                   62"),
        "science: 62 x 63 pixels",
    ),
    "of missing pixels": (NOT_A_NUMBER, "science: no pixel has a value"),
}


@pytest.mark.parametrize(("content", "told"), HOSTILE.values(), ids=list(HOSTILE))
def test_an_alert_without_a_readable_stamp_says_so_and_the_others_keep_their_values(content, told):
    found = run(ZTF, [PACKET, altered(content), PACKET])
    assert found.loc[1, "unreadable"] == told
    assert found.loc[1, NAMES[:3]].isna().all()
    alone = run(ZTF, [PACKET])
    for row in (0, 2):
        assert found.loc[row].equals(alone.loc[0].rename(row))
    assert alone.loc[0, "is_candidate"] is True


def test_a_stamp_of_one_value_shows_nothing_and_has_no_statistic():
    template = {**PACKET, "cutoutTemplate": altered(FLAT)["cutoutScience"]}
    found = run(ZTF, [altered(FLAT), template])
    assert found["unreadable"].isna().all()
    assert np.isnan(found.loc[0, "kstest_science"])
    assert np.isnan(found.loc[1, "kstest_template"])


def test_compressed_or_not_a_stamp_says_the_same():
    one, other = run(ZTF, [PACKET, altered(PLAIN)]).to_dict("records")
    assert one == other


def test_the_number_of_the_alert_seeds_and_nothing_else_does():
    other = {**PACKET, "candidate": {**PACKET["candidate"], "candid": 7}}
    found = run(ZTF, [PACKET, other, PACKET])
    assert found.loc[0, "kstest_science"] == found.loc[2, "kstest_science"]
    assert found.loc[0, "kstest_science"] != found.loc[1, "kstest_science"]
    assert found.loc[0, "kstest_science"] == pytest.approx(found.loc[1, "kstest_science"], abs=0.3)


def test_an_alert_without_a_number_has_no_value():
    alert = {**PACKET, "candidate": {**PACKET["candidate"], "candid": None}}
    assert run(ZTF, [alert]).loc[0, "unreadable"] == "the alert has no number"


def test_drawing_for_a_stamp_of_ztf_needs_no_second_attempt_in_practice():
    generator = np.random.default_rng(3)
    assert all(distinct(generator, 3969, 196, 200).shape == (200, 196) for _ in range(20))
