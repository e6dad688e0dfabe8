"""Modules whose trained model is not there, or is another file: a status and the reason."""

import pandas as pd
import pytest
import rubin
from batches import batch, sample

from fink_assets.raw2science.batch import run_modules
from fink_assets.raw2science.models import store
from fink_assets.raw2science.modules import MODULES

with_models = pytest.mark.parametrize(
    "module",
    [module for module in MODULES if module.models],
    ids=lambda module: f"{module.survey}-{module.name}",
)


@pytest.fixture
def run(module, tmp_path, monkeypatch):
    """Runs the module on two alerts, with the models of an empty folder."""
    monkeypatch.setattr(store, "path", lambda model: tmp_path / model.file)
    packets = sample()[:2] if module.survey == "ztf" else rubin.built()[-2:]

    def status():
        before = pd.DataFrame({module.name: ["ok", "ok"]})
        found = run_modules([module], batch(packets, module.inputs), before)
        return set(found[f"{module.name}.status"]), found[f"{module.name}.error"][0]

    return status


@with_models
def test_without_its_model_a_module_is_unavailable_and_says_what_to_do(module, run):
    status, reason = run()
    assert status == {"unavailable"}
    assert "run `fink setup`" in reason


@with_models
def test_with_a_damaged_file_a_module_fails_and_says_which_one_it_is(module, run, tmp_path):
    for model in module.models:
        (tmp_path / model.file).write_bytes(b"PK damaged")
    status, reason = run()
    assert status == {"failed"}
    assert module.models[0].file in reason
    assert "delete its folder" in reason
