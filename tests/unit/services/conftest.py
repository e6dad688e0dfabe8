"""Servers of these tests are on this machine, whatever proxies the environment names."""

import pytest


@pytest.fixture(autouse=True, scope="session")
def no_proxy():
    """Ask this machine directly."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("NO_PROXY", "127.0.0.1,localhost")
        environment.setenv("no_proxy", "127.0.0.1,localhost")
        yield
