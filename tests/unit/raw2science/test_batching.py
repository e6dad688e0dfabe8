"""An alert gets the same values, bit by bit, whatever it is processed with."""

import functools
from dataclasses import replace

import pytest
import rubin
from batches import sample
from hypothesis import given, settings
from hypothesis import strategies as st
from passes import SURVEYS, computed, together, told

pytestmark = pytest.mark.usefixtures("models", "catalogues")

each_survey = pytest.mark.parametrize("survey", SURVEYS)


@functools.cache
def alerts(survey):
    return tuple(sample()) if survey == "ztf" else (*rubin.built(), *rubin.real()[::4])


@functools.cache
def alone(survey):
    """What all modules say of each alert that is processed alone."""
    modules = computed(survey)
    found = [told(modules, together(modules, [packet]))[0] for packet in alerts(survey)]
    assert {row[f"{m.name}.status"] for row in found for m in modules} == {"ok"}
    return found


@each_survey
def test_what_is_compared_tells_alerts_apart(survey):
    if survey == "lsst" and not rubin.LSST.is_dir():
        pytest.skip(f"real LSST alerts are not at {rubin.LSST}")
    modules = computed(survey)
    for module in modules:
        values = {
            str([r[f"{module.name}.{c.name}"] for c in module.outputs]) for r in alone(survey)
        }
        assert len(values) > 1, module.name


def test_a_module_that_looks_at_its_company_is_seen():
    (module,) = [m for m in computed("ztf") if m.name == "solar_system"]

    def roid_of_all(frame):
        return module.function(frame) * 0 + len(frame) % 4

    spoiled = [replace(module, function=roid_of_all)]
    first, second = alerts("ztf")[:2]
    assert (
        told(spoiled, together(spoiled, [first]))
        != told(spoiled, together(spoiled, [first, second]))[:1]
    )


@each_survey
@settings(max_examples=20)
@given(data=st.data())
def test_results_do_not_depend_on_batches_order_repetition_or_company(survey, data):
    """All modules at once, as a worker of Spark runs them on the batches it is given."""
    places = st.integers(0, len(alerts(survey)) - 1)
    batches = data.draw(st.lists(st.lists(places, min_size=1, max_size=15), max_size=4))
    modules = computed(survey)
    for chosen in batches:
        found = told(modules, together(modules, [alerts(survey)[place] for place in chosen]))
        assert found == [alone(survey)[place] for place in chosen]


@each_survey
def test_a_function_is_given_the_columns_it_declares_and_no_others(survey):
    modules = computed(survey)
    seen = {}
    together(modules, alerts(survey)[:3], lambda m, frame: seen.update({m.name: list(frame)}))
    assert seen == {module.name: list(module.inputs) for module in modules}
