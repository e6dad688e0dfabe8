"""What a module's condition says beforehand never leaves out an alert to which it applies."""

import sqlite3
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fink_assets.raw2science.guards import any_may_apply, beforehand, conjuncts
from fink_assets.raw2science.modules import MODULES
from fink_assets.raw2science.modules.lsst import hostless

NAMES = ("a", "b", "c", "d")
LEAVES = st.sampled_from(
    [*NAMES, "a > 1", "b between 0 and 2", "c not between 1 and 1", "d is null", "'x and y' = a"]
)
CONDITIONS = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.builds("{} and {}".format, inner, inner),
        st.builds("{} or {}".format, inner, inner),
        st.builds("not {}".format, inner),
        st.builds("({})".format, inner),
        st.builds("case when {} and {} then {} else {} end".format, inner, inner, inner, inner),
        st.builds("coalesce({}, {})".format, inner, inner),
    ),
    max_leaves=12,
)
VALUES = st.tuples(*[st.sampled_from([None, 0, 1, 2])] * len(NAMES))


def evaluated(condition, values):
    given_names = ", ".join(f"? as {name}" for name in NAMES)
    statement = f"select {condition} from (select {given_names})"
    with sqlite3.connect(":memory:") as engine:
        (answer,) = engine.execute(statement, values).fetchone()
    return None if answer is None else bool(answer)


@given(CONDITIONS, VALUES)
def test_parts_of_a_condition_hold_together_if_and_only_if_it_holds(condition, values):
    together = " and ".join(f"({part})" for part in conjuncts(condition))
    assert evaluated(together, values) == evaluated(condition, values)


@given(st.lists(CONDITIONS, min_size=1, max_size=4), VALUES)
def test_where_a_module_applies_so_does_what_is_known_beforehand(parts, values):
    module = replace(
        hostless, needs=("c",), after=("d",), applies=" and ".join(f"({part})" for part in parts)
    )
    if evaluated(module.applies, values):
        assert evaluated(any_may_apply([module]), values)


def test_of_other_modules_nothing_is_known_beforehand():
    known = beforehand(hostless)
    assert "diaObject.nDiaSources >= 3" in known
    assert "diaSource.templateFlux < 2000" in known
    for other in hostless.runs_after:
        assert f"{other}." not in known


@pytest.mark.parametrize("module", MODULES, ids=lambda m: f"{m.survey}-{m.name}")
def test_the_parts_of_each_module_s_condition_are_whole(module):
    for part in conjuncts(module.applies):
        assert part
        assert part.count("(") == part.count(")")


def test_a_condition_of_others_alone_says_nothing_beforehand():
    assert beforehand(replace(hostless, needs=("c",), after=(), applies="c.x > 1")) == "true"
