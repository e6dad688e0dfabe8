"""Running several services together: start, watch, stop.

Start them from a thread that lives on: on Linux they end with it, even if it is killed.
"""

import math
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from fink_assets.settings import Settings
from resources.embedded.machine import require_free
from resources.embedded.service import POLL_SECONDS, SERVICES, Service

SOON_SECONDS = 30.0


@contextmanager
def running(
    configuration: Settings,
    only: Iterable[str] = SERVICES,
    on_ready: Callable[[Service, float], None] = lambda service, seconds: None,
) -> Iterator[dict[str, Service]]:
    """Run services for as long as the `with` block lasts.

    Parameters
    ----------
    configuration : Settings
        Their ports and folders.
    only : iterable of str
        Names of the services, out of `SERVICES`.
    on_ready : callable
        Called with each service when it answers, and the seconds since its start.

    Yields
    ------
    dict of str to Service
        Handles, by name.
    """
    services = {name: Service(name, configuration) for name in SERVICES if name in set(only)}
    require_free(port for each in services.values() for port in each.kind.ports(configuration))
    began = time.monotonic()
    try:
        for each in services.values():
            each.launch()
        for each in services.values():
            each.await_answer()
            on_ready(each, time.monotonic() - began)
        yield services
    finally:
        stop_all(services.values())


def watch(services: Iterable[Service], say: Callable[[str], None]) -> None:
    """Start again each service that ends, at whatever age.

    Raises
    ------
    ServiceError
        One ends soon after it was started again: another start would not help.
    """
    watched = list(services)
    started: dict[str, float] = {}
    while True:
        for each in watched:
            if each.exit_code is None:
                continue
            each.kill()  # what it started may have outlived it
            if time.monotonic() - started.get(each.name, -math.inf) < SOON_SECONDS:
                raise each.failure(f"ended with code {each.exit_code} soon after its second start")
            say(f"{each.name:<10} ended with code {each.exit_code}; starting it again")
            each.start()
            started[each.name] = time.monotonic()
            say(f"{each.name:<10} answers again")
        time.sleep(POLL_SECONDS)


def stop_all(services: Iterable[Service]) -> None:
    """Stop services side by side, those first that use the others."""
    backwards = list(services)[::-1]
    for each in backwards:
        each.terminate()
    for each in backwards:
        each.stop()
