"""What operators do with services: see what is known, compact it, check columns, fetch lists.

`python -m fink_assets.services --help`. Modules ask by `look_up`, not from here.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import typer

from fink_assets.clock import utc_now
from fink_assets.lake.table import Table
from fink_assets.services import PIECEWISE, SERVICES, tending
from fink_assets.services.answers import Answers
from fink_assets.services.cds import undeclared
from fink_assets.services.client import ServiceError
from fink_assets.services.configured import clients
from fink_assets.services.service import Service, Snapshot
from fink_assets.services.snapshot import opened
from fink_assets.services.tns import refresh
from fink_assets.settings import settings

if TYPE_CHECKING:
    from rich.table import Table as Grid

app = typer.Typer(add_completion=False, help="Remote catalogues, and what is known of them.")


@app.command("show")
def show() -> None:
    """List services: whether they may be asked, what is known, and since when."""
    from rich.console import Console

    Console().print(overview(settings().lake, set(settings().services)))


def overview(root: str, asked: set[str]) -> Grid:
    """Lines for people: one per service."""
    from rich.table import Table as Grid

    grid = Grid("service", "asked", "within", "known", "first answer", "last answer")
    for service in SERVICES:
        may = "yes" if service.name in asked else "no"
        grid.add_row(service.name, may, f'{service.radius_arcsec:g}"', *known(service, root))
    for table in tending.by_name(root):
        name = table.name.removeprefix("services/")
        grid.add_row(name, "yes" if name in asked else "no", "", *_answers(table))
    return grid


def _answers(table: Table) -> tuple[str, str, str]:
    """How many answers about names are kept, and the dates of the first and the last."""
    if not table.exists():
        return "0 answers", "", ""
    (row,) = table.query(
        "select count(*) as answers, min(answered) as first, max(answered) as last from it"
    ).to_pylist()
    return f"{row['answers']} answers", _minute(row["first"]), _minute(row["last"])


def known(service: Service, root: str) -> tuple[str, str, str]:
    """How much is known of a service, and the dates of its first and last answer."""
    if isinstance(service, Snapshot):
        listed = opened(service, root)
        date = _minute(listed.fetched if listed else None)
        return f"{listed.rows.num_rows if listed else 0} sources", date, date
    pieces, first, last = Answers(root).summary(service)
    return f"{pieces} pieces", _minute(first), _minute(last)


def _minute(date: datetime | None) -> str:
    return f"{date:%Y-%m-%d %H:%M}" if date else ""


@app.command("compact")
def compact() -> None:
    """Make the many small files of kept answers into few."""
    for name, counts in tending.compact(settings().lake):
        typer.echo(f"{name}: {counts}")


@app.command("check")
def check(seconds: float = typer.Option(30.0, help="Most time for each service")) -> None:
    """Ask each service that the settings name whether it has the declared columns."""
    made, failed = clients(settings()), False
    for service in PIECEWISE:
        client = made[service.name]
        if client is None:
            continue
        try:
            absent = undeclared(client, service, deadline=client.clock() + seconds)
        except ServiceError as problem:
            absent = [problem.reason]
        failed |= bool(absent)
        typer.echo(f"{service.name}: {', '.join(absent) or 'has all columns'}")
    raise typer.Exit(int(failed))


@app.command("fetch-tns")
def fetch_tns() -> None:
    """Fetch the list of the Transient Name Server; once a day is enough."""
    try:
        written = refresh(settings(), utc_now())
    except ServiceError as problem:
        typer.echo(f"not fetched, the last list stays: {problem.reason}", err=True)
        raise typer.Exit(1) from problem
    if written is None:
        raise typer.BadParameter("FINK_SERVICES does not name tns")
    typer.echo(f"{written} transients")


if __name__ == "__main__":
    app()
