"""The folder of converted models: filled at set-up, read once by each process that needs one.

A folder per package and choice of models, which appears whole and never changes; so clones of the
project that know different models can share the cache.
`python -m fink_assets.raw2science.models.store` fills it.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
import zipfile
from collections.abc import Mapping, Sequence
from functools import cache, partial
from itertools import groupby
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from fink_assets.packages import Package, PackageError
from fink_assets.raw2science.models import MODELS, Model
from fink_assets.settings import settings

if TYPE_CHECKING:
    from fink_assets.raw2science.models.convert import Arrays


class DamagedModelError(RuntimeError):
    """A model's file that is not the one that is declared."""


def ensure_models(
    folder: Path | None = None,
    *,
    archive: Path | None = None,
    models: Sequence[Model] = MODELS,
) -> Path:
    """Folder of the models; what is not there is fetched by package and converted.

    Parameters
    ----------
    folder
        Where to; `settings().models` by default.
    archive
        The package's file, if it is on this machine already.
    models
        Those that are wanted.

    Raises
    ------
    PackageError
        No network, or the package or what is made of it is not the expected one.
    """
    where = folder or settings().models
    for package, own in _by_package(models):
        package.ensure(
            _home(where, own),
            partial(_build, models=own),
            is_complete=partial(_is_complete, models=own),
            archive=archive,
        )
    return where


def path(model: Model, folder: Path | None = None, models: Sequence[Model] = MODELS) -> Path:
    """Where a model's file is, or would be."""
    own = [m for m in models if m.package == model.package]
    return _home(folder or settings().models, own) / model.file


def load(models: Sequence[Model]) -> Mapping[str, Arrays]:
    """Give the arrays of models by name; each is read and checked once per process.

    Raises
    ------
    FileNotFoundError, DamagedModelError
        If a file is not there, or is another one.
    """
    return {model.name: _loaded(path(model), model.sha256) for model in models}


@cache
def _loaded(file: Path, sha256: str) -> Arrays:
    from fink_assets.raw2science.models.convert import unpacked

    content = file.read_bytes()
    found = hashlib.sha256(content).hexdigest()
    if found != sha256:
        raise DamagedModelError(f"{file} has sha256 {found}, expected {sha256}: delete its folder")
    arrays = unpacked(content)
    for values in arrays.values():
        values.flags.writeable = False
    return arrays


def converted(model: Model, wheel: zipfile.ZipFile) -> bytes:
    """Convert a model out of its package.

    Raises
    ------
    PackageError
        If a file inside is missing or not the expected one, or gives another model.
    """
    from fink_assets.raw2science.models.convert import FORMS, packed

    files = {}
    for source, expected in model.sources.items():
        try:
            content = wheel.read(source)
        except KeyError:
            raise PackageError(f"{model.package.requirement} lacks {source}") from None
        _check(source, content, expected)
        files[PurePosixPath(source).name] = content
    content = packed(FORMS[model.form](files, model.features))
    _check(model.file, content, model.sha256)
    return content


def _check(what: str, content: bytes, expected: str) -> None:
    found = hashlib.sha256(content).hexdigest()
    if found != expected:
        raise PackageError(f"{what} has sha256 {found}, expected {expected}")


def _build(file: Path, folder: Path, *, models: Sequence[Model]) -> None:
    with zipfile.ZipFile(file) as wheel:
        for model in models:
            (folder / model.file).write_bytes(converted(model, wheel))


def _is_complete(folder: Path, *, models: Sequence[Model]) -> bool:
    files = [(folder / model.file, model.size) for model in models]
    return all(file.is_file() and file.stat().st_size == size for file, size in files)


def _home(folder: Path, models: Sequence[Model]) -> Path:
    """Folder of a package's models, named after the package and what it holds."""
    package = models[0].package
    content = hashlib.sha256("".join(sorted(m.file for m in models)).encode()).hexdigest()
    return folder / f"{package.name}-{package.version}-{content[:8]}"


def _by_package(models: Sequence[Model]) -> list[tuple[Package, list[Model]]]:
    def key(model: Model) -> str:
        return model.package.sha256

    groups = [list(own) for _, own in groupby(sorted(models, key=key), key)]
    return [(own[0].package, own) for own in groups]


def main(arguments: list[str] | None = None) -> None:
    """Command line; see `--help`."""
    parser = argparse.ArgumentParser(description="Fetch and convert the models.")
    parser.add_argument("--archive", type=Path, help="the package's file, if it is there already")
    try:
        print(ensure_models(archive=parser.parse_args(arguments).archive))
    except PackageError as problem:
        sys.exit(str(problem))


if __name__ == "__main__":
    main()
