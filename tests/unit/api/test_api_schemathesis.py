"""Requests made from the documentation of the API, right and wrong: none is a server error."""

import pytest
import schemathesis
from api_archive import lsst_row, packets, science_row, write_lsst, write_ztf
from hypothesis import HealthCheck, given, settings

from fink_assets.api.flavours import ENDPOINTS
from fink_assets.api.server import application

FEW = settings(max_examples=4, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.fixture(scope="module", params=["ztf", "lsst"])
def app(request, tmp_path_factory):
    root, few = tmp_path_factory.mktemp("lake"), packets()[:2]
    archive = (
        write_ztf(root, [science_row(p) for p in few], raw=few)
        if request.param == "ztf"
        else write_lsst(root, [lsst_row(1, 11, 61000.0, 10.0, -5.0)])
    )
    return application(archive, ENDPOINTS[request.param], title=request.param)


def test_no_documented_request_is_a_server_error(app):
    operations = schemathesis.openapi.from_asgi("/swagger.json", app).get_all_operations()
    asked = [_answered_without_error(operation.ok()) for operation in operations]
    assert len(asked) > 2 * 10


def _answered_without_error(operation):
    @FEW
    @given(case=operation.as_strategy())
    def check(case):
        assert case.call().status_code < 500

    check()
    return operation.label
