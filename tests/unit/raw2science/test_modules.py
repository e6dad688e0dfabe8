"""What every science module promises, checked on each of them."""

import dataclasses
import math
import random
import re
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
import rubin
from batches import batch, sample
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fink_assets.catalogues import Catalogue
from fink_assets.raw2science.module import ScienceModule
from fink_assets.raw2science.modules import MODULES
from fink_assets.raw2science.order import ordered


def label(module: ScienceModule) -> str:
    return f"{module.survey}-{module.name}"


COMPUTED = [module for module in MODULES if module.function]
GOLDEN = [
    pytest.param(module, golden, id=f"{label(module)}-{golden.alert}")
    for module in COMPUTED
    for golden in module.golden
    if golden.status == "ok"
]

each_module = pytest.mark.parametrize("module", COMPUTED, ids=label)
fuzzed = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)

missing = st.just(math.nan)
magnitudes = st.floats(10, 23) | missing
errors = st.floats(0, 1) | missing
distances = st.floats(0, 30) | st.just(-999.0) | missing
identifiers = st.integers(1, 2**62)
entries = st.fixed_dictionaries(
    {
        "candid": identifiers,
        "jd": st.floats(2459000.5, 2459030.5),
        "fid": st.sampled_from([1, 2, 3]),
        "magpsf": magnitudes,
        "sigmapsf": errors,
        "diffmaglim": magnitudes,
        "isdiffpos": st.sampled_from(["t", "f", "1", "0", None]),
        "magnr": magnitudes | st.just(-999.0),
        "sigmagnr": errors,
        "distnr": distances,
        "ndethist": st.integers(1, 50) | missing,
        "sgscore1": st.floats(0, 1) | st.just(-999.0) | missing,
        "distpsnr1": distances,
        "ssdistnr": distances,
        "jdstarthist": st.floats(2458000.5, 2459030.5) | missing,
        "ra": st.floats(0, 360) | missing,
        "dec": st.floats(-90, 90) | missing,
    }
)
fluxes = st.floats(-1e5, 1e6, width=32) | missing
sources = st.fixed_dictionaries(
    {
        "diaSourceId": identifiers,
        "midpointMjdTai": st.floats(61000, 61100) | missing,
        "band": st.sampled_from(["u", "g", "r", "i", "z", "y", None]),
        "psfFlux": fluxes,
        "psfFluxErr": st.floats(0, 1e4, width=32) | missing,
        "ra": st.floats(0, 360) | missing,
        "dec": st.floats(-90, 90) | missing,
    }
)
PACKETS = {
    "ztf": st.fixed_dictionaries(
        {"candidate": entries, "prv_candidates": st.none() | st.lists(entries, max_size=8)}
    ),
    "lsst": st.fixed_dictionaries(
        {"diaSource": sources, "prvDiaSources": st.none() | st.lists(sources, max_size=8)}
    ),
}
MEASURED = {
    "history.magpsf",
    "history.sigmapsf",
    "history.diffmaglim",
    "history.psfFlux",
    "history.psfFluxErr",
}


@pytest.fixture(scope="module")
def samples():
    found = {"ztf": sample(), "lsst": [*rubin.built(), *rubin.real()]}
    assert all(found.values()), "the project's sample of real alerts is missing"
    return found


@pytest.fixture(autouse=True)
def fetched(request):
    """Have the models at hand that the module needs."""
    module = (
        request.node.callspec.params.get("module") if "module" in request.fixturenames else None
    )
    if module and module.models:
        request.getfixturevalue("models")


@pytest.fixture
def alerts(module, samples):
    """Alerts of the survey whose module is tested."""
    return samples[module.survey]


@pytest.fixture(autouse=True)
def data(request):
    """What the module reads beside alerts; without it the test is skipped."""
    module = getattr(request.node, "callspec", None) and request.node.callspec.params.get("module")
    if module and any(isinstance(data, Catalogue) for data in module.data):
        request.getfixturevalue("catalogues")
        assert not module.missing()


