"""Services on the network that a request may ask: as the settings say, few at a time.

None by default. What is asked and kept belongs to `fink_assets.services`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from fink_assets.services.client import Client, Question, ServiceError

if TYPE_CHECKING:
    from fink_assets.settings import Settings

Read = TypeVar("Read")
FULL = "other requests wait for services now"


@dataclass(frozen=True, kw_only=True)
class Shared(Client):
    """A client of many requests.

    Parameters
    ----------
    room : threading.Semaphore
        Of those who may wait at the same time, for this service and others. Who finds no place is
        told at once: threads that wait for a service answer nobody.
    """

    room: threading.Semaphore

    def ask(
        self, name: str, question: Question, read: Callable[[bytes], Read], *, deadline: float
    ) -> Read:
        """Ask, if there is a place."""
        if not self.room.acquire(blocking=False):
            raise ServiceError(FULL)
        try:
            return super().ask(name, question, read, deadline=deadline)
        finally:
            self.room.release()


@dataclass(frozen=True, kw_only=True)
class Remote:
    """Whom requests may ask, and for how long.

    Parameters
    ----------
    clients : mapping of str to Client
        By the name of the service; one that is not among them may not be asked.
    seconds : float
        Most time that one request spends on asking one of them.
    """

    clients: Mapping[str, Client] = field(default_factory=dict)
    seconds: float = 10.0


NOBODY = Remote()


def of(configuration: Settings) -> Remote:
    """Services that the settings name, for half of the queries at once at most.

    Raises
    ------
    ValueError
        The settings name a service that there is not.
    """
    from fink_assets.services.configured import clients

    room = threading.Semaphore(max(1, configuration.api_queries // 2))
    named = {n: client for n, client in clients(configuration).items() if client}
    return Remote(
        clients={
            name: Shared(address=client.address, limits=client.limits, room=room)
            for name, client in named.items()
        },
        seconds=configuration.service_seconds,
    )
