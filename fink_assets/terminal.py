"""How commands talk to people: problems with their remedy, Ctrl-C as an end, tables that fit.

What a command does belongs to the packages.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from rich.console import Console


@contextmanager
def explained() -> Iterator[None]:
    """End with the remedy, not a stack trace, when the machine lacks something."""
    from resources.embedded.machine import SetupError

    try:
        yield
    except SetupError as problem:
        typer.secho(f"{problem.problem}\n-> {problem.remedy}", fg="red", err=True)
        raise typer.Exit(1) from None


@contextmanager
def until_interrupted() -> Iterator[None]:
    """Let Ctrl-C, SIGTERM or a closed terminal end the block, and nothing disturb its end."""
    signals = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

    def interrupt(number: int, frame: object) -> None:
        for each in signals:
            signal.signal(each, signal.SIG_IGN)
        typer.echo("Stopping.")
        raise KeyboardInterrupt

    before = {each: signal.signal(each, interrupt) for each in signals}
    try:
        yield
    except KeyboardInterrupt:
        pass
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


@contextmanager
def asked_to_stop() -> Iterator[Callable[[], bool]]:
    """Tell the block whether Ctrl-C, SIGTERM or a closed terminal asked it to come to its end.

    A second Ctrl-C interrupts it.
    """
    asked = threading.Event()

    def ask(number: int, frame: object) -> None:
        if asked.is_set():
            raise KeyboardInterrupt
        asked.set()

    signals = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {each: signal.signal(each, ask) for each in signals}
    try:
        yield asked.is_set
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


def say_ready(service: object, seconds: float) -> None:
    """Tell that a service answers."""
    typer.echo(f"{service.name:<10} answers after {seconds:.1f} s")  # type: ignore[attr-defined]


def console() -> Console:
    """Give a console as wide as the terminal, or wide enough for a log."""
    from rich.console import Console

    found = Console()
    return found if found.is_terminal else Console(width=120)
