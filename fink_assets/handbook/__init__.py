"""Pages of the documentation that say what the code declares: tables, modules, filters, cuts.

`python -m fink_assets.handbook` writes them; a test compares. What goes beyond declarations is
written by hand, on other pages.
"""

from pathlib import Path

from fink_assets.handbook.module import module_page
from fink_assets.handbook.modules import modules_page
from fink_assets.handbook.tables import tables_page
from fink_assets.raw2science.modules import MODULES
from fink_assets.settings import PROJECT

FOLDER = PROJECT / "docs" / "scientist"


def pages() -> dict[Path, str]:
    """Give each page's text by its path."""
    of_modules = {FOLDER / "modules" / m.survey / f"{m.name}.md": module_page(m) for m in MODULES}
    whole = {FOLDER / "tables.md": tables_page(), FOLDER / "modules.md": modules_page()}
    return whole | of_modules


def stale() -> list[Path]:
    """Pages of modules that there are no more."""
    return sorted(set((FOLDER / "modules").glob("**/*.md")) - set(pages()))


def write() -> None:
    """Write the pages, and delete those of modules that there are no more."""
    for path in stale():
        path.unlink()
    for path, text in pages().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
