"""Give what a service says of an alert, for modules of every survey.

Which services there are, and how they are asked, belongs to `services`.
"""

from collections.abc import Mapping

from fink_assets.raw2science.declared import SERVICES
from fink_assets.raw2science.module import Column
from fink_assets.raw2science.modules.sources import source_columns
from fink_assets.services.service import Service


def answer_columns(service: Service, fink: Mapping[str, str] = {}) -> tuple[Column, ...]:
    """Declare the values of a service's counterpart, its separation, and the date of the answer.

    Parameters
    ----------
    service : Service
        Who is asked.
    fink : mapping of str to str
        Names in Fink's topics by output, e.g. ``{"main_type": "cdsxmatch"}``.
    """
    return (
        *source_columns(service.columns, fink, radius=service.radius_arcsec),
        Column(
            name="answered",
            type="timestamp",
            doc="When the service gave the answer, UTC.",
            ucd="time.processing",
        ),
    )


def answer_inputs(service: Service) -> tuple[str, ...]:
    """List what a module reads that gives the whole answer."""
    return tuple(_path(service, column.name) for column in answer_columns(service))


def answer_values(service: Service) -> dict[str, str]:
    """Write the Spark SQL expression of each value of the answer."""
    return {column.name: _path(service, column.name) for column in answer_columns(service)}


def _path(service: Service, column: str) -> str:
    return f"{SERVICES}{service.name}.{column}"
