"""What a science module may read beside alerts."""

from collections.abc import Sequence
from typing import Protocol


class Source(Protocol):
    """What a module reads beside alerts."""

    @property
    def key(self) -> Sequence[str]:
        """Asset key."""

    @property
    def digest(self) -> str:
        """Digest of the content, known without it; of a service, of what is asked."""


class Data(Source, Protocol):
    """What is on this machine: a catalogue, a model."""

    def missing(self) -> str:
        """Say what is missing on this machine and what to do; empty if nothing is."""
