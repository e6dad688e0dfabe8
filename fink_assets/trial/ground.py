"""Where a trial takes place: the embedded services, with a folder and tables of their own.

Only settings and folders; starting services belongs to `resources.embedded`.
"""

import shutil

from fink_assets.settings import PROJECT, Settings
from resources.embedded.machine import SetupError, require_free
from resources.embedded.service import KINDS, Service
from resources.kafka import Kafka, KafkaUnreachableError

SHIPPED = PROJECT / "tests" / "data" / "ztf"
OWN = {
    "lake_root": "",
    "kafka_input": "",
    "kafka_inputs": {},
    "kafka_output": "",
    "spark_remote": "",
    "drain_quiet_seconds": 5.0,  # nobody waits for the next exposure
}


class TrialError(SetupError):
    """The trial cannot go on; `remedy` says what to do."""


def emptied(configuration: Settings, name: str) -> Settings:
    """Give the settings of a trial in `<home>/<name>`, which is emptied.

    Addresses of other services and lakes are not taken over: a trial never touches them.

    Raises
    ------
    PortTakenError
        If services, perhaps of another trial in the same folder, are running.
    """
    require_free(port for kind in KINDS.values() for port in kind.ports(configuration))
    own = apart(configuration, name)
    shutil.rmtree(own.home, ignore_errors=True)
    return own


def apart(configuration: Settings, name: str) -> Settings:
    """Give the settings of a trial in `<home>/<name>`, which is left as it is."""
    home = configuration.home.absolute() / name
    return configuration.model_copy(update={"home": home, **OWN})


def require_running(services: dict[str, Service]) -> None:
    """Raise `ServiceError` if a service has ended."""
    for each in services.values():
        if each.exit_code is not None:
            raise each.failure(f"ended with code {each.exit_code}")


def require_kafka(servers: str) -> None:
    """Raise `TrialError` if no broker answers."""
    try:
        Kafka(servers).watermarks("")
    except KafkaUnreachableError as problem:
        remedy = "Start one with `fink up`, or set FINK_KAFKA_INPUT."
        raise TrialError(f"{problem}.", remedy) from None
