"""Which label an alert gets, as Spark evaluates it: the rules, and Fink's labels of real alerts.

Fink's labels need columns of modules that are not all here; those stored with the alerts show that
the rules are the same.
"""

import itertools

import pytest
from unit.raw2science.batches import ORACLES

from fink_assets.raw2science.modules.hosts import EXTRAGALACTIC, MAY_BE_EXTRAGALACTIC
from fink_assets.raw2science.modules.labels import Label, after_of, inputs_of, one_of
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
    assert classification.inputs == inputs_of(LABELS)
    assert classification.after == after_of(LABELS)
    assert set(classification.after) == {"simbad", "supernova", "early_snia", "solar_system"}
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
    assert label_of(spark, roid=roid) == label


GOOD_ALERT = dict(drb=0.9, classtar=0.9, jd=60.0, jdstarthist=50.0, ndethist=5, roid=0)


@pytest.mark.parametrize(
    ("values", "label"),
    [
        ({"snn": 0.6}, "SN candidate"),
        ({"snn": 0.6, "rf": 0.6}, "Early SN Ia candidate"),
        ({"rf": 0.6}, "Unknown"),
        ({"snn": 0.6, "drb": 0.4}, "Unknown"),
        ({"snn": 0.6, "jdstarthist": -40.0}, "Unknown"),
        ({"snn": 0.6, "roid": 2}, "Ambiguous"),
        ({"snn": 0.6, "roid": 3}, "Solar System MPC"),
        ({"snn": 0.6, "main_type": "Seyfert_1"}, "Seyfert_1"),
        ({"snn": 0.6, "main_type": "Galaxy"}, "SN candidate"),
        ({"snn": 0.6, "main_type": "Unknown"}, "SN candidate"),
        ({"main_type": "Mira"}, "Mira"),
        ({"main_type": "G"}, "G"),
        ({"snn": None, "rf": None}, "Unknown"),
    ],
)
def test_a_label_says_most_of_what_modules_found(values, label, spark):
    assert label_of(spark, **{**GOOD_ALERT, **values}) == label


def test_hosts_are_told_by_long_words_and_a_failure_is_no_galaxy(spark):
    """Regression: Fink's filters for Rubin look short types up among long words.

    An alert in a galaxy ("G") is in none there, and one whose look-up failed ("Fail") is in one.
    Here a failed look-up has no answer, and what is not known may be extragalactic.
    """
    known = {
        ("Galaxy", "G"): True,
        ("Seyfert_1", "Sy1"): True,
        ("Mira", "Mi*"): False,
        ("G", "G"): False,
        ("Fail", "Fail"): False,
        ("Fail 504", "Fail 504"): False,
        (None, None): True,
    }
    rows = spark.createDataFrame(list(known), "main_type string, otype string").selectExpr(
        "struct(main_type, otype) as simbad"
    )
    found = rows.selectExpr("simbad.*", f"{MAY_BE_EXTRAGALACTIC} as may").collect()
    assert {(row["main_type"], row["otype"]): row["may"] for row in found} == known
    assert not {word for word in EXTRAGALACTIC if word.startswith("Fail")}


def label_of(spark, **values):
    """Label of an alert of which this is known, and nothing else."""
    kinds = {"roid": "int", "ndethist": "int", "main_type": "string"}
    names = ("drb", "classtar", "jd", "jdstarthist", "ndethist", "roid", "snn", "rf", "main_type")
    types = ", ".join(f"{name} {kinds.get(name, 'double')}" for name in names)
    alert = spark.createDataFrame([tuple(values.get(name) for name in names)], types)
    return ours(
        alert.selectExpr(
            "struct(drb, classtar, jd, jdstarthist, ndethist) as candidate",
            "roid",
            "snn as snn_snia_vs_nonia",
            "snn as snn_sn_vs_all",
            "rf as rf_snia_vs_nonia",
            "main_type as cdsxmatch",
        )
    ).first()["label"]


def ours(alerts, *others):
    """Labels of the module for alerts that have Fink's columns."""
    modules = alerts.selectExpr(
        "*",
        "struct(snn_snia_vs_nonia as snia_vs_nonia, snn_sn_vs_all as sn_vs_all) as supernova",
        "struct(rf_snia_vs_nonia as snia_vs_nonia) as early_snia",
        "struct(roid) as solar_system",
        "struct(if(cdsxmatch like 'Fail%', null, cdsxmatch) as main_type) as simbad",
    )
    return modules.selectExpr(f"{classification.expressions['label']} as label", *others)


@needs_oracles
def test_with_the_columns_stored_the_labels_are_those_of_fink(spark):
    """One of 17 differs: the score of microlensing, which made it ambiguous, was not stored."""
    alerts = spark.read.parquet(str(ORACLES / "SL_superluminous.parquet"))
    rows = ours(alerts.where("tnsclass is not null"), "finkclass").select("finkclass", "label")
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


@needs_oracles
def test_labels_are_those_of_fink_but_for_those_of_modules_that_are_not_here(spark):
    theirs = one_of(FINKS, identified=SIMBAD)
    differ, same = set(), 0
    for path in sorted((ORACLES / "RG").glob("*.parquet")):
        for row in ours(spark.read.parquet(str(path)), f"{theirs} as theirs").collect():
            if row["label"] == row["theirs"]:
                same += 1
            else:
                differ.add(row["theirs"])
    assert differ <= {"Kilonova candidate", "Microlensing candidate", "Tracklet", "Ambiguous"}
    assert same > 120
