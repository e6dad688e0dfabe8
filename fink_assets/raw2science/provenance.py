"""Which broker, science modules and packet the values of an alert come from: a column of science.

Expressions of Spark SQL. What each module alone has for a version is in `module_versions`.
"""

from __future__ import annotations

from functools import cache
from importlib.metadata import version

from fink_assets.surveys import Survey

PROVENANCE = "provenance"
"""Name of the column."""
OF_MODULES = "array_sort(transform(map_entries(module_versions), m -> concat(m.key, ' ', m.value)))"
"""Modules with their versions, whatever the order in which they ran."""


@cache
def broker_version() -> str:
    """Version of this package."""
    return version("fink-assets")


def science_version() -> str:
    """Expression of the version of all modules together, as ``0.1.0+4f1c2a9b``.

    That of this package and a digest of the versions in `module_versions`, so that it is another
    one as soon as one of them is.
    """
    return f"concat('{broker_version()}+', left(sha2(array_join({OF_MODULES}, ', '), 256), 8))"


def provenance(survey: Survey) -> str:
    """Expression of the column over rows of raw with `module_versions`."""
    return (
        f"named_struct('broker_version', '{broker_version()}', "
        f"'science_version', {science_version()}, 'schema_version', writer.version, "
        f"'publisher', cast({survey.publisher} as string))"
    )


def recomputed() -> str:
    """Expression of the column where modules were computed anew: what packets told stays."""
    kept = ", ".join(f"'{name}', {PROVENANCE}.{name}" for name in ("schema_version", "publisher"))
    return (
        f"named_struct('broker_version', '{broker_version()}', "
        f"'science_version', {science_version()}, {kept})"
    )
