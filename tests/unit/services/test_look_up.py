"""What alerts find in the pieces of a remote catalogue, whoever asked and however it went."""

from datetime import timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from unit.services.asking import NOW, STAR, client_of, found, positions
from unit.services.served import serving, simbad, x_match

from fink_assets.services import SIMBAD
from fink_assets.services.client import Limits
from fink_assets.services.look_up import NO_CLIENT, NO_POSITION


def arcsec(value):
    return value / 3600


def test_the_nearest_source_within_the_radius_is_found_with_separation_and_date(tmp_path):
    sources = simbad(
        (10.0, 20.0, "near", "Galaxy", "G"), (10.0, 20.0 + arcsec(1.5), "far", "QSO", "QSO")
    )
    with serving(x_match(sources)) as server:
        places = positions(
            (10.0, 20.0 + arcsec(0.6)), (10.0, 20.0 + arcsec(1.0)), (10.0, 20.01), index=list("abc")
        )
        result = found(places, client_of(server.address), tmp_path)
    assert result.index.tolist() == ["a", "b", "c"]
    assert result["main_id"].tolist() == ["near", "far", None]
    np.testing.assert_allclose(result["separation"], [0.6, 0.5, np.nan], atol=1e-6)
    assert set(result["state"]) == {"answered"}
    assert set(result["reason"]) == {None}
    assert set(result["answered"]) == {pd.Timestamp(NOW)}


def test_known_pieces_are_not_asked_for_again(tmp_path):
    with serving(x_match(STAR)) as server:
        places = positions((26.8566983, -26.9677112), (1.0, 0.0))
        first = found(places, client_of(server.address), tmp_path)
        again = found(places, client_of(server.address), tmp_path, now=NOW + timedelta(days=29))
        assert len(server.asked) == 1
    pd.testing.assert_frame_equal(first, again)
    assert first["otype"].tolist() == ["LP*", None]


def test_an_old_piece_is_asked_for_again_and_the_newest_counts(tmp_path):
    later = NOW + timedelta(days=31)
    place = positions((26.8566983, -26.9677112))
    with serving(x_match(STAR)) as server:
        found(place, client_of(server.address), tmp_path)
        server.respond = x_match(STAR.assign(otype="Mi*"))
        result = found(place, client_of(server.address), tmp_path, now=later)
        assert len(server.asked) == 2
    assert result["otype"].tolist() == ["Mi*"]
    assert result["answered"].tolist() == [pd.Timestamp(later)]


def test_if_the_service_is_down_an_old_answer_is_used_with_its_date(tmp_path):
    place = positions((26.8566983, -26.9677112))
    with serving(x_match(STAR)) as server:
        found(place, client_of(server.address), tmp_path)
    result = found(place, client_of(server.address), tmp_path, now=NOW + timedelta(days=100))
    assert result.iloc[0]["state"] == "answered"
    assert result.iloc[0]["otype"] == "LP*"
    assert result.iloc[0]["answered"] == pd.Timestamp(NOW)


def test_without_a_client_what_is_known_is_used_and_the_rest_is_unavailable(tmp_path):
    with serving(x_match(STAR)) as server:
        found(positions((26.8566983, -26.9677112)), client_of(server.address), tmp_path)
    result = found(positions((26.8566983, -26.9677112), (1.0, 0.0)), None, tmp_path)
    assert result["state"].tolist() == ["answered", "unavailable"]
    assert result["reason"].tolist() == [None, NO_CLIENT]
    assert result["otype"].tolist() == ["LP*", None]
    assert pd.isna(result.iloc[1]["answered"])


def test_an_alert_without_a_position_has_no_counterpart_and_asks_nothing(tmp_path):
    with serving(x_match(STAR)) as server:
        result = found(
            positions((None, 3.0), (np.inf, 1.0), (5.0, 95.0)), client_of(server.address), tmp_path
        )
        assert server.asked == []
    assert set(result["state"]) == {"answered"}
    assert set(result["reason"]) == {NO_POSITION}