def same(one: pd.DataFrame, other: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(one, other, check_exact=True)


def test_names_are_unique_and_needs_are_met():
    for survey in PACKETS:
        own = [module for module in MODULES if module.survey == survey]
        assert {module.name for module in ordered(own)} == {module.name for module in own}
        assert len({module.name for module in own}) == len(own) > 0
    assert {module.survey for module in MODULES} == set(PACKETS)


def test_listing_the_modules_loads_no_heavy_package():
    code = "import sys, fink_assets.raw2science.modules; print(*sorted(sys.modules))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    heavy = {"numpy", "pandas", "scipy", "astropy", "light_curve", "pyspark", "dagster"}
    assert not heavy & set(run.stdout.split())


@pytest.mark.parametrize("module", MODULES, ids=label)
def test_a_module_says_who_answers_for_it_and_what_its_columns_mean(module: ScienceModule):
    assert module.owners
    assert len(module.doc) > 200
    assert all(
        column.doc.endswith(".") and column.doc[0].isupper() | column.doc[0].isdigit()
        for column in module.outputs
    )
    assert module.services or any(golden.status == "ok" for golden in module.golden)


@pytest.mark.parametrize(("module", "golden"), GOLDEN)
def test_a_golden_alert_gets_its_golden_values(module, golden, alerts):
    chosen = [packet for packet in alerts if rubin.identity(packet) == golden.alert]
    if not chosen and module.survey == "lsst" and not rubin.LSST.is_dir():
        pytest.skip(f"real LSST alerts are not at {rubin.LSST}")
    assert chosen, f"alert {golden.alert} is not in the sample"
    row = module.function(batch(chosen[:1], module.inputs)).iloc[0].to_dict()
    assert golden.expected, "a golden row without values proves nothing"
    for name, expected in golden.expected.items():
        compare(row[name], expected, golden.tolerance)


def compare(found, expected, tolerance):
    if isinstance(expected, dict):
        for name, value in expected.items():
            compare(found[name], value, tolerance)
    elif expected is None:
        assert found is None or found != found
    elif isinstance(expected, str):
        assert found == expected
    else:
        assert found == pytest.approx(expected, rel=tolerance)


@each_module
def test_a_module_returns_its_outputs_for_the_rows_it_was_given(module, alerts):
    given_rows = batch(alerts, module.inputs)
    given_rows.index = pd.Index(random.Random(1).sample(range(9999), len(given_rows)))
    found = module.function(given_rows)
    assert list(found.columns) == [column.name for column in module.outputs]
    assert found.index.equals(given_rows.index)
    for column in module.outputs:
        for value in found[column.name]:
            check_value(column, value)


def check_value(column, value):
    if value is None or value != value:
        assert column.type != "int"
    elif column.type.startswith("struct<"):
        names = [field.split(":")[0].strip() for field in column.type[7:-1].split(",")]
        assert list(value) == names
        assert all(number is None or math.isfinite(number) for number in value.values())
    elif column.type == "boolean":
        assert value in (True, False)
    elif column.type == "string":
        assert isinstance(value, str)
        assert value == value.strip() != ""
    elif column.type == "map<string, string>":
        assert all(isinstance(word, str | None) for item in value.items() for word in item)
    else:
        assert isinstance(value, int | float | np.number)
        assert column.between is None or column.between[0] <= value <= column.between[1]


@each_module
@pytest.mark.parametrize("size", [1, 7])
def test_an_alert_gets_the_same_values_whatever_the_batch(module, size, alerts):
    whole = batch(alerts[::3], module.inputs)
    expected = module.function(whole)
    parts = [module.function(whole.iloc[i : i + size]) for i in range(0, len(whole), size)]
    same(pd.concat(parts), expected)
    shuffled = whole.sample(frac=1, random_state=3)
    same(module.function(shuffled).loc[whole.index], expected)


@each_module
@fuzzed
@given(data=st.data())
def test_missing_and_odd_values_neither_raise_nor_leak_to_other_alerts(module, data):
    packets = data.draw(st.lists(PACKETS[module.survey], min_size=1, max_size=6))
    whole = batch(packets, module.inputs)
    expected = module.function(whole)
    parts = [module.function(whole.iloc[[i]]) for i in range(len(whole))]
    same(pd.concat(parts), expected)
    for column in module.outputs:
        for value in expected[column.name]:
            check_value(dataclasses.replace(column, between=None), value)


@each_module
def test_an_input_may_be_missing_altogether(module, alerts):
    for path in module.inputs:
        frame = batch(alerts[:5], module.inputs)
        frame[path] = None if path.startswith("history.") else math.nan
        assert len(module.function(frame)) == len(frame)


@each_module
def test_missing_values_may_come_as_nulls_and_measurements_in_single_precision(module, alerts):
    frame = batch(alerts, module.inputs)
    expected = module.function(frame)
    nulls = frame.map(
        lambda value: (
            np.array([None if number != number else number for number in value], dtype=object)
            if isinstance(value, np.ndarray)
            else value
        )
    )
    same(module.function(nulls), expected)
    for path in set(module.inputs) & MEASURED:
        frame[path] = [array.astype(np.float32) for array in frame[path]]
    same(module.function(frame), expected)


@each_module
def test_no_alert_gives_no_row(module):
    found = module.function(batch([], module.inputs))
    assert list(found.columns) == [column.name for column in module.outputs]
    assert found.empty


@each_module
def test_a_module_reads_what_it_declares_and_nothing_else(module, alerts):
    frame = batch(alerts[:3], module.inputs)
    module.function(frame)
    for path in module.inputs:
        if not re.search(rf"\b{path}\b", module.applies):  # those it may leave to its condition
            with pytest.raises(KeyError, match=path):
                module.function(frame.drop(columns=path))


@each_module
def test_a_module_leaves_its_input_as_it_was(module, alerts):
    frame = batch(alerts, module.inputs)
    module.function(frame)
    same(frame, batch(alerts, module.inputs))


OF_REAL_ALERTS = (
    test_a_module_returns_its_outputs_for_the_rows_it_was_given,
    test_an_input_may_be_missing_altogether,
    test_missing_values_may_come_as_nulls_and_measurements_in_single_precision,
    test_a_module_reads_what_it_declares_and_nothing_else,
    test_a_module_leaves_its_input_as_it_was,
)
"""Promises that a module of anybody's has to keep on real alerts, too."""
