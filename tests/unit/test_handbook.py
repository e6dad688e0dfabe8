"""The page of a module says all that its file declares."""

import math
from dataclasses import replace

import pytest

from fink_assets import handbook
from fink_assets.distribution.filters import FILTERS
from fink_assets.handbook import inputs
from fink_assets.handbook.module import module_page
from fink_assets.raw2science.models import Model
from fink_assets.raw2science.module import Column, Golden
from fink_assets.raw2science.modules import MODULES
from fink_assets.surveys import SURVEYS


def name(module):
    return f"{module.survey}/{module.name}"


def of(survey, name):
    (found,) = [m for m in MODULES if (m.survey, m.name) == (survey, name)]
    return found


def text(module):
    return module_page(module)


every = pytest.mark.parametrize("module", MODULES, ids=name)


@every
def test_a_module_has_a_page_which_the_list_names(module):
    assert handbook.FOLDER / f"modules/{name(module)}.md" in handbook.pages()
    assert f"(modules/{name(module)}.md)" in handbook.pages()[handbook.FOLDER / "modules.md"]


@every
def test_a_page_has_the_whole_declaration(module):
    page = text(module)
    assert module.doc in page
    assert module.applies.strip() in page
    for owner in module.owners:
        assert owner in page
    for path in module.inputs:
        assert f"| `{path}` |" in page
    for column in module.outputs:
        assert f"| `{column.name}` | `{column.type}` | {column.unit} |" in page
        assert column.ucd in page
        assert column.fink in page
    for golden in module.golden:
        assert f"`{golden.alert}` | {golden.status}" in page
    for need in module.needs:
        assert f"[`{need}`]({need}.md)" in page


@every
def test_a_page_says_what_is_read_beside_alerts_and_under_which_licence(module):
    page = text(module)
    for data in module.data:
        own = (data.sha256, data.origin) if isinstance(data, Model) else (data.reference,)
        for told in (data.name, data.version, data.licence, *own):
            assert told in page


@every
def test_a_page_names_the_filters_that_read_the_module(module):
    users = text(module).partition("## Used by")[2]
    for chosen in FILTERS:
        if chosen.survey == module.survey:
            reads = any(path.split(".")[0] == module.name for path in chosen.inputs)
            assert (f"`{chosen.name}`" in users) == reads


@every
def test_every_input_of_a_module_of_the_project_has_a_meaning(module):
    for path in module.inputs:
        found = inputs.described(path, module.survey, MODULES)
        assert found.meaning, f"{path}: say in fink_assets/handbook/inputs.py what it is"
        if path.split(".")[0] in ("candidate", "history"):
            assert not any(mark in found.meaning for mark in "[]"), path


@pytest.mark.parametrize(
    ("survey", "path", "unit"),
    [
        ("ztf", "candidate.magpsf", "mag"),
        ("ztf", "history.jd", "d"),
        ("ztf", "candidate.distnr", "px"),
        ("ztf", "candidate.fid", ""),
        ("lsst", "history.psfFlux", "nJy"),
        ("lsst", "detection_history.first_detection_mjd", "d"),
        ("lsst", "diaSource.something", ""),
    ],
)
def test_units_of_inputs_are_those_of_the_packet_or_of_the_module_that_gives_them(
    survey, path, unit
):
    assert inputs.described(path, survey, MODULES).unit == unit


def test_the_budget_is_told_of_modules_in_python_only():
    assert "at most 5 ms of CPU" in text(of("ztf", "supernova"))
    assert "at most 2.5 ms of CPU" in text(replace(of("ztf", "supernova"), budget_ms=2.5))
    assert "ms of CPU" not in text(of("ztf", "detection_history"))
    assert "not measured apart" in text(of("ztf", "detection_history"))


@pytest.mark.parametrize(
    ("between", "told"),
    [
        ((0, 1), "0 to 1"),
        ((0, math.inf), "from 0"),
        ((-math.inf, 5), "up to 5"),
        (None, ""),
    ],
)
def test_a_range_may_be_open(between, told):
    column = Column(name="x", type="double", doc="A number.", between=between)
    module = replace(of("ztf", "supernova"), outputs=(column,), golden=())
    assert f"| `x` | `double` |  | {told} | A number. |" in text(module)


def test_golden_values_that_are_not_known_are_null():
    golden = (Golden(alert=1, expected={"a": None, "b": math.nan, "c": True, "d": "word"}),)
    outputs = tuple(Column(name=name, type="string", doc="A value.") for name in "abcd")
    page = text(replace(of("ztf", "supernova"), outputs=outputs, golden=golden))
    assert "| `1` | ok | `a` null, `b` null, `c` true, `d` `word` |  |" in page


def test_a_page_of_a_module_that_is_gone_is_deleted(tmp_path, monkeypatch):
    monkeypatch.setattr(handbook, "FOLDER", tmp_path)
    left = tmp_path / "modules" / "ztf" / "gone.md"
    left.parent.mkdir(parents=True)
    left.write_text("# gone")
    assert handbook.stale() == [left]
    handbook.write()
    assert handbook.stale() == []
    assert {path.parent.name for path in (tmp_path / "modules").glob("*/*.md")} == set(SURVEYS)
