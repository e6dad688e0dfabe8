"""Where the REST API of each survey listens. The servers themselves are `fink api`."""

from fink_assets.settings import Settings
from fink_assets.surveys import SURVEYS as KNOWN
from resources.embedded.machine import LOOPBACK, Port

SURVEYS = tuple(KNOWN)
EVERYWHERE = ("0.0.0.0", "::", "")


def ports(configuration: Settings, *, survey: str) -> tuple[Port, ...]:
    """List the port that the API of a survey listens on."""
    purpose = f"the REST API of {KNOWN[survey].title}"
    return (Port(configuration.api_ports[survey], purpose, "FINK_API_PORTS"),)


def address(configuration: Settings, *, survey: str) -> str:
    """Where this machine finds it."""
    host = configuration.api_host
    return f"http://{LOOPBACK if host in EVERYWHERE else host}:{configuration.api_ports[survey]}"
