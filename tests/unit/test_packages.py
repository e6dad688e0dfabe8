"""Files of packages: what is fetched, and how often."""

import hashlib

import pytest

from fink_assets import packages
from fink_assets.packages import Package, PackageError

CONTENT = b"what the package holds"


@pytest.fixture
def downloads(monkeypatch):
    """Stand for pip; the list of what was asked of it."""
    asked = []

    def fetch(package, folder):
        asked.append(package.requirement)
        folder.mkdir(parents=True)
        file = folder / "some.whl"
        file.write_bytes(CONTENT)
        return file

    monkeypatch.setattr(Package, "fetch", fetch)
    packages._downloaded.cache_clear()
    packages._downloads.cache_clear()
    yield asked
    packages._downloaded.cache_clear()
    packages._downloads.cache_clear()


def package(content=CONTENT):
    sha256 = hashlib.sha256(content).hexdigest()
    return Package(name="some", version="1.0", sha256=sha256, kind="wheel")


def ensured(folder):
    """Make sure of a folder that holds a copy of the file."""
    return package().ensure(
        folder,
        lambda file, into: (into / "copy").write_bytes(file.read_bytes()),
        is_complete=lambda there: (there / "copy").is_file(),
    )


def test_models_and_catalogues_of_a_package_take_one_download(tmp_path, downloads):
    folders = [ensured(tmp_path / "models" / "some"), ensured(tmp_path / "catalogues" / "some")]
    assert [(folder / "copy").read_bytes() for folder in folders] == [CONTENT, CONTENT]
    assert downloads == ["some==1.0"]


def test_what_is_there_is_not_downloaded(tmp_path, downloads):
    ensured(tmp_path / "some")
    downloads.clear()
    packages._downloaded.cache_clear()
    ensured(tmp_path / "some")
    assert downloads == []


def test_another_file_than_declared_is_refused_and_leaves_nothing(tmp_path, downloads):
    with pytest.raises(PackageError, match="expected"):
        package(b"another").ensure(
            tmp_path / "some", lambda file, into: None, is_complete=lambda there: there.exists()
        )
    assert list(tmp_path.iterdir()) == []
