"""Which label an alert gets, as Spark evaluates it: the rules, and Fink's labels of real alerts.

Fink's labels need columns of modules that are not all here; those stored with the alerts show that
the rules are the same.
"""

import itertools

import pytest
from unit.raw2science.batches import ORACLES

from fink_assets.raw2science.modules.labels import Label, inputs_of, needs_of, one_of
from fink_assets.raw2science.modules.ztf.classification import LABELS, classification

HOSTS = (
    *("BClG", "BlueCompG", "Candidate_SN*", "ClG", "Compact_Gr_G", "EmG", "Fail", "Fail 504"),
    *("Galaxy", "galaxy", "GinCl", "GinGroup", "GinPair", "GravLens_Candidate", "GroupG", "HII_G"),
    *("High_z_G", "IG", "LINER", "LSB_G", "PairG", "PartofG", "Possible_ClG", "Possible_SClG"),
    *("SN", "SN*_Candidate", "Seyfert", "Seyfert_1", "Seyfert_2", "StarburstG", "SuperClG"),
    *("Transient", "Unknown", "Void"),
)
IN_A_HOST = f"cdsxmatch in {HOSTS}"
GOOD = "candidate.drb > 0.5 and candidate.classtar > 0.4"
SUPERNOVA = f"{IN_A_HOST} and {GOOD} and (snn_snia_vs_nonia > 0.5 or snn_sn_vs_all > 0.5)"
AGE = "candidate.jd - candidate.jdstarthist"


def stored(name, condition, *, disputable=False):
    return Label(name=name, condition=condition, inputs=(), disputable=disputable)


FINKS = (
    stored("Microlensing candidate", "nanvl(mulens, null) > 0", disputable=True),
    stored(
        "SN candidate",
        f"{SUPERNOVA} and {AGE} <= 90 and candidate.ndethist > 1 and roid != 3",
        disputable=True,
    ),
    stored(
        "Early SN Ia candidate",
        f"{SUPERNOVA} and rf_snia_vs_nonia > 0.5 and candidate.ndethist <= 20",
    ),
    stored(
        "Kilonova candidate",
        f"{IN_A_HOST} and {GOOD} and rf_kn_vs_nonkn > 0.5 and {AGE} < 5 and roid != 3"
        " and candidate.ndethist < 20",
    ),
    stored("Solar System candidate", "roid = 2", disputable=True),
    stored("Tracklet", "tracklet like 'TRCK_%'"),
    stored("Solar System MPC", "roid = 3", disputable=True),
)
SIMBAD = (
    "if(cdsxmatch in ('Unknown', 'Transient') or cdsxmatch like 'Fail%' "
    "or cdsxmatch like 'Galaxy%', null, cdsxmatch)"
)
BUILT = (
    stored("variable", "v"),
    stored("supernova", "s", disputable=True),
    stored("asteroid", "a", disputable=True),
)
CHOICES = list(itertools.product([True, False, None], repeat=3))

needs_oracles = pytest.mark.skipif(
    not ORACLES.is_dir(), reason=f"alerts with Fink's values are not at {ORACLES}"
)


@pytest.fixture(scope="module")
def labelled(spark):
    """Label of each combination of what applies, and with a catalogue's name for the object."""
    rows = [(*choice, name) for choice in CHOICES for name in ("quasar", None)]
    alerts = spark.createDataFrame(rows, "v boolean, s boolean, a boolean, name string")
    found = alerts.selectExpr(
        "v",
        "s",
        "a",
        "name",
        f"{one_of(BUILT)} as label",
        f"{one_of(BUILT, identified='name')} as known",
    )
    return {tuple(row)[:4]: (row["label"], row["known"]) for row in found.collect()}


@pytest.mark.parametrize("choice", CHOICES, ids=str)
def test_the_preferred_label_is_given_unless_two_contradict_each_other(choice, labelled):
    variable, supernova, asteroid = choice
    label, known = labelled[(*choice, None)]
    if supernova and asteroid:
        assert label == "Ambiguous"
    elif asteroid:
        assert label == "asteroid"
    elif supernova:
        assert label == "supernova"
    else:
        assert label == ("variable" if variable else "Unknown")
    assert known == label
    assert labelled[(*choice, "quasar")] == (label, "quasar")


def test_the_module_reads_what_its_labels_read():
    assert classification.inputs == inputs_of(LABELS) == ("solar_system.roid",)
    assert classification.needs == needs_of(LABELS) == ("solar_system",)
    more = stored("A", "x.y > 1")
    assert one_of([more]) == (
        "coalesce(null, case when coalesce(x.y > 1, false) then 'A' else 'Unknown' end)"
    )


@pytest.mark.parametrize(
    ("roid", "label"),
    [
        (0, "Unknown"),
        (1, "Unknown"),
        (2, "Solar System candidate"),
        (3, "Solar System MPC"),
        (None, "Unknown"),
    ],
)
def test_labels_of_solar_system_objects_follow_their_code(roid, label, spark):
    alerts = spark.createDataFrame([((roid,),)], "solar_system struct<roid: int>")
    assert alerts.selectExpr(classification.expressions["label"]).first()[0] == label


@needs_oracles
def test_with_the_columns_stored_the_labels_are_those_of_fink(spark):
    """One of 17 differs: the score of microlensing, which made it ambiguous, was not stored."""
    alerts = spark.read.parquet(str(ORACLES / "SL_superluminous.parquet"))
    label = one_of(FINKS[1:], identified=SIMBAD)
    rows = alerts.where("tnsclass is not null").selectExpr("finkclass", f"{label} as label")
    found = [tuple(row) for row in rows.collect()]
    assert len(found) == 17
    assert {fink for fink, _ in found} == {"Unknown", "SN candidate", "Nova", "Ambiguous"}
    differ = [(fink, ours) for fink, ours in found if fink != ours]
    assert differ == [("Ambiguous", "SN candidate")]


@needs_oracles
def test_with_all_columns_as_many_alerts_have_a_label_as_in_fink(spark):
    counts = {}
    for path in sorted((ORACLES / "RG").glob("*.parquet")):
        alerts = spark.read.parquet(str(path))
        label = one_of(FINKS, identified=SIMBAD)
        for row in alerts.selectExpr(f"{label} as label").collect():
            counts[row["label"]] = counts.get(row["label"], 0) + 1
    assert sum(counts.values()) == 133
    assert (counts["Unknown"], counts["LongPeriodV*"]) == (6, 6)
