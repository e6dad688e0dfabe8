"""A cache of catalogues that is empty, for tests of this folder."""

import pytest

from fink_assets import settings as settings_module


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """Folder of catalogues, empty."""
    monkeypatch.setenv("FINK_CACHE", str(tmp_path / "cache"))
    settings_module.settings.cache_clear()
    yield tmp_path / "cache" / "catalogues"
    settings_module.settings.cache_clear()
