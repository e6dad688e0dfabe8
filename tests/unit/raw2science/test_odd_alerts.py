"""Alerts of which much is odd or unknown fail no module; what cannot be known is null."""

import functools
import math

import pytest
from odd import ABSURD, odd
from passes import SURVEYS, computed, numbers, together

pytestmark = [
    pytest.mark.usefixtures("models", "catalogues"),
    pytest.mark.filterwarnings("ignore::RuntimeWarning"),
]

MODULES = [module for survey in SURVEYS for module in computed(survey)]
LEFT_OUT = {("ztf", "solar_system"): {"roid": 0}}
"""What modules say of an alert of which nothing is known, where their condition leaves it out."""

each_survey = pytest.mark.parametrize("survey", SURVEYS)
each_module = pytest.mark.parametrize("module", MODULES, ids=lambda m: f"{m.survey}-{m.name}")


@functools.cache
def processed(survey):
    """What all modules say of the odd alerts, in one batch."""
    alerts = odd(survey)
    return together(computed(survey), list(alerts.values())).set_axis(list(alerts))


def values(module, name):
    """What a module says of an alert, by output."""
    row = processed(module.survey).loc[name]
    return {column.name: row[f"{module.name}.{column.name}"] for column in module.outputs}


def is_known(value):
    return bool(value) if isinstance(value, dict) else value is not None and value == value


@each_module
def test_no_module_fails_whatever_is_odd_about_an_alert(module):
    status = processed(module.survey)[f"{module.name}.status"].to_dict()
    assert status == dict.fromkeys(odd(module.survey), "ok")


@each_survey
def test_nor_if_the_alert_is_processed_alone(survey):
    modules = computed(survey)
    for name, packet in odd(survey).items():
        found = together(modules, [packet]).iloc[0]
        errors = {m.name: found[f"{m.name}.error"] for m in modules}
        assert errors == dict.fromkeys(errors), name


@each_module
def test_a_value_is_null_or_a_finite_number_in_its_range(module):
    for name in odd(module.survey):
        for column in module.outputs:
            low, high = column.between or (-math.inf, math.inf)
            for number in numbers(values(module, name)[column.name]):
                assert math.isfinite(number), (name, column.name)
                assert low <= number <= high or name in ABSURD, (name, column.name)


@each_module
def test_where_nothing_is_known_values_are_null_and_no_number_stands_for_that(module):
    """Regression: Fink writes -1, -99, 0 or "Unknown", which are values of other alerts, too."""
    found = values(module, "nothing but an identity")
    known = {name: value for name, value in found.items() if is_known(value)}
    known.pop("unreadable", None)  # says why
    assert known == LEFT_OUT.get((module.survey, module.name), {})


@each_survey
def test_it_is_the_oddity_that_makes_values_null(survey):
    """Of the alert as it is before it is changed most modules know something."""
    modules = computed(survey)
    silent = [m for m in modules if not any(map(is_known, values(m, "ordinary").values()))]
    assert len(silent) < len(modules) / 2
