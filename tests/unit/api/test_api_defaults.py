"""Defaults that are documented, for people and for programs, are those that are declared."""

import re

import pytest
from fastapi.testclient import TestClient

from fink_assets.api.archive import Archive
from fink_assets.api.arguments import COLUMNS, COMMON, FORMAT, shown
from fink_assets.api.flavours import ENDPOINTS
from fink_assets.api.server import application
from fink_assets.lake.tables import Tables
from fink_assets.settings import PROJECT

PAGE = (PROJECT / "docs/scientist/api.md").read_text()
SECTIONS = {"ztf": "ZTF", "lsst": "LSST", "both": "What became of an alert"}
AS_ZTF = "as for ZTF"
OF_ZTF_ONLY = {"cutouts": {"objectId", "candid"}, "resolver": {"name"}}
"""Arguments of ZTF that LSST has others for."""


def told(text):
    """Arguments that a text names, with their defaults; what is in parentheses is no argument."""
    plain = re.sub(r"\([^()]*\)", "", re.sub(r"\]\([^()]*\)", "]", text))
    found = re.findall(r"`([A-Za-z_-]\w*(?:[-_]\w+)*)`(?: = ([^\s,;:|]+))?", plain)
    return {name: default or None for name, default in found}


def rows(title):
    """Cells of the first table of a section."""
    (section,) = re.findall(rf"^## {title}\n(.*?)(?=^#)", PAGE, re.S | re.M)
    lines = [line for line in section.splitlines() if line.startswith("| `")]
    return [re.split(r" *\| *", line.strip("| ")) for line in lines]


def documented(survey):
    """Arguments of each route by the tables of the page."""
    found = {}
    for routes, _, *named in [*rows(SECTIONS[survey]), *rows(SECTIONS["both"])]:
        text = "".join(named)
        for route in re.findall(r"`(\w+)`", routes):
            own = told(text)
            if AS_ZTF in text:
                own = documented("ztf")[route] | own
            absent = OF_ZTF_ONLY.get(route, set()) if survey == "lsst" else set()
            found[route] = {name: d for name, d in own.items() if name not in absent}
    return found


def declared(endpoint):
    names = {COLUMNS.name, *(a.name for a in COMMON)}
    return {
        a.name: None if shown(a.default) is None else written(shown(a.default))
        for a in endpoint.arguments
        if a.name not in names
    }


def written(default):
    if isinstance(default, bool):
        return str(default).lower()
    return f"{default:g}" if isinstance(default, float) else str(default)


@pytest.mark.parametrize("survey", ["ztf", "lsst"])
def test_the_tables_have_each_route_with_its_arguments_and_their_defaults(survey):
    page = documented(survey)
    own = {e.path: declared(e) for e in ENDPOINTS[survey] if e.path not in ("ssocand", "metadata")}
    assert set(page) - {"ssocand", "metadata"} == set(own)
    for route, arguments in own.items():
        assert (route, page[route]) == (route, arguments)


def test_arguments_of_all_routes_are_documented_with_their_defaults():
    lines = re.findall(r"^\| (`[\w-]+`(?: = \w+)?) \|", PAGE, re.M)
    page = {name: default for line in lines for name, default in told(line).items()}
    for argument in (FORMAT, COLUMNS, *COMMON):
        assert page[argument.name] == shown(argument.default), argument.name


@pytest.mark.parametrize("survey", ["ztf", "lsst"])
def test_openapi_and_the_explanation_of_a_route_have_the_same_defaults(tmp_path, survey):
    archive = Archive(tables=Tables(survey, str(tmp_path)))
    client = TestClient(application(archive, ENDPOINTS[survey], title=survey))
    paths = client.get("/swagger.json").json()["paths"]
    for endpoint in ENDPOINTS[survey]:
        of_get = {
            p["name"]: p["schema"].get("default")
            for p in paths[f"/api/v1/{endpoint.path}"]["get"]["parameters"]
        }
        assert of_get == {a.name: shown(a.default) for a in endpoint.all_arguments}
        if "POST" in endpoint.methods:
            body = paths[f"/api/v1/{endpoint.path}"]["post"]["requestBody"]["content"]
            properties = body["application/json"]["schema"]["properties"]
            assert {n: p.get("default") for n, p in properties.items()} == of_get
        for argument in endpoint.all_arguments:
            if shown(argument.default) is not None:
                assert f"default: {shown(argument.default)}" in endpoint.explained()
