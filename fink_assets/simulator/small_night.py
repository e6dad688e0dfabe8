"""A small synthetic night of LSST: what is sent where no alerts are given.

Always the same: artefacts are more frequent than in the sky, so that every reason to set an alert
aside occurs. How a night is made belongs to `night`, its files to `archive`.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path

from fink_assets.settings import Settings
from fink_assets.simulator import archive
from fink_assets.simulator.night import simulate
from fink_assets.simulator.sequence import Outgoing
from fink_assets.surveys.lsst_packet import ensure_packets

NIGHT = "2025-09-05"
ALERTS = 300
SEED = 20250905

DENSITY = 0.1
"""As few sources as give the night some visits."""

FACTORS = {
    "asteroid": 6.0,
    "artefact bogus": 20.0,
    "artefact saturated": 100.0,
    "artefact bright star": 20.0,
}


def alerts(number: int = ALERTS, *, seed: int = SEED) -> Iterator[Outgoing]:
    """First alerts of the night, in the order of exposures."""
    return simulate("lsst", night=NIGHT, alerts=number, seed=seed, density=DENSITY, factors=FACTORS)


def write_alerts(configuration: Settings) -> Path:
    """Archive of the night, written anew in the home folder.

    Raises
    ------
    PackageError
        The schemas cannot be had.
    """
    ensure_packets(configuration.packets)
    folder = configuration.home / "alerts" / "lsst"
    shutil.rmtree(folder, ignore_errors=True)
    archive.write(alerts(), folder, survey="lsst")
    return folder
