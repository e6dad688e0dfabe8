"""Trained models: what is declared is what is fetched, converted and given to modules."""

import dataclasses
import hashlib
import json
import zipfile

import numpy as np
import pandas as pd
import pytest

from fink_assets.packages import Package, PackageError
from fink_assets.raw2science.batch import run_modules
from fink_assets.raw2science.models import MODELS, convert, store
from fink_assets.raw2science.models.convert import packed, unpacked
from fink_assets.raw2science.models.registry import SUPERNNOVA_ZTF_IA
from fink_assets.raw2science.module import Column, science_module
from fink_assets.settings import Settings

ARRAYS = {"weights": np.arange(6.0).reshape(2, 3), "features": np.array(["a", "b"])}
SOURCE = b'{"weights": 1}'


def form(files, features):
    """Stands for a conversion."""
    json.loads(files["model.json"])
    return ARRAYS


@pytest.fixture
def model(monkeypatch):
    """A model in a wheel of ours."""
    monkeypatch.setitem(convert.FORMS, "ours", form)
    monkeypatch.setattr(Package, "check", lambda package, file: None)
    content = packed(ARRAYS)
    return dataclasses.replace(
        SUPERNNOVA_ZTF_IA,
        name="ours",
        form="ours",
        sources={"data/model.json": hashlib.sha256(SOURCE).hexdigest()},
        sha256=hashlib.sha256(content).hexdigest(),
        size=len(content),
    )


@pytest.fixture
def wheel(tmp_path):
    path = tmp_path / "some.whl"
    with zipfile.ZipFile(path, "w") as members:
        members.writestr("data/model.json", SOURCE)
        members.writestr("data/__init__.py", "raise")
    return path


@pytest.fixture
def ours(model, tmp_path, monkeypatch):
    """Where the file of the model would be; nothing is there."""
    monkeypatch.setattr(store, "path", lambda m: tmp_path / "models" / m.file)
    store._loaded.cache_clear()
    yield tmp_path / "models" / model.file
    store._loaded.cache_clear()


def test_each_model_says_what_it_is_where_it_comes_from_and_who_answers_for_it():
    assert len({m.name for m in MODELS}) == len({m.sha256 for m in MODELS}) == len(MODELS)
    for found in MODELS:
        assert len(found.doc) > 100
        assert found.licence
        assert found.owners
        assert found.origin.startswith("https://")
        assert found.form in convert.FORMS
        assert all(len(s) == 64 for s in (found.sha256, found.package.sha256))
        assert all(len(s) == 64 for s in found.sources.values())
        assert len(set(found.features)) == len(found.features) > 1


@pytest.mark.parametrize("found", MODELS, ids=lambda m: m.name)
def test_the_file_of_a_model_at_set_up_is_the_one_that_is_declared(found, models):
    content = store.path(found, models).read_bytes()
    assert hashlib.sha256(content).hexdigest() == found.sha256
    assert unpacked(content)["features"].tolist() == list(found.features)


def test_a_converted_file_has_the_same_bytes_whatever_the_order_and_layout_of_its_arrays():
    turned = {name: np.asfortranarray(values) for name, values in reversed(ARRAYS.items())}
    assert packed(turned) == packed(ARRAYS)
    for name, values in unpacked(packed(ARRAYS)).items():
        np.testing.assert_array_equal(values, ARRAYS[name])


def test_a_file_with_objects_is_neither_written_nor_read(tmp_path):
    objects = np.array([print, {}], dtype=object)
    with pytest.raises(ValueError, match="allow_pickle=False"):
        packed({"a": objects})
    np.savez(tmp_path / "objects.npz", a=objects)
    with pytest.raises(ValueError, match="allow_pickle=False"):
        unpacked((tmp_path / "objects.npz").read_bytes())


def test_models_are_converted_once_and_a_complete_folder_is_left_alone(model, wheel, tmp_path):
    folder = store.ensure_models(tmp_path / "models", archive=wheel, models=[model])
    wheel.unlink()
    assert store.ensure_models(tmp_path / "models", archive=wheel, models=[model]) == folder
    assert [p.name for p in folder.glob("*/*")] == [model.file]
    assert store.path(model, folder, [model]).read_bytes() == packed(ARRAYS)


