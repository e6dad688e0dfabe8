"""Run the web server of one survey until it is told to stop."""

from __future__ import annotations

import logging

from fink_assets.api import remote
from fink_assets.api.archive import Archive
from fink_assets.api.flavours import endpoints
from fink_assets.api.limits import Limits
from fink_assets.api.tap.hosts import Reach
from fink_assets.lake.tables import Tables
from fink_assets.settings import Settings
from fink_assets.surveys import Survey

STOP_SECONDS = 5
"""That requests get to end when the server is told to stop."""


def serve(configuration: Settings, survey: Survey) -> None:
    """Listen on the address of the settings."""
    import uvicorn

    from fink_assets.api.server import application

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    app = application(
        Archive(tables=Tables(survey.name, configuration.lake)),
        endpoints(survey.name, remote.of(configuration)),
        title=f"Alerts of {survey.title}",
        limits=limits_of(configuration),
        reach=reach_of(configuration),
    )
    port = configuration.api_ports[survey.name]
    # The application writes a line for each request itself, with its duration.
    uvicorn.run(
        app,
        host=configuration.api_host,
        port=port,
        access_log=False,
        timeout_graceful_shutdown=STOP_SECONDS,
    )


def limits_of(configuration: Settings) -> Limits:
    """Limits that the settings name."""
    return Limits(
        body_bytes=configuration.api_body_bytes,
        seconds=configuration.api_seconds,
        at_once=configuration.api_queries,
        per_second=configuration.api_rate,
    )


def reach_of(configuration: Settings) -> Reach:
    """Which tables may be fetched for queries, as the settings have it."""
    return Reach(on=configuration.api_fetch, hosts=configuration.api_fetch_hosts)
