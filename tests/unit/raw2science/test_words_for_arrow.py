"""What modules return can be handed to Spark, also where no alert of a batch has a value."""

import pandas as pd
import pyarrow as pa
import pytest
from batches import batch, sample

from fink_assets.raw2science.batch import run_modules
from fink_assets.raw2science.module import Column, ScienceModule
from fink_assets.raw2science.modules import ztf


@pytest.fixture
def wordless():
    """A module whose words pandas takes for numbers, because there are none."""
    return ScienceModule(
        name="wordless",
        survey="ztf",
        version="1.0.0",
        owners=("team:tests",),
        inputs=("candidate.magpsf",),
        outputs=(Column(name="word", type="string", doc="None."),),
        applies="true",
        golden=(),
        doc="Says nothing.",
        source="",
        function=lambda alerts: pd.DataFrame({"word": float("nan")}, index=alerts.index),
    )


def words(module, alerts):
    status = pd.DataFrame({module.name: ["ok"] * len(alerts)})
    found = run_modules([module], alerts, status)
    assert set(found[f"{module.name}.status"]) == {"ok"}
    texts = [found[f"{module.name}.{c.name}"] for c in module.outputs if c.type == "string"]
    return [pa.Array.from_pandas(each, mask=each.isnull(), type=pa.string()) for each in texts]


def test_words_that_are_all_unknown_are_one_array_of_nulls(wordless):
    """From numbers Arrow made an array in chunks, on which Spark failed with the whole batch."""
    (found,) = words(wordless, pd.DataFrame({"candidate.magpsf": [18.0, 19.0]}))
    assert isinstance(found, pa.Array)
    assert found.to_pylist() == [None, None]


def test_a_batch_without_a_listed_blazar_has_no_names_of_any(catalogues):
    (module,) = [m for m in ztf.MODULES if m.name == "blazar"]
    alerts = batch([p for p in sample() if p["candid"] < 10**18], module.inputs)
    assert all(isinstance(found, pa.Array) for found in words(module, alerts))
