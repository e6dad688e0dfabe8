"""What the documentation says is so: pages, links, commands, paths, settings, checks, examples."""

import importlib.util
import re
import shutil
import sys
from pathlib import Path

import pandas as pd
import pytest
import typer.main
from unit.raw2science import batches

from fink_assets import handbook
from fink_assets import settings as settings_module
from fink_assets.catalogues.build import ensure_all
from fink_assets.cli import app
from fink_assets.definitions import build_defs
from fink_assets.raw2science.batch import checked
from fink_assets.raw2science.modules.catalogues import catalogues_of
from fink_assets.settings import PROJECT, Settings
from fink_assets.surveys import SURVEYS

PAGES = sorted([*PROJECT.glob("*.md"), *PROJECT.glob("docs/**/*.md")])
TEXT = {page: page.read_text() for page in PAGES}
ALL = "\n".join(TEXT.values())
EXAMPLES = {"color_of_alert.py", "bright_candidates.py", "brightening.py", "spicy.py"}


def name(page):
    return str(page.relative_to(PROJECT))


def code(page, containing):
    (found,) = [b for b in re.findall(r"```python\n(.*?)```", TEXT[page], re.S) if containing in b]
    return found


def anchors(page):
    titles = re.findall(r"^#+ (.+)$", TEXT[page], re.M)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", handbook.pages(), ids=name)
def test_a_generated_page_says_what_the_code_declares(page):
    assert page.is_file(), "run: python -m fink_assets.handbook"
    assert page.read_text() == handbook.pages()[page], "run: python -m fink_assets.handbook"


def test_no_page_is_left_of_a_module_that_is_gone():
    assert handbook.stale() == [], "run: python -m fink_assets.handbook"


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_links_between_pages_resolve(page):
    text = re.sub(r"```.*?```", "", TEXT[page], flags=re.S)
    for link in re.findall(r"\]\(([^)]+)\)", text):
        if link.startswith(("http:", "https:")):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        if anchor:
            assert anchor in anchors(target), link


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_page_can_be_reached_from_the_readme(page):
    seen, left = set(), {PROJECT / "README.md"}
    while left:
        here = left.pop()
        seen.add(here)
        links = re.findall(r"\]\(([^)#]+\.md)", TEXT.get(here, ""))
        left |= {(here.parent / link).resolve() for link in links if "://" not in link} - seen
    assert page in seen


def test_commands_named_exist_with_the_options_given():
    commands = typer.main.get_command(app).commands
    named = re.findall(r"\bfink ([a-z-]+)((?: +(?:--[a-z-]+|[^\s`|#;]+))*)", code_of_shells())
    assert {command for command, _ in named} == set(commands)
    for command, rest in named:
        options = {o for p in commands[command].params for o in (*p.opts, *p.secondary_opts)}
        assert set(re.findall(r"--[a-z-]+", rest)) <= options, f"fink {command}{rest}"


def code_of_shells():
    """What stands in code: blocks, and spans that begin with a command of ours."""
    fences = [text.split("```") for text in TEXT.values()]
    blocks = [part[1:] for parts in fences for part in parts[1::2] if part.startswith("\n")]
    spans = [
        s for parts in fences for part in parts[::2] for s in re.findall(r"`(fink .+?)`", part)
    ]
    return "\n".join([*blocks, *spans])


def test_make_targets_named_exist_and_each_is_documented():
    targets = set(re.findall(r"^([a-z-]+):.*##", (PROJECT / "Makefile").read_text(), re.M))
    named = set(re.findall(r"(?:^|`)make ([a-z-]+)", ALL, re.M))
    assert named <= targets
    assert targets - named <= {"help", "clean"}


def test_options_given_to_make_bench_exist():
    (bench,) = [c for n, c in typer.main.get_command(app).commands.items() if n == "bench"]
    options = {option for parameter in bench.params for option in parameter.opts}
    given = " ".join(re.findall(r'make bench ARGS="([^"]+)"', ALL))
    assert set(re.findall(r"--[a-z-]+", given)) <= options
    assert given


def test_files_and_folders_named_exist():
    folders = "fink_assets|tests|docs|sensors|quality|resources"
    paths = set(re.findall(rf"`((?:{folders})/[\w./-]*)`", ALL))
    missing = [p for p in paths if not (PROJECT / p).exists() and Path(p).name not in EXAMPLES]
    assert len(paths) > 10
    assert missing == []


def test_tests_named_exist_and_each_trap_has_a_line():
    page = TEXT[PROJECT / "docs" / "contributor" / "testing.md"]
    written = {path.name: path.read_text() for path in PROJECT.glob("tests/**/test_*.py")}
    named = re.findall(r"`(test_\w+\.py)::(test_\w+)`", page)
    missing = [f"{f}::{t}" for f, t in named if f"def {t}(" not in written.get(f, "")]
    assert len(named) > 40
    assert missing == []
    assert re.findall(r"^\| T(\d+) ", page, re.M) == [str(number) for number in range(1, 23)]


