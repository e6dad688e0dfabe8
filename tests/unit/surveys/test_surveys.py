"""Invariants of every survey's declaration."""

import re
from itertools import chain

import pytest

from fink_assets.stream2raw.framing import FRAMINGS
from fink_assets.stream2raw.schemas import lacking, named
from fink_assets.surveys import SURVEYS

RULES = [(s, rule) for s in SURVEYS.values() for rule in (*s.plausible, *s.cuts)]
each_survey = pytest.mark.parametrize("survey", SURVEYS.values(), ids=lambda s: s.name)
each_rule = pytest.mark.parametrize(
    ("survey", "rule"), RULES, ids=[f"{s.name}-{rule.name}" for s, rule in RULES]
)


@each_survey
def test_every_field_a_survey_names_is_in_its_packet(survey):
    schema = named(survey.avro_schema)
    written = [survey.time, survey.night, survey.ra, survey.dec, survey.band, survey.magnitude]
    paths = chain.from_iterable(
        re.findall(rf"\b{survey.current}\.\w+", text) for text in (*written, survey.magnitude_error)
    )
    fields = [survey.alert_id, survey.object_id, survey.schema_version, survey.history]
    assert lacking(schema, [*paths, *fields, *survey.required, *survey.kept]) == []


@each_survey
def test_what_identifies_and_dates_an_alert_is_required(survey):
    assert {survey.alert_id, survey.object_id} <= set(survey.required)
    assert any(field in survey.night for field in survey.required)


@each_survey
def test_a_survey_has_cuts_a_known_framing_and_a_night_to_begin_with(survey):
    assert survey.cuts
    assert survey.plausible
    assert survey.framing in FRAMINGS
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", survey.first_night)


@each_survey
def test_names_of_rules_are_used_once(survey):
    names = [rule.name for rule in (*survey.plausible, *survey.cuts)]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[a-z][a-z0-9_]+", name) for name in names)


@each_rule
def test_every_rule_says_why_and_where_its_bound_comes_from(survey, rule):
    assert rule.why.endswith(".")
    assert len(rule.why.split()) > 5
    assert rule.source


@each_rule
def test_every_rule_looks_at_a_field_of_the_packet(survey, rule):
    assert lacking(named(survey.avro_schema), [rule.column]) == []


@each_survey
def test_what_makes_a_batch_implausible_blocks_it_and_a_cut_never_does(survey):
    assert {rule.severity for rule in survey.plausible} == {"critical"}
    assert {rule.severity for rule in survey.cuts} == {"warning"}


def test_topics_of_ztf_are_those_of_its_nights_and_no_others():
    topics = SURVEYS["ztf"].topics
    assert re.fullmatch(topics, "ztf_20231018_programid1")
    for other in ("ztf_20231018_programid1_copy", "fink_x_ztf", "ztf_2023_programid1"):
        assert not re.fullmatch(topics, other)
