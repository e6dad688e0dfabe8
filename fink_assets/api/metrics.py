"""Counts and durations of requests, in the text format of Prometheus.

Of one process; kept in memory.
"""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass, field

BOUNDS_SECONDS = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 120.0)


@dataclass
class Metrics:
    """What this process has answered."""

    requests: Counter[tuple[str, int]] = field(default_factory=Counter)
    buckets: Counter[tuple[str, float]] = field(default_factory=Counter)
    seconds: Counter[str] = field(default_factory=Counter)
    bytes_sent: Counter[str] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, route: str, status: int, seconds: float, sent: int) -> None:
        """Count a request."""
        with self._lock:
            self.requests[route, status] += 1
            self.seconds[route] += seconds  # type: ignore[assignment]
            self.bytes_sent[route] += sent
            for bound in BOUNDS_SECONDS:
                self.buckets[route, bound] += seconds <= bound

    def text(self) -> str:
        """Write all of them."""
        with self._lock:
            return "\n".join([*self._requests(), *self._durations(), *self._bytes()]) + "\n"

    def _requests(self) -> list[str]:
        lines = ["# TYPE fink_api_requests_total counter"]
        for (route, status), count in sorted(self.requests.items()):
            lines.append(f'fink_api_requests_total{{route="{route}",status="{status}"}} {count}')
        return lines

    def _durations(self) -> list[str]:
        name = "fink_api_request_seconds"
        lines = [f"# TYPE {name} histogram"]
        for route in sorted(self.seconds):
            total = sum(n for (r, _), n in self.requests.items() if r == route)
            for bound in BOUNDS_SECONDS:
                count = self.buckets[route, bound]
                lines.append(f'{name}_bucket{{route="{route}",le="{bound:g}"}} {count}')
            lines.append(f'{name}_bucket{{route="{route}",le="+Inf"}} {total}')
            lines.append(f'{name}_sum{{route="{route}"}} {self.seconds[route]:.6f}')
            lines.append(f'{name}_count{{route="{route}"}} {total}')
        return lines

    def _bytes(self) -> list[str]:
        lines = ["# TYPE fink_api_sent_bytes_total counter"]
        for route, count in sorted(self.bytes_sent.items()):
            lines.append(f'fink_api_sent_bytes_total{{route="{route}"}} {count}')
        return lines