def test_python_modules_named_to_be_run_exist():
    for module in set(re.findall(r"python -m ([\w.]+)", ALL)):
        assert importlib.util.find_spec(module), module


def test_settings_named_exist():
    known = {f"FINK_{field.upper()}" for field in Settings.model_fields}
    named = set(re.findall(r"\bFINK_[A-Z_]+\b", ALL))
    assert named
    assert named <= known


def test_defaults_in_the_table_of_streaming_are_those_of_the_settings():
    rows = re.findall(
        r"^\| `FINK_([A-Z_]+)` \| ([\d.]+) \|",
        TEXT[PROJECT / "docs/operator/streaming.md"],
        re.M,
    )
    assert len(rows) == 7
    for field, default in rows:
        assert Settings.model_fields[field.lower()].default == float(default)


def test_every_check_and_job_of_the_definitions_is_explained_to_operators():
    page = TEXT[PROJECT / "docs/operator/streaming.md"]
    graph = build_defs(Settings()).resolve_asset_graph()
    cuts = {rule.name for survey in SURVEYS.values() for rule in survey.cuts}  # explained together
    for check in {key.name for key in graph.asset_check_keys} - cuts:
        assert f"`{check}`" in page, check
    for job in ("ztf_stream", "ztf_nights", "ztf_night_close", "ztf_dead_letters", "maintenance"):
        assert build_defs(Settings()).resolve_job_def(job)
        assert f"`{job}`" in page, job


def example(tmp_path, monkeypatch, page, attribute):
    """Import an example as the file it stands for."""
    file = tmp_path / f"{attribute}.py"
    file.write_text(code(PROJECT / page, f"def {attribute}"))
    spec = importlib.util.spec_from_file_location(attribute, file)
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, attribute, module)
    spec.loader.exec_module(module)
    return getattr(module, attribute)


def test_the_example_of_a_module_runs_on_real_alerts(tmp_path, monkeypatch):
    module = example(tmp_path, monkeypatch, "docs/scientist/module.md", "color_of_alert")
    packets = batches.sample()
    colors = checked(module, batches.batch(packets, module.inputs))["g_minus_r"]
    assert module.name == "color_of_alert"
    seen = {packet["candid"]: color for packet, color in zip(packets, colors, strict=True)}
    assert all(golden.alert in seen for golden in module.golden)
    assert colors.notna().any()
    assert colors.isna().any()
    assert colors.dropna().between(-5, 5).all()


@pytest.fixture
def own(tmp_path, monkeypatch):
    """Folder of a user's own catalogues, empty."""
    monkeypatch.setenv("FINK_CACHE", str(tmp_path))
    settings_module.settings.cache_clear()
    yield tmp_path / "catalogues" / "own"
    settings_module.settings.cache_clear()


def test_the_example_of_a_catalogue_says_what_it_needs(tmp_path, monkeypatch, own):
    module = example(tmp_path, monkeypatch, "docs/scientist/catalogues.md", "spicy")
    assert module.missing().startswith("catalogue spicy 2021 is not there: put the file at ")
    assert catalogues_of([module])[-1].name == "spicy"


@pytest.mark.skipif(not batches.ORACLES.is_dir(), reason="SPICY is not part of the project")
def test_the_example_of_a_catalogue_finds_as_many_counterparts_as_there_are(
    tmp_path, monkeypatch, own
):
    module = example(tmp_path, monkeypatch, "docs/scientist/catalogues.md", "spicy")
    own.mkdir(parents=True)
    shutil.copyfile(batches.SHARED / "catalogues" / "spicy.parquet", own / "spicy.parquet")
    assert ensure_all(catalogues_of([module], ())) == {}
    for name, count in (("DT/part", 2), ("CT", 3), ("HL", 0), ("SL", 0)):
        files = sorted(batches.ORACLES.glob(f"{name}*"))
        packets = [p for file in files for p in pd.read_parquet(file).to_dict("records")]
        found = checked(module, batches.batch(packets, module.inputs))
        assert found["spicy_separation"].notna().sum() == count
        assert found["spicy_class"].notna().sum() == count


def test_the_example_of_a_filter_declares_alerts_of_the_sample(tmp_path, monkeypatch):
    chosen = example(tmp_path, monkeypatch, "docs/scientist/filter.md", "bright_candidates")
    assert chosen.topic == "fink_bright_candidates_ztf"
    magnitudes = {p["candid"]: p["candidate"]["magpsf"] for p in batches.sample()}
    assert all(magnitudes[alert] < 20 for alert in chosen.accepts)
    assert set(chosen.rejects) <= set(magnitudes)
