"""Invariants of every survey's declaration."""

import re
from itertools import chain

import pytest

from fink_assets.lake.contracts import MEASURED, sources
from fink_assets.stream2raw.framing import FRAMINGS
from fink_assets.stream2raw.schemas import bare, lacking, named
from fink_assets.surveys import SURVEYS
from fink_assets.surveys.lsst import LSST

pytestmark = pytest.mark.usefixtures("packets")

ALL = ({**SURVEYS, "lsst": LSST}).values()
RULES = [(s, rule) for s in ALL for rule in (*s.plausible, *s.cuts)]
each_survey = pytest.mark.parametrize("survey", ALL, ids=lambda s: s.name)
each_rule = pytest.mark.parametrize(
    ("survey", "rule"), RULES, ids=[f"{s.name}-{rule.name}" for s, rule in RULES]
)


def paths(schema, expression):
    """What an expression reads: names of the packet's fields with what follows their dots."""
    top = "|".join(field["name"] for field in schema["fields"])
    return re.findall(rf"\b(?:{top})\b(?:\.\w+)*", expression)


@each_survey
def test_every_field_a_survey_names_is_in_its_packet(survey):
    schema = named(survey.avro_schema)
    written = [survey.time, survey.night, survey.ra, survey.dec, survey.alert_id, survey.object_id]
    measured = [m.value for m in survey.measured]
    for expression in (*written, *measured):
        assert paths(schema, expression)
    read = chain.from_iterable(paths(schema, expression) for expression in (*written, *measured))
    assert lacking(schema, [*read, survey.history, *survey.required, *survey.kept]) == []


@each_survey
def test_forced_photometry_is_an_array_of_the_packet_with_the_fields_that_date_it(survey):
    schema = {field["name"]: field["type"] for field in named(survey.avro_schema)["fields"]}
    record = bare(bare(schema[survey.forced.array])["items"])
    for expression in (survey.forced.time, survey.forced.night):
        read = set(re.findall(r"\bmeasurement\.(\w+)", expression))
        assert read
        assert lacking(record, sorted(read)) == []


@each_survey
def test_the_version_is_in_the_packet_or_in_the_name_of_its_schema(survey):
    assert "_writer_name" in survey.schema_version or not lacking(
        named(survey.avro_schema), [survey.schema_version]
    )


@each_survey
def test_what_identifies_and_dates_an_alert_is_required(survey):
    assert survey.alert_id in survey.required
    assert any(field in survey.object_id for field in survey.required)
    assert any(field in survey.night for field in survey.required)


@each_survey
def test_what_a_survey_measures_is_described_once_for_all(survey):
    described = {c.name: c.type for c in MEASURED}
    assert {m.name: m.type for m in survey.measured}.items() <= described.items()
    names = [c.name for c in sources(survey)]
    assert {m.name for m in survey.measured} == set(names) & set(described)


@each_survey
def test_renamed_structs_have_their_new_fields_in_the_newest_packet(survey):
    for renamed in survey.renamed:
        fields = [f"{renamed.name}.{field}" for field in renamed.fields]
        assert lacking(named(survey.avro_schema), fields) == []
        inside = [f"{renamed.was}.{field}" for field in renamed.fields.values()]
        older = inside if renamed.was == renamed.name else [renamed.was]
        assert lacking(named(survey.avro_schema), older) == older


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
    schema = named(survey.avro_schema)
    assert paths(schema, rule.column)
    assert lacking(schema, paths(schema, rule.column)) == []


@each_survey
def test_what_makes_a_batch_implausible_blocks_it_and_a_cut_never_does(survey):
    assert {rule.severity for rule in survey.plausible} == {"critical"}
    assert {rule.severity for rule in survey.cuts} == {"warning"}


def test_topics_of_ztf_are_those_of_its_nights_and_no_others():
    topics = SURVEYS["ztf"].topics
    assert re.fullmatch(topics, "ztf_20231018_programid1")
    for other in ("ztf_20231018_programid1_copy", "fink_x_ztf", "ztf_2023_programid1"):
        assert not re.fullmatch(topics, other)


@pytest.mark.parametrize(
    "topic", ["alerts-simulated", "lsst-alerts-v10.0", "rubin_20250903_lsst_v10.0"]
)
def test_topics_of_lsst_are_its_own(topic):
    assert re.fullmatch(LSST.topics, topic)
    assert not re.fullmatch(SURVEYS["ztf"].topics, topic)
    assert not re.fullmatch(LSST.topics, f"fink_{topic}")
