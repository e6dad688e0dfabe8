"""All sources of a field: one sky for all nights, as many as stated, numbered for good."""

import re

import numpy as np
import pytest

from fink_assets.settings import PROJECT
from fink_assets.simulator.sky.artefacts import FLAGS
from fink_assets.simulator.sky.mix import (
    BLOCK_DAYS,
    KINDS,
    RICH,
    members,
    square_degrees,
)
from fink_assets.simulator.sky.model import Field

FIELD = Field(ra=150.0, dec=40.0, radius=2.0)
TONIGHT = 61_000.1, 61_000.4
FEW = {kind.name: 0.0 for kind in KINDS}


def by_number(*span, seed=1, number=7, field=FIELD, factors=RICH):
    found = list(members(seed, number, field, *span, factors))
    assert len({member.number for member in found}) == len(found)
    return {member.number: member for member in found}


def same(one, two):
    return (
        one.begin == two.begin
        and one.source.parameters == two.source.parameters
        and (one.source.ra, one.source.dec) == (two.source.ra, two.source.dec)
    )


def test_the_same_night_is_the_same():
    one, two = by_number(*TONIGHT), by_number(*TONIGHT)
    assert one.keys() == two.keys()
    assert all(same(one[number], two[number]) for number in one)


@pytest.mark.parametrize("later", [1, 5, 37])
def test_two_nights_see_one_sky(later):
    one, two = by_number(*TONIGHT), by_number(*(mjd + later for mjd in TONIGHT))
    assert all(same(one[number], two[number]) for number in one.keys() & two.keys())
    for here, end in ((one, TONIGHT[1] + later), (two, TONIGHT[1])):
        for member in here.values():
            lasts = next(k.days for k in KINDS if k.name == member.source.kind)
            seen_in_both = lasts is None or (
                member.begin < min(end, TONIGHT[1]) and member.begin + lasts > TONIGHT[0] + later
            )
            if seen_in_both:
                assert member.number in one.keys() & two.keys()


def test_a_long_span_has_what_its_nights_have():
    whole = by_number(TONIGHT[0], TONIGHT[1] + 3 * BLOCK_DAYS)
    for day in (0, 19, 41):
        night = by_number(*(mjd + day for mjd in TONIGHT))
        assert night.keys() <= whole.keys()
        assert all(same(night[number], whole[number]) for number in night)


def test_the_factor_of_one_kind_leaves_the_others_alone():
    some = {**FEW, "RR Lyrae": 1.0, "SN Ia": 50.0}
    more = {**some, "AGN": 1.0}
    one, two = by_number(*TONIGHT, factors=some), by_number(*TONIGHT, factors=more)
    assert one.keys() < two.keys()
    assert all(same(one[number], two[number]) for number in one)


def test_other_seeds_and_other_fields_are_other_skies():
    one = by_number(*TONIGHT)
    for other in (by_number(*TONIGHT, seed=2), by_number(*TONIGHT, number=8)):
        here, there = (
            {m.source.ra for m in found.values() if m.begin is None} for found in (one, other)
        )
        assert here
        assert not here & there


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_there_are_as_many_as_the_density_says(kind):
    field = Field(ra=150.0, dec=10.0, radius=2.0)
    lasting = kind.days + np.ptp(TONIGHT) if kind.days else 1
    factor = 100 / (square_degrees(field) * kind.expected(field) * lasting)
    found = by_number(*TONIGHT, field=field, factors={**FEW, kind.name: factor})
    assert {member.source.kind for member in found.values()} == {kind.name}
    assert len(found) == pytest.approx(100, abs=50)


def test_beginnings_are_spread_evenly_in_time():
    factors = {**FEW, "M-dwarf flare": 3.0}
    begins = [m.begin for m in by_number(61_000, 61_080, factors=factors).values()]
    counts = np.histogram(begins, bins=8, range=(61_000, 61_080))[0]
    assert counts == pytest.approx(np.mean(counts), abs=5 * np.sqrt(np.mean(counts)))


def test_numbers_fit_the_room_stated():
    assert all(0 <= number < 2**45 for number in by_number(*TONIGHT))


def test_a_kind_that_there_is_not_is_refused():
    with pytest.raises(ValueError, match="supernova"):
        list(members(1, 1, FIELD, *TONIGHT, {"supernova": 2.0}))


def test_a_rich_sky_has_nearly_every_class_in_one_field_of_ztf():
    field = Field(ra=280.0, dec=-5.0, radius=3.8)
    seen = {m.source.kind for m in by_number(*TONIGHT, field=field).values()}
    assert len(seen) >= len(KINDS) - 2


def test_areas_add_up_to_the_sky():
    assert square_degrees(Field(ra=0, dec=0, radius=180)) == pytest.approx(41_252.96, abs=0.01)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_the_page_has_density_and_all_parameters_of_each_class(kind):
    page = (PROJECT / "docs/scientist/sky.md").read_text()
    (row,) = re.findall(rf"^\| {re.escape(kind.name)} \|.*$", page, re.M)
    _, _, density, length, *_, parameters, _ = (cell.strip() for cell in row.split("|"))
    assert float(density) == kind.density
    assert (float(length) if length else None) == kind.days
    for group in re.findall(r"of (explosions|stars)", parameters):
        parameters += re.search(rf"^Parameters of {group}: .*$", page, re.M)[0]
    drawn = [kind.draw(np.random.default_rng(n), FIELD, 61_000.0) for n in range(20)]
    every = {name for source in drawn for name in source.parameters}
    assert set(re.findall(r"`(\w+)`", parameters)) == every


def test_the_page_has_every_flag():
    page = (PROJECT / "docs/scientist/sky.md").read_text()
    assert all(f"| `{flag}` |" in page for flag in FLAGS)
