"""Markdown as all pages write it."""

from collections.abc import Iterable, Sequence

GENERATED = "<!-- Written by `python -m fink_assets.handbook`; change the declarations instead. -->"


def grid(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Give a table; cells may hold several lines."""
    lines = [head, ["---"] * len(head), *rows]
    cells = [[cell.replace("|", "\\|").replace("\n", " ") for cell in line] for line in lines]
    return "\n".join(f"| {' | '.join(line)} |" for line in cells)


def code(names: Iterable[str]) -> str:
    """Give names as code, one after the other."""
    return ", ".join(f"`{name}`" for name in names)


def joined(parts: Iterable[str]) -> str:
    """Give a page of paragraphs."""
    return "\n\n".join(parts) + "\n"
