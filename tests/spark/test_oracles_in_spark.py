"""What Fink stored of real alerts, against what modules written as Spark expressions say."""

import pandas as pd
import pytest
from frames import frame
from unit.raw2science.batches import ORACLES

from fink_assets.raw2science.apply import enriched
from fink_assets.raw2science.modules.ztf.detection_history import detection_history

pytestmark = pytest.mark.skipif(
    not ORACLES.is_dir(), reason=f"alerts with Fink's values are not at {ORACLES}"
)

FILES = {"YS": 26, "RG": 133, "TD": 21, "HL": 72, "SL": 74, "CT": 414, "DT": 124, "IB": 121}
"""Alerts in the files whose path begins so."""


@pytest.fixture(scope="module")
def found(spark):
    """What Fink stored, if anything, and ours, of each alert of each file."""
    parts = [
        pd.read_parquet(path).assign(file=name)
        for name in FILES
        for path in sorted([*ORACLES.glob(f"{name}_*"), *ORACLES.glob(f"{name}/*")])
    ]
    stored = pd.concat(parts, ignore_index=True)
    modules = [detection_history]
    packets = stored.to_dict("records")
    # Files share alerts: each is numbered by its place.
    for place, packet in enumerate(packets):
        packet["candidate"] = {**packet["candidate"], "candid": place}
    rows = enriched(frame(spark, "ztf", modules, packets), modules)
    ours = rows.selectExpr("alert_id", "detection_history.*").toPandas().set_index("alert_id")
    return stored[["file", "nalerthist"]].join(ours, rsuffix=" ours")


def test_as_many_alerts_are_looked_at_as_there_are(found):
    assert found["file"].value_counts().to_dict() == FILES


def test_detections_in_the_packet_are_those_in_production(found):
    stored = found[found["nalerthist"].notna()]
    assert len(stored) == sum(FILES.values()) - FILES["IB"]
    assert (stored["nalerthist"] == stored["nalerthist ours"]).all()


@pytest.mark.parametrize(("name", "least", "most"), [("DT", 1, 26), ("IB", 1, 86)])
def test_detections_have_the_documented_range(name, least, most, found):
    ours = found.loc[found["file"] == name, "nalerthist ours"]
    assert (ours.min(), ours.max()) == (least, most)


def test_counts_by_band_sum_up_to_all_detections(found):
    bands = found[[f"detections_{band}" for band in "gri"]]
    assert (bands.sum(axis=1) == found["nalerthist ours"]).all()
