"""Notices for tests: simulated ones, and real ones where they are beside the project."""

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from fink_assets.gcn.notice import OBSERVATION, Circle, Notice
from fink_assets.gcn.skymap import SkyMap
from fink_assets.simulator.notices import fermi, lvk
from fink_assets.simulator.notices.model import Event

SHARED = Path(__file__).parents[4] / "shared" / "data"
REAL = pytest.mark.skipif(not (SHARED / "gcn").is_dir(), reason="no real notices are there")
MJD = 61053.6
TRIGGER = datetime(2026, 1, 13, 14, 24, tzinfo=UTC)


def real(name):
    """Row of a file of Fink's: the message and what Fink read from it."""
    import pyarrow.parquet as pq

    (row,) = pq.read_table(SHARED / "gcn" / f"{name}.parquet").to_pylist()
    return row


def simulated(source, *, seed=1, **given):
    """Notice of the simulator of an event that alerts tell of."""
    told = {"ra": 150.0, "dec": 20.0, "mjd": MJD, "object_id": "ZTF26aaaaaaa", "kind": "kilonova"}
    writer = {"fermi": fermi, "lvk": lvk}[source]
    return writer.notice(np.random.default_rng(seed), Event(**{**told, "distance": 90.0, **given}))


def a_notice(region, **given):
    """Record of a notice of Fermi, or as given."""
    told = {
        "observatory": "Fermi",
        "instrument": "GBM",
        "event_id": "719313583",
        "revision": "first",
        "issued": TRIGGER,
        "sequence": 0,
        "status": "initial",
        "role": OBSERVATION,
        "trigger_time": TRIGGER,
        "significant": None,
        "region": region,
    }
    return Notice(**{**told, **given})


def circle(ra=150.0, dec=20.0, radius=4.0):
    return Circle(ra=ra, dec=dec, radius=radius)


def flat_map(order=0, density=None):
    """Map of the whole sky in cells of one order."""
    cells = 12 * 4**order
    values = np.ones(cells) if density is None else np.asarray(density, float)
    return SkyMap(
        order=np.full(cells, order),
        number=np.arange(cells),
        density=values / values.sum() * cells / (4 * np.pi),
    )
