"""The module that the tutorial tells its reader to write, taken from the page."""

import re
import shutil
import sys
from importlib.util import module_from_spec, spec_from_file_location

import pytest
import rubin
import test_modules as promises
from batches import batch, sample

from fink_assets.raw2science.template import FOLDER, write
from fink_assets.settings import PROJECT

PAGE = (PROJECT / "docs" / "scientist" / "tutorial.md").read_text()
FIRST, FOUND = re.findall(r"```python\n(.*?)```", PAGE, re.S)
GOLDEN = re.compile(r"^    golden=.*\n", re.M)


@pytest.fixture
def load(tmp_path, monkeypatch):
    """Import a text as the file that `fink new-module` writes."""
    (tmp_path / "ztf").mkdir()
    shutil.copy(FOLDER / "ztf" / "__init__.py", tmp_path / "ztf")

    def load(text):
        owner = re.search(r"fink new-module brightening --owner (\S+)", PAGE).group(1)
        file = write("brightening", survey="ztf", owner=owner, folder=tmp_path).file
        file.write_text(text)
        spec = spec_from_file_location("brightening", file)
        found = module_from_spec(spec)
        monkeypatch.setitem(sys.modules, "brightening", found)
        spec.loader.exec_module(found)
        return found.brightening

    return load


@pytest.fixture
def module(load):
    """What the reader has in the end: the file with the golden value found."""
    text, replaced = GOLDEN.subn(FOUND, FIRST)
    assert replaced == 1
    return load(text)


def test_the_golden_test_fails_with_the_value_that_the_page_says(load):
    module = load(FIRST)
    with pytest.raises(AssertionError, match=r"2\.89\d+ == 0\.0"):
        promises.test_a_golden_alert_gets_its_golden_values(module, module.golden[0], sample())


def test_the_golden_value_of_the_page_is_right(module):
    promises.test_a_golden_alert_gets_its_golden_values(module, module.golden[0], sample())


def test_the_golden_value_follows_by_hand_from_the_magnitudes_on_the_page(module):
    pairs = re.search(r"has ([\d.]+) ± ([\d.]+) mag and before it ([\d.]+) ± ([\d.]+) mag", PAGE)
    this, error, before, error_before = map(float, pairs.groups())
    (packet,) = [p for p in sample() if rubin.identity(p) == module.golden[0].alert]
    assert packet["candidate"]["magpsf"] == pytest.approx(this, abs=5e-4)
    assert packet["candidate"]["sigmapsf"] == pytest.approx(error, abs=5e-4)
    fluxes = [10 ** (-0.4 * magnitude) for magnitude in (this, before)]
    errors = [f * e * 0.921034 for f, e in zip(fluxes, (error, error_before), strict=True)]
    by_hand = (fluxes[0] - fluxes[1]) / (errors[0] ** 2 + errors[1] ** 2) ** 0.5
    assert by_hand == pytest.approx(module.golden[0].expected["significance"], rel=0.01)


@pytest.mark.parametrize(
    "promise",
    promises.OF_REAL_ALERTS,
)
def test_the_module_keeps_on_real_alerts_what_all_modules_promise(module, promise):
    promise(module=module, alerts=sample())


@pytest.mark.parametrize(
    "promise",
    [
        promises.test_a_module_says_who_answers_for_it_and_what_its_columns_mean,
        promises.test_missing_and_odd_values_neither_raise_nor_leak_to_other_alerts,
    ],
)
def test_the_module_keeps_what_all_modules_promise(module, promise):
    promise(module=module)


def test_a_source_that_fades_or_is_fainter_than_the_reference_has_a_negative_sign(module):
    entry = {"fid": 1, "magpsf": 18.0, "sigmapsf": 0.1, "isdiffpos": "t"}
    cases = {"faded": (17.0, "t"), "rose": (19.0, "t"), "rose from below": (18.0, "f")}
    for case, (magnitude, sign) in cases.items():
        before = entry | {"magpsf": magnitude, "isdiffpos": sign}
        found = module.function(
            batch([{"candidate": entry, "prv_candidates": [before]}], module.inputs)
        )["significance"].iloc[0]
        assert (found < 0) == (case == "faded"), case
    band = entry | {"fid": 2}
    other = batch([{"candidate": entry, "prv_candidates": [band]}], module.inputs)
    assert module.function(other)["significance"].isna().all()
