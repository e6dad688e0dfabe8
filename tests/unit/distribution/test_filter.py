"""What a declaration of a filter must say."""

from dataclasses import replace

import pytest

from fink_assets.distribution.filter import alert_filter, matched, readable
from fink_assets.distribution.filters import FILTERS
from fink_assets.raw2science.modules import MODULES

KEPT = {"ztf": {"candidate"}, "lsst": {"diaSource", "diaObject", "ssSource", "mpc_orbits"}}


@alert_filter(
    survey="ztf",
    version="1.2.0",
    owners=["team:tests"],
    inputs=("candidate.rb",),
    accepts=(1,),
    rejects=(2,),
)
def good_ones():
    """Alerts that are surely real."""
    return "candidate.rb > 0.9"


def test_a_declared_condition_is_a_filter_with_a_topic_and_a_version():
    assert good_ones.topic == "fink_good_ones_ztf"
    assert good_ones.condition == "candidate.rb > 0.9"
    assert good_ones.code_version.startswith("1.2.0+")
    assert replace(good_ones, source="other").code_version != good_ones.code_version


REFUSED = {
    "no docstring": ({"doc": ""}, "docstring"),
    "nothing that passes": ({"accepts": ()}, "name an alert"),
    "nothing that does not": ({"rejects": ()}, "name an alert"),
}


@pytest.mark.parametrize(("change", "reason"), REFUSED.values(), ids=list(REFUSED))
def test_a_declaration_without_its_proof_is_refused(change, reason):
    with pytest.raises(ValueError, match=reason):
        replace(good_ones, **change)


def test_null_does_not_pass_by_construction():
    assert "coalesce(candidate.rb > 0.9, false)" in matched([good_ones])


def test_filters_have_names_and_topics_of_their_own():
    assert len({f.topic for f in FILTERS}) == len(FILTERS)


@pytest.mark.parametrize("chosen", FILTERS, ids=lambda chosen: chosen.topic)
def test_a_filter_reads_columns_that_modules_or_the_packet_have(chosen):
    own = [m for m in MODULES if m.survey == chosen.survey]
    outputs = {f"{m.name}.{c.name}" for m in own for c in m.outputs}
    others = {path for path in chosen.inputs if path not in outputs}
    assert {path.split(".")[0] for path in others} <= KEPT[chosen.survey]
    assert not set(chosen.accepts) & set(chosen.rejects)


def test_a_filter_on_a_module_that_has_no_column_yet_waits_and_stops_no_other():
    waiting = replace(good_ones, name="later", inputs=("candidate.rb", "new_module.score"))
    assert readable([good_ones, waiting], ["alert_id", "candidate"]) == [good_ones]
    assert readable([waiting], ["candidate", "new_module"]) == [waiting]
