"""Drift, and the values of modules, as Dagster shows them: numbers and tables of metadata.

The translation only; what is found belongs to `schema_history`, `field_availability` and
`module_values`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import dagster as dg

from quality.field_availability import Availability, NightFields
from quality.module_values import Values
from quality.schema_history import Comparison

KINDS = ("new", "missing", "retyped", "mixed")
# Rows of a table in metadata; the tables of the lake have all.
SHOWN = 200
FIRST = "no earlier night"


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What a check says, with its metadata."""

    passed: bool
    metadata: dict[str, Any]


def of_comparison(found: Comparison) -> dict[str, Any]:
    """Metadata of a night of schema_history."""
    versions = frozenset[str]().union(*found.now.versions.values()) if found.now else ()
    return {
        "dagster/row_count": len(found.changes),
        "alerts": found.now.alerts if found.now else 0,
        "fields": len(found.now.types) if found.now else 0,
        "versions": ", ".join(sorted(versions)) or "none",
        "compared with": found.compared_with or FIRST,
        **_kinds([found]),
        **_changes([found]),
    }


def same_fields(nights: Sequence[Comparison]) -> Finding:
    """Say which fields are not those of the night before, in some nights."""
    metadata = {"nights": _pairs((n.night, n.compared_with) for n in nights)}
    return Finding(
        passed=not any(night.drifted for night in nights),
        metadata=metadata | _kinds(nights) | _changes(nights),
    )


def _kinds(nights: Sequence[Comparison]) -> dict[str, int]:
    counts = Counter[str](change.kind for night in nights for change in night.changes)
    return {kind: counts[kind] for kind in KINDS}


def _changes(nights: Sequence[Comparison]) -> dict[str, Any]:
    rows = (
        {
            "night": night.night,
            "change": change.kind,
            "field": change.field,
            "type": ", ".join(sorted(change.now)),
            "type before": ", ".join(sorted(change.before)),
            "versions": ", ".join(night.versions(change)),
        }
        for night in nights
        for change in night.changes
    )
    return _table("changes", rows)


def of_counts(found: NightFields) -> dict[str, Any]:
    """Metadata of a night of field_availability: its numbers, and the fields that lack values."""
    fractions = [f.null_fraction for f in found.fields if f.null_fraction is not None]
    lacking = [f for f in found.fields if f.lacking or (found.shift(f) or 0) != 0]
    lacking.sort(key=lambda f: (-abs(found.shift(f) or 0), f.field))
    return {
        "dagster/row_count": len(found.fields),
        "never null": fractions.count(0.0),
        "sometimes null": sum(0 < fraction < 1 for fraction in fractions),
        "always null": fractions.count(1.0),
        "with NaN": sum(bool(f.nans) for f in found.fields),
        "compared with": found.compared_with or FIRST,
        **_table("fields that lack values", (_availability(found, f) for f in lacking)),
    }


def still_there(nights: Sequence[NightFields]) -> Finding:
    """Say which fields have mostly no value any more, in some nights."""
    lost = [_availability(night, now) for night in nights for now in night.lost]
    metadata = {
        "nights": _pairs((night.night, night.compared_with) for night in nights),
        "lost": len(lost),
    }
    return Finding(passed=not lost, metadata=metadata | _table("lost fields", lost))


def _availability(night: NightFields, found: Availability) -> dict[str, Any]:
    was = night.before.get(found.field)
    return {
        "night": night.night,
        "field": found.field,
        "rows": found.rows,
        "null": _percent(found.null_fraction),
        "NaN": _percent(found.nans / found.rows if found.rows and found.nans else None),
        "null or NaN before": _percent(was.lacking if was else None),
        "rows before": was.rows if was else None,
    }


def of_numbers(name: str, found: Iterable[Values]) -> dict[str, Any]:
    """Metadata of the values that a module gave in a night."""
    return _table(
        name,
        (
            {
                "value": each.output,
                "alerts": each.alerts,
                "null": _percent(each.null_fraction),
                "null before": _percent(each.nulls_before),
                "outside": each.outside,
                "least": each.least,
                "most": each.most,
                "distance": each.distance,
            }
            for each in found
        ),
    )


def _percent(fraction: float | None) -> str:
    return "" if fraction is None else f"{fraction:.1%}"


def _pairs(nights: Iterable[tuple[str, str | None]]) -> str:
    """Nights with those they were compared with."""
    return ", ".join(f"{night} with {other or FIRST}" for night, other in nights)


def _table(name: str, rows: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """Rows as a table of metadata, up to a number; nothing of none, of which Dagster makes none."""
    left = iter(rows)
    shown = list(islice(left, SHOWN))
    if not shown:
        return {}
    hidden = {f"{name} not shown": n} if (n := sum(1 for _ in left)) else {}
    return {name: dg.MetadataValue.table([dg.TableRecord(row) for row in shown])} | hidden
