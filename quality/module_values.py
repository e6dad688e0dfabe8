"""The values that science modules gave in a night: how many, in which range, distributed how.

Reads science without Spark. What is done about it belongs to `checks`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fink_assets.lake.table import Table, of_nights
from fink_assets.raw2science.module import ScienceModule

if TYPE_CHECKING:
    import numpy as np

NIGHTS = 7
"""Nights with alerts that a night is compared with: those before it."""
LEAST = 200
"""Values below which a distribution is not compared."""
DISTANCE = 0.2
"""Kolmogorov-Smirnov distance of two distributions above which they differ: of samples of `LEAST`
it is reached by chance once in a thousand; larger ones differ by as much only where it matters."""
MORE_NULLS = 0.2
"""Growth of the fraction of nulls that is not as usual."""
SAMPLE = 20_000
"""Alerts of a night, and of those before it, whose distributions are compared."""

_NUMBERS = frozenset(("double", "float", "int", "bigint", "smallint", "boolean"))


@dataclass(frozen=True, kw_only=True)
class Values:
    """One number that a module gives, in one night.

    Parameters
    ----------
    module, output : str
        Which; the field of a struct with a dot.
    alerts, nulls : int
        Alerts for which the module's status is ``ok``; those without a value (null or NaN).
    outside : int
        Values that are not in the declared range.
    least, most : float or None
        Of the values.
    distance : float or None
        From the distribution of the nights before: the largest difference of the two cumulative
        distributions; None of too few values.
    nulls_before : float or None
        Fraction of nulls in the nights before; None of too few alerts.
    """

    module: str
    output: str
    alerts: int
    nulls: int
    outside: int
    least: float | None
    most: float | None
    distance: float | None
    nulls_before: float | None

    @property
    def null_fraction(self) -> float | None:
        """Of the alerts."""
        return self.nulls / self.alerts if self.alerts else None

    @property
    def unusual(self) -> bool:
        """Whether it is not distributed as in the nights before."""
        return (self.distance or 0) > DISTANCE

    @property
    def lacking(self) -> bool:
        """Whether it is null more often than in the nights before."""
        before, now = self.nulls_before, self.null_fraction
        if before is None or now is None or self.alerts < LEAST:
            return False
        return now - before > MORE_NULLS


@dataclass(frozen=True, kw_only=True)
class _Place:
    """A number in science: the SQL of its value, and its range."""

    module: str
    output: str
    value: str
    between: tuple[float, float] | None


def values(science: Table, modules: Sequence[ScienceModule], night: str) -> list[Values]:
    """Look at every number that modules gave in a night."""
    places = list(_places(science, modules))
    before = sorted(n for n in science.nights() if n < night)[-NIGHTS:]
    if not places or night not in science.nights():
        return []
    now, then = _counts(science, places, [night]), _counts(science, places, before)
    samples, others = _sample(science, places, [night]), _sample(science, places, before)
    return [
        Values(
            module=place.module,
            output=place.output,
            alerts=now[f"alerts{n}"],
            nulls=now[f"alerts{n}"] - now[f"known{n}"],
            outside=now[f"outside{n}"],
            least=now[f"least{n}"],
            most=now[f"most{n}"],
            distance=distance(samples[n], others[n]),
            nulls_before=_nulls(then, n),
        )
        for n, place in enumerate(places)
    ]


def distance(one: np.ndarray, other: np.ndarray) -> float | None:
    """Two-sample Kolmogorov-Smirnov statistic; None where either has less than `LEAST` values."""
    import numpy as np

    from fink_assets.astro.power_spectrum import kolmogorov_smirnov

    if min(len(one), len(other)) < LEAST:
        return None
    return kolmogorov_smirnov(np.sort(one), np.sort(other))


def _places(science: Table, modules: Sequence[ScienceModule]) -> Iterator[_Place]:
    """Numbers of modules that the table has; one may be newer than the table."""
    log = science.log()
    there = {field.name: field.type for field in log.schema().fields} if log else {}
    for module in modules:
        known = {f.name for f in getattr(there.get(module.name), "fields", ())}
        for column in module.outputs:
            for path, kind in _leaves(column.name, column.type):
                if column.name in known and kind in _NUMBERS:
                    inner = "".join(f"['{name}']" for name in path.split("."))
                    value = f"cast({module.name}{inner} as double)"
                    yield _Place(
                        module=module.name,
                        output=path,
                        value=f"case when isnan({value}) then null else {value} end",
                        between=column.between,
                    )


def _leaves(name: str, kind: str) -> Iterator[tuple[str, str]]:
    """Fields of a struct, or the column itself."""
    struct = re.fullmatch(r"struct<([^<>]*)>", kind)
    if not struct:
        yield name, kind
        return
    for field in struct[1].split(","):
        inner, _, inner_kind = field.partition(":")
        yield f"{name}.{inner.strip()}", inner_kind.strip()


def _counts(science: Table, places: Sequence[_Place], nights: Sequence[str]) -> Mapping[str, Any]:
    if not nights:
        return {}
    columns = []
    for n, place in enumerate(places):
        value = place.value
        columns += [
            f"count(case when module_status['{place.module}'] = 'ok' then 1 end) as alerts{n}",
            f"count({value}) as known{n}",
            f"count(case when {_outside(place)} then 1 end) as outside{n}",
            f"min({value}) as least{n}",
            f"max({value}) as most{n}",
        ]
    answer = science.query(f"select {', '.join(columns)} from it where {of_nights(nights)}")
    return answer.to_pylist()[0]


def _outside(place: _Place) -> str:
    low, high = place.between or (-math.inf, math.inf)
    beyond = [f"{place.value} < {low}"] if math.isfinite(low) else []
    beyond += [f"{place.value} > {high}"] if math.isfinite(high) else []
    return " or ".join(beyond) or "false"


def _nulls(counts: Mapping[str, Any], n: int) -> float | None:
    alerts = counts.get(f"alerts{n}", 0)
    return 1 - counts[f"known{n}"] / alerts if alerts >= LEAST else None


def _sample(science: Table, places: Sequence[_Place], nights: Sequence[str]) -> list[np.ndarray]:
    """Values of about `SAMPLE` alerts, the same whenever asked, without nulls."""
    import numpy as np

    if not nights:
        return [np.zeros(0) for _ in places]
    every = max(1, science.count(nights=nights) // SAMPLE)
    columns = ", ".join(f"{place.value} as v{n}" for n, place in enumerate(places))
    answer = science.query(
        f"select {columns} from it where {of_nights(nights)} and alert_id % 1000003 % {every} = 0"
    )
    return [answer[f"v{n}"].drop_null().to_numpy() for n in range(len(places))]
