"""Every value of Fink that the API, labels and counts of nights read is one that we make."""

import pytest

from fink_assets.api import lsst_columns, ztf_columns
from fink_assets.archive.classes import FAMILIES, Family
from fink_assets.raw2science.modules import MODULES
from fink_assets.surveys import SURVEYS

NOBODY_COMPUTES = {
    "ztf": {"microlensing.score", "kilonova.kn_vs_nonkn", "slsn.score"},
    "lsst": {"slsn.score"},
}


def made(survey):
    return {f"{m.name}.{c.name}" for m in MODULES if m.survey == survey for c in m.outputs}


def read(survey):
    if survey == "ztf":
        return {*(path for path, _ in ztf_columns.MODULES.values()), *ztf_columns.RATES.values()}
    declared = {**lsst_columns.MODULES, **lsst_columns.OBJECTS}
    return {lsst_columns.FIRST, *(path for path, _ in declared.values())}


@pytest.mark.parametrize("survey", SURVEYS)
def test_a_column_of_fink_is_an_output_of_a_module_or_said_to_be_of_none(survey):
    assert read(survey) - made(survey) == NOBODY_COMPUTES[survey]


@pytest.mark.parametrize("survey", SURVEYS)
def test_labels_and_facts_of_nights_are_outputs_of_modules(survey):
    labels = {f"{f.module}.{f.output}" for f in FAMILIES if isinstance(f, Family)}
    assert labels <= made(survey)
    assert set(SURVEYS[survey].counted.facts.values()) <= made(survey)