def test_no_alert_gives_no_row_and_no_question(tmp_path):
    with serving(x_match(STAR)) as server:
        result = found(positions(), client_of(server.address), tmp_path)
        assert server.asked == []
    assert len(result) == 0
    assert [*result.columns] == [c.name for c in SIMBAD.contract]


def test_questions_hold_no_more_positions_than_the_limit(tmp_path):
    limits = Limits(attempts=1, positions=3)
    with serving(x_match(STAR)) as server:
        places = positions(*((float(x), 0.0) for x in range(8)))
        result = found(places, client_of(server.address, limits=limits), tmp_path)
        sizes = [len(a.fields["cat1"].splitlines()) - 1 for a in server.asked]
    assert sorted(sizes) == [2, 3, 3]
    assert set(result["state"]) == {"answered"}


SKY = simbad(
    (0.0, 0.0, "origin", "Star", "*"),
    (359.99995, 0.0, "before zero", "Star", "*"),
    (0.00005, arcsec(0.4), "after zero", "Galaxy", "G"),
    (123.0, 90.0, "north", "Star", "*"),
    (200.0, 89.9999, "beside the north", "QSO", "QSO"),
    (310.0, -90.0, "south", "Star", "*"),
    (45.0, 41.8103148957786, "a corner of a base cell", "Star", "*"),
    (180.0, 12.0, "twin", "Star", "*"),
    (180.0, 12.0, "twin's twin", "Galaxy", "G"),
)
OFFSETS = st.floats(-2.5, 2.5, allow_nan=False)


@st.composite
def near_sources(draw):
    at = SKY.iloc[draw(st.integers(0, len(SKY) - 1))]
    dec = float(np.clip(at["dec"] + arcsec(draw(OFFSETS)), -90, 90))
    cos = max(np.cos(np.radians(dec)), 1e-6)
    return (float(at["ra"] + np.clip(arcsec(draw(OFFSETS)) / cos, -180, 180)) % 360, dec)


@settings(max_examples=15)
@given(
    places=st.lists(near_sources(), min_size=1, max_size=12),
    seed=st.randoms(use_true_random=False),
    cuts=st.integers(1, 4),
)
def test_what_is_found_depends_neither_on_order_nor_on_batches_nor_on_who_asked(
    places, seed, cuts, tmp_path_factory
):
    """And it is what a search of the whole catalogue would find, at poles and at RA 0, too."""
    from fink_assets.astro.angles import separation

    root = tmp_path_factory.mktemp("lake")
    whole = positions(*places)
    mixed = whole.loc[seed.sample(range(len(whole)), len(whole))]
    with serving(x_match(SKY)) as server:
        client = client_of(server.address, limits=Limits(positions=3))
        one = found(whole, client, root / "one")
        chosen = np.array_split(np.arange(len(mixed)), cuts)
        parts = [found(mixed.iloc[part], client, root / "two") for part in chosen]
    two = pd.concat([part for part in parts if len(part)]).loc[whole.index]
    pd.testing.assert_frame_equal(one, two)
    for place, (_, result) in zip(places, one.iterrows(), strict=True):
        apart = 3600 * separation(*place, SKY["ra"].to_numpy(), SKY["dec"].to_numpy())
        if apart.min() <= 1.0:
            assert result["separation"] == pytest.approx(apart.min(), abs=1e-9)
        else:
            assert np.isnan(result["separation"])


def test_the_two_known_answers_of_simbad(tmp_path):
    """Fink states them for its own adapters: long words for ZTF, short ones for LSST."""
    sources = pd.concat([STAR, simbad((26.24497, -26.7569436, "HD 1", "Star", "*"))])
    places = positions((26.8566983, -26.9677112), (26.24497, -26.7569436), (1.0, 0.0))
    with serving(x_match(sources)) as server:
        result = found(places, client_of(server.address), tmp_path)
    assert result["main_type"].tolist() == ["LongPeriodV*", "Star", None]
    assert result["otype"].tolist() == ["LP*", "*", None]
