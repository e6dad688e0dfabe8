"""Designations of known bodies: one each, in all forms that packets have."""

import re

import pytest

from fink_assets.services.bodies import packed
from fink_assets.simulator.lsst_bodies import body_id
from fink_assets.simulator.observatory import OBSERVATORIES, fields
from fink_assets.simulator.sky.designations import FIELDS, designation
from fink_assets.simulator.sky.mix import KINDS, members
from fink_assets.simulator.sky.model import Field

BLOCK = 3050  # in 2025


def test_a_hundred_thousand_bodies_of_fields_and_blocks_have_one_each():
    found = [
        designation(field, block, index)
        for field in (0, 1, 24, 25, 1941)
        for block in (BLOCK, BLOCK + 1, BLOCK + 18, BLOCK + 77)
        for index in (*range(4990), 7221, 7222, 14_443, 14_444, 57_775)
    ]
    assert len(found) == 99_900
    assert len(set(found)) == len({body_id(name) for name in found}) == len(found)
    assert all(re.fullmatch(r"20[0-2]\d [A-HJ-Y][A-HJ-Z]([1-9]\d*)?", name) for name in found)
    assert all(re.fullmatch(r"K[0-2]\d[A-Y]\w\d[A-Z]|_\w[A-Y]\w{4}", packed(n)) for n in found)


def test_bodies_of_a_sky_keep_theirs_over_nights_and_share_it_with_no_other_field():
    factors = {kind.name: float(kind.name == "asteroid") for kind in KINDS}
    by_body, by_name, seen = {}, {}, 0
    for number, ra in ((3, 180.0), (700, 185.0), (1941, 190.0)):
        field = Field(ra=ra, dec=0.0, radius=1.7)
        for night in (61_119, 61_121, 61_140):
            for member in members(7, number, field, night, night + 1.5, factors):
                body, name = (member.field, member.number), member.source.designation
                assert by_body.setdefault(body, name) == name
                assert by_name.setdefault(name, body) == body
                seen += 1
    assert seen > 1.2 * len(by_body) > 1000


def test_there_are_designations_for_all_fields():
    assert max(len(fields(survey)) for survey in OBSERVATORIES) <= FIELDS


@pytest.mark.parametrize(("field", "index"), [(FIELDS, 0), (0, 57_776)])
def test_more_bodies_than_designations_are_refused(field, index):
    with pytest.raises(ValueError, match="lower density"):
        designation(field, BLOCK, index)


@pytest.mark.parametrize(
    ("name", "short"),
    [
        *(("1995 XA", "J95X00A"), ("1998 SQ108", "J98SA8Q"), ("2007 TA418", "K07Tf8A")),
        *(("2026 CA620", "_QC0000"), ("2026 CZ6190", "_QC0aEM"), ("2026 CL591673", "_QCzzzz")),
    ],
)
def test_designations_are_packed_as_the_minor_planet_center_does(name, short):
    """Examples of its documentation, and of projectpluto.com/packed.htm."""
    assert packed(name) == short


@pytest.mark.parametrize("name", ["2026 CI4", "2026 CM591673", "1998 SQ620", "C/2026 A1", ""])
def test_what_cannot_be_packed_is_refused(name):
    with pytest.raises(ValueError, match=re.escape(repr(name))):
        packed(name)
