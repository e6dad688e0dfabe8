"""Clients of the services that the settings name: none by default, so that nothing is asked."""

from __future__ import annotations

from fink_assets.services import SERVICES
from fink_assets.services.client import Client, Limits
from fink_assets.services.service import Service, Snapshot
from fink_assets.settings import Settings

BY_NAME = ("ssodnet", "sesame", "miriade")
"""Those that are asked about names: no catalogues, but asked under the same conditions."""
FETCHING = Limits(read_seconds=60.0, attempts=2, most_bytes=300_000_000)
"""For whole lists, which take their time."""


def clients(configuration: Settings) -> dict[str, Client | None]:
    """How to ask each service, by name: None for those that the settings do not name.

    To be made once per process, since clients remember who failed.

    Raises
    ------
    ValueError
        The settings name a service that there is not.
    """
    named, there = set(configuration.services), [*(s.name for s in SERVICES), *BY_NAME]
    unknown = named - set(there)
    if unknown:
        raise ValueError(
            f"FINK_SERVICES: {', '.join(sorted(unknown))} is none of {', '.join(there)}"
        )
    cds = Client(address=configuration.cds_address)
    tns = Client(address=configuration.tns_address, limits=FETCHING)
    made = {s.name: _of(s, cds, tns) for s in SERVICES}
    made |= {n: Client(address=getattr(configuration, f"{n}_address")) for n in BY_NAME}
    return {name: client if name in named else None for name, client in made.items()}


def _of(service: Service, cds: Client, tns: Client) -> Client:
    return tns if isinstance(service, Snapshot) else cds
