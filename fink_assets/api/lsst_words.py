"""Words of the LSST flavour: its tags, its blocks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fink_assets.api.endpoints import Values

if TYPE_CHECKING:
    from fink_assets.api.archive import Archive


def known_tags() -> dict[str, str]:
    """List the filters of the survey, and what each says of itself."""
    from fink_assets.distribution.filters import FILTERS

    return {f.name: f.doc.strip() for f in FILTERS if f.survey == "lsst"}


def blocks(archive: Archive, values: Values) -> dict[str, Any]:
    """Answer `/blocks`: conditions that filters share; here the cuts that every alert passed."""
    from fink_assets.surveys import SURVEYS

    return {f"b_{rule.name}": rule.why for rule in SURVEYS["lsst"].cuts}
