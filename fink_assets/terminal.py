"""How commands talk to people: problems with their remedy, Ctrl-C as an end, tables that fit.

What a command does belongs to the packages.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from rich.console import Console

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""Signals that ask a program to end: Ctrl-C, a supervisor, a closed terminal."""


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

    def interrupt(number: int, frame: object) -> None:
        for each in ENDING:
            signal.signal(each, signal.SIG_IGN)
        typer.echo("Stopping.")
        raise KeyboardInterrupt

    with _handled(interrupt), suppress(KeyboardInterrupt):
        yield


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

    with _handled(ask):
        yield asked.is_set


@contextmanager
def _handled(handler: Callable[[int, object], None]) -> Iterator[None]:
    """Have the signals that end a program handled so in the block."""
    before = {each: signal.signal(each, handler) for each in ENDING}
    try:
        yield
    finally:
        for each, earlier in before.items():
            signal.signal(each, earlier)


def say_ready(service: object, seconds: float) -> None:
    """Tell that a service answers."""
    typer.echo(f"{service.name:<10} answers after {seconds:.1f} s")  # type: ignore[attr-defined]


def console() -> Console:
    """Give a console as wide as the terminal, or wide enough for a log."""
    from rich.console import Console

    found = Console()
    return found if found.is_terminal else Console(width=120)
