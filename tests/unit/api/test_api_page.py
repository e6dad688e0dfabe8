"""The page that lists all routes needs no other server: it works where there is no network."""

import re

import pytest
from fastapi.testclient import TestClient

from fink_assets.api.archive import Archive
from fink_assets.api.flavours import ENDPOINTS
from fink_assets.api.server import application
from fink_assets.lake.tables import Tables


@pytest.mark.parametrize("survey", ["ztf", "lsst"])
def test_the_page_of_routes_and_all_that_it_loads_come_from_this_server(tmp_path, survey):
    archive = Archive(tables=Tables(survey, str(tmp_path)))
    with TestClient(application(archive, ENDPOINTS[survey], title=survey)) as client:
        page = client.get("/").text
        loaded = re.findall(r'(?:src|href)="([^"]+)"', page)
        assert len(loaded) >= 3
        for address in [*loaded, "/swagger.json"]:
            assert address.startswith("/")
            assert client.get(address).status_code == 200
