"""What no module may do, whatever it computes: be forgotten, or ask the network."""

import importlib
import socket
from pathlib import Path

import pytest
from batches import sample
from passes import SURVEYS, computed, together
from rubin import built

from fink_assets.raw2science import modules
from fink_assets.raw2science.module import ScienceModule

FOLDER = Path(modules.__file__).parent


@pytest.mark.parametrize("survey", SURVEYS)
def test_every_module_that_is_written_is_listed(survey):
    """Regression: two of Fink's modules for Rubin are written and never run."""
    package = f"{modules.__name__}.{survey}"
    listed = importlib.import_module(package).MODULES
    written = []
    for path in sorted((FOLDER / survey).glob("*.py")):
        if path.stem != "__init__":
            content = vars(importlib.import_module(f"{package}.{path.stem}")).values()
            found = [value for value in content if isinstance(value, ScienceModule)]
            written += [module for module in found if module.source == path.read_text()]
    assert [module.name for module in written] == [module.name for module in listed]


@pytest.mark.parametrize("survey", SURVEYS)
def test_modules_ask_nothing_of_the_network(survey, models, catalogues, monkeypatch):
    """Regression: Fink's ask CDS, SDSS and its own service for each batch, and wait for them."""
    asked = []

    def refuse(*of, **more):
        asked.append(of)
        raise OSError("there is no network")

    for name in ("connect", "connect_ex", "sendto"):
        monkeypatch.setattr(socket.socket, name, refuse)
    for name in ("getaddrinfo", "create_connection"):
        monkeypatch.setattr(socket, name, refuse)
    with pytest.raises(OSError, match="no network"):
        socket.create_connection(("localhost", 80))
    asked.clear()
    own = computed(survey)
    found = together(own, sample()[:9] if survey == "ztf" else built())
    assert {status for m in own for status in found[f"{m.name}.status"]} == {"ok"}
    assert asked == []