def test_another_choice_of_models_has_a_folder_of_its_own(model, wheel, tmp_path):
    other = dataclasses.replace(model, name="other")
    for models in ([model], [model, other], [other, model]):
        store.ensure_models(tmp_path / "models", archive=wheel, models=models)
    assert len(list((tmp_path / "models").iterdir())) == 2


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"sources": {"data/model.json": "0" * 64}}, "data/model.json has sha256"),
        ({"sources": {"data/gone.json": "0" * 64}}, "lacks data/gone.json"),
        ({"sha256": "0" * 64}, "npz has sha256"),
    ],
)
def test_a_package_that_does_not_give_the_declared_model_is_refused(
    model, wheel, tmp_path, change, reason
):
    odd = dataclasses.replace(model, **change)
    with pytest.raises(PackageError, match=reason):
        store.ensure_models(tmp_path / "models", archive=wheel, models=[odd])
    assert list((tmp_path / "models").iterdir()) == []


def test_another_wheel_is_refused_and_the_sums_are_named(tmp_path):
    (tmp_path / "other.whl").write_bytes(b"PK")
    with pytest.raises(PackageError, match=f"expected {MODELS[0].package.sha256}"):
        store.ensure_models(tmp_path / "models", archive=tmp_path / "other.whl")


def test_a_network_of_another_layout_or_other_inputs_is_refused():
    settings = {**convert._NETWORK, "training_features": ["a"], "norm": "cosmo"}
    files = {"cli_args.json": json.dumps(settings).encode(), "data_norm.json": b"{}"}
    with pytest.raises(convert.UnexpectedModelError, match="norm: cosmo where global"):
        convert.recurrent_network(files, ["a"])
    with pytest.raises(convert.UnexpectedModelError, match="features"):
        convert.recurrent_network(files, ["b"])


def with_model(model, survey="ztf"):
    """Declare a module that adds up the weights of a model."""

    @science_module(
        survey=survey,
        version="1.0.0",
        owners=["team:tests"],
        inputs=("candidate.x",),
        outputs=(Column(name="score", type="double", doc="A number."),),
        data=(model,),
    )
    def score(alerts, models):
        """Give a number."""
        return pd.DataFrame({"score": models[model.name]["weights"].sum() + alerts["candidate.x"]})

    return score


ALERTS = pd.DataFrame({"candidate.x": [1.0, 2.0]})


def run(module):
    found = run_modules([module], ALERTS, pd.DataFrame({"score": ["ok", "ok"]}))
    return found.set_axis(["score", "status", "error"], axis=1).to_dict("list")


def test_a_module_gets_the_arrays_of_the_models_it_names(ours, model):
    ours.parent.mkdir()
    ours.write_bytes(packed(ARRAYS))
    assert run(with_model(model)) == {"score": [16, 17], "status": ["ok"] * 2, "error": [None] * 2}


def test_a_model_is_read_once_per_process_and_cannot_be_changed(ours, model):
    ours.parent.mkdir()
    ours.write_bytes(packed(ARRAYS))
    first = store.load([model])["ours"]
    ours.unlink()
    assert store.load([model])["ours"] is first
    with pytest.raises(ValueError, match="read-only"):
        first["weights"][0] = 1


def test_a_module_whose_model_is_not_there_is_unavailable_and_says_what_to_do(ours, model):
    found = run(with_model(model))
    assert found["status"] == ["unavailable"] * 2
    assert found["error"] == [f"no model in {ours}: run `fink setup`"] * 2
    ours.parent.mkdir()
    ours.write_bytes(packed(ARRAYS))
    assert run(with_model(model))["status"] == ["ok"] * 2, "it is looked for again"


def test_a_module_whose_model_is_another_file_fails(ours, model):
    ours.parent.mkdir()
    ours.write_bytes(packed({"weights": np.zeros(1)}))
    found = run(with_model(model))
    assert found["status"] == ["failed"] * 2
    assert "expected" in found["error"][0]


def test_the_version_of_a_module_tells_its_models(model):
    other = dataclasses.replace(model, sha256="0" * 64)
    assert with_model(model).code_version != with_model(other).code_version


def test_a_module_that_names_a_model_of_another_survey_is_refused(model):
    with pytest.raises(ValueError, match="ours is for ztf's alerts"):
        with_model(model, survey="lsst")


def test_a_function_that_does_not_take_its_models_is_refused(model):
    declare = science_module(
        survey="ztf",
        version="1.0.0",
        owners=["team:tests"],
        inputs=("candidate.x",),
        outputs=(Column(name="score", type="double", doc="A number."),),
        data=(model,),
    )
    with pytest.raises(ValueError, match="second parameter"):
        declare(lambda alerts: alerts)


def test_models_are_at_the_same_place_for_all_who_share_a_cache(tmp_path):
    assert Settings(cache=tmp_path).models == tmp_path / "models"
