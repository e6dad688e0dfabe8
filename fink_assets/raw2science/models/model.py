"""Declare a trained model: where its numbers come from, what they are, what they take.

The vocabulary (`Model`) belongs here. Which models there are belongs to `registry`, fetching and
loading them to `store`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fink_assets.packages import Package


@dataclass(frozen=True, kw_only=True)
class Model:
    """A trained model as a file that never changes: another file is another model.

    Parameters
    ----------
    name, version : str
        Names of our own; the version of the training, not of the package.
    survey : str
        Survey whose alerts it is for.
    doc : str
        What it tells, what it was trained on, by whom.
    owners : sequence of str
        Who answers for it: ``team:name`` or an e-mail address.
    package : Package
        File of a package that holds the model as its authors published it.
    sources : mapping of str to str
        Files inside the package, each with its sha256.
    form : str
        How those are read, a name in `convert.FORMS`.
    sha256, size : str, int
        Sum and bytes of the converted file.
    licence : str
        Of the published files, as SPDX writes it.
    origin : str
        Address of a paper or a page about the model.
    features : sequence of str
        Names of what it takes, in order, as in its training.
    """

    name: str
    version: str
    survey: str
    doc: str
    owners: Sequence[str]
    package: Package
    sources: Mapping[str, str]
    form: str
    sha256: str
    size: int
    licence: str
    origin: str
    features: Sequence[str]

    @property
    def key(self) -> tuple[str, str, str]:
        """Asset key."""
        return (self.survey, "models", self.name)

    @property
    def digest(self) -> str:
        """Digest of the content, known without it."""
        return self.sha256

    def missing(self) -> str:
        """Say what is missing on this machine and what to do; empty if nothing is."""
        from fink_assets.raw2science.models.store import path

        return "" if path(self).is_file() else f"no model in {path(self)}: run `fink setup`"

    @property
    def file(self) -> str:
        """Name of the converted file, which tells its content."""
        return f"{self.name}-{self.version}-{self.sha256[:16]}.npz"
