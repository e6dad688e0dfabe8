"""A new module: its file works at once, and its golden value is wrong until its author finds it."""

import importlib.util
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import rubin
import test_modules as promises
from batches import batch, sample
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from fink_assets.cli import app
from fink_assets.raw2science.batch import checked
from fink_assets.raw2science.module import ScienceModule
from fink_assets.raw2science.template import FOLDER, NewModuleError, listing, write

PROJECT = FOLDER.parents[2]


@pytest.fixture
def folder(tmp_path):
    """The lists of modules as they are, without the modules."""
    for survey in ("ztf", "lsst"):
        (tmp_path / survey).mkdir()
        shutil.copy(FOLDER / survey / "__init__.py", tmp_path / survey)
    return tmp_path


def loaded(path: Path) -> ScienceModule:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    found = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = found
    try:
        spec.loader.exec_module(found)
    finally:
        del sys.modules[path.stem]
    return getattr(found, path.stem)


@pytest.mark.parametrize("survey", ["ztf", "lsst"])
def test_a_new_module_runs_on_real_alerts_and_keeps_its_contract(folder, survey):
    file = write("brand_new", survey=survey, owner="team:tests", folder=folder).file
    module = loaded(file)
    assert (module.survey, module.owners) == (survey, ("team:tests",))
    packets = sample() if survey == "ztf" else rubin.built()
    output = module.outputs[0]
    values = checked(module, batch(packets, module.inputs))[output.name].dropna()
    assert len(values) > len(packets) / 2
    assert values.between(*output.between).all()


@pytest.mark.parametrize("survey", ["ztf", "lsst"])
@pytest.mark.parametrize(
    "promise",
    [
        promises.test_a_module_says_who_answers_for_it_and_what_its_columns_mean,
        promises.test_missing_and_odd_values_neither_raise_nor_leak_to_other_alerts,
    ],
)
def test_a_new_module_keeps_what_all_modules_promise(folder, survey, promise):
    promise(module=loaded(write("brand_new", survey=survey, owner="a@b.c", folder=folder).file))


@pytest.mark.parametrize("survey", ["ztf", "lsst"])
@pytest.mark.parametrize(
    "promise",
    promises.OF_REAL_ALERTS,
)
def test_a_new_module_keeps_on_real_alerts_what_all_modules_promise(folder, survey, promise):
    """It once failed where all errors were missing, before its author had changed a line."""
    module = loaded(write("brand_new", survey=survey, owner="a@b.c", folder=folder).file)
    promise(module=module, alerts=sample() if survey == "ztf" else rubin.built())


@pytest.mark.parametrize("survey", ["ztf", "lsst"])
def test_its_golden_value_is_wrong_until_its_author_finds_it(folder, survey):
    module = loaded(write("brand_new", survey=survey, owner="a@b.org", folder=folder).file)
    (golden,), (output,) = module.golden, module.outputs
    packets = sample() if survey == "ztf" else rubin.built()
    (chosen,) = [p for p in packets if rubin.identity(p) == golden.alert]
    value = module.function(batch([chosen], module.inputs))[output.name].iloc[0]
    assert golden.expected == {output.name: 0.0}
    assert abs(value) > 1


@pytest.mark.parametrize("survey", ["ztf", "lsst"])
def test_what_is_written_is_in_the_style_of_the_project(folder, survey):
    written = write("a_name_as_long_as_may_be", survey=survey, owner="team:t", folder=folder)
    for path in (written.file, written.listed):
        place = FOLDER / survey / path.name
        for tool in ("check", "format"):
            run = subprocess.run(
                [sys.executable, "-m", "ruff", tool, "--stdin-filename", place, "-"],
                input=path.read_text(),
                capture_output=True,
                text=True,
                check=True,
            )
            assert run.stdout in ("All checks passed!\n", path.read_text()), run.stdout


def test_a_module_is_named_in_the_list_of_its_survey_and_nowhere_else(folder):
    before = {survey: (folder / survey / "__init__.py").read_text() for survey in ("ztf", "lsst")}
    write("brand_new", survey="lsst", owner="team:tests", folder=folder)
    lines = (folder / "lsst" / "__init__.py").read_text().splitlines()
    added = [line for line in lines if line not in before["lsst"].splitlines()]
    assert added == [
        "from fink_assets.raw2science.modules.lsst.brand_new import brand_new",
        "    brand_new,",
    ]
    assert (folder / "ztf" / "__init__.py").read_text() == before["ztf"]


@given(st.lists(st.from_regex(r"[a-z][a-z0-9_]{0,20}", fullmatch=True), unique=True, max_size=5))
def test_a_list_has_every_module_once_in_order_whatever_is_added(names):
    text = (FOLDER / "ztf" / "__init__.py").read_text()
    for name in names:
        text = listing(text, name, "ztf")
    entries = [line.strip(" ,") for line in text.split("= (\n")[1].splitlines()[:-1]]
    assert entries == sorted(set(entries))
    assert set(names) <= set(entries)
    assert all(f".{name} import {name}\n" in text for name in entries)


@pytest.mark.parametrize(
    ("name", "survey", "owner", "why"),
    [
        ("Brand", "ztf", "team:t", "is no name"),
        ("class", "ztf", "team:t", "is no name"),
        ("../brand", "ztf", "team:t", "is no name"),
        ("b" * 25, "ztf", "team:t", "longer than 24"),
        ("brand", "atlas", "team:t", "no survey: choose from ztf, lsst"),
        ("brand", "ztf", "somebody", "neither team:name nor"),
    ],
)
def test_what_cannot_be_a_module_is_refused_with_the_reason(folder, name, survey, owner, why):
    with pytest.raises(NewModuleError, match=why):
        write(name, survey=survey, owner=owner, folder=folder)


def test_no_file_is_ever_written_over(folder):
    file = write("brand_new", survey="ztf", owner="team:t", folder=folder).file
    file.write_text("mine")
    with pytest.raises(NewModuleError, match="there already"):
        write("brand_new", survey="ztf", owner="team:t", folder=folder)
    assert file.read_text() == "mine"


def test_the_command_says_why_it_cannot():
    run = CliRunner().invoke(app, ["new-module", "solar_system"])
    assert run.exit_code == 2
    assert "is there already" in " ".join(re.sub("[│╭╮╰╯─]", "", run.output).split())
