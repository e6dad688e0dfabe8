"""Declare a rule once: column, bound, reason, source.

From one declaration come the row-level Spark predicate, the reason in the quarantine, the Great
Expectations expectation (`expectations`) and the documentation. No Spark, no Great Expectations
here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

Operator = Literal["==", ">=", "<=", "in", "between"]


@dataclass(frozen=True, kw_only=True)
class Rule:
    """A bound on a column that every usable alert meets. Null and NaN never pass.

    Parameters
    ----------
    name : str
        What is wrong with an alert that fails, e.g. ``low_real_bogus``.
    column : str
        Column path or Spark SQL expression.
    operator : str
        One of ``==``, ``>=``, ``<=``, ``in``, ``between`` (both ends included).
    threshold : number, bool, str or sequence
        The bound.
    why : str
        Why an alert outside the bound is not used.
    source : str
        Where the threshold comes from.
    tolerated : float
        Fraction of a batch or night that may fail before the batch itself is not plausible.
    severity : str
        ``critical`` blocks the batch downstream, ``warning`` only shows.
    """

    name: str
    column: str
    operator: Operator
    threshold: Any
    why: str
    source: str
    tolerated: float = 1.0
    severity: Literal["critical", "warning"] = "warning"

    @property
    def passes(self) -> str:
        """Spark SQL predicate, true only for values that meet the bound."""
        return f"coalesce({self._comparison} and {self.column} is not null{self._not_nan}, false)"

    @property
    def bound(self) -> str:
        """The bound as a person writes it, e.g. ``>= 0.55``."""
        return f"{self.operator} {_text(self.threshold)}"

    @property
    def limits(self) -> tuple[Any, Any]:
        """Lowest and highest value allowed; None where open."""
        if self.operator == "between":
            return self.threshold[0], self.threshold[1]
        return {
            ">=": (self.threshold, None),
            "<=": (None, self.threshold),
        }[self.operator]

    @property
    def _comparison(self) -> str:
        if self.operator == "between":
            low, high = self.threshold
            return f"{self.column} between {_sql(low)} and {_sql(high)}"
        if self.operator == "in":
            return f"{self.column} in ({', '.join(_sql(v) for v in self.threshold)})"
        return f"{self.column} {self.operator} {_sql(self.threshold)}"

    @property
    def _not_nan(self) -> str:
        ordered = self.operator in (">=", "<=", "between")
        return f" and not isnan({self.column})" if ordered else ""  # Spark sorts NaN above all

    @property
    def reason(self) -> str:
        """Spark SQL struct that tells why an alert fails: rule, column, value, threshold."""
        return (
            f"named_struct('rule', '{self.name}', 'column', {_sql(self.column)}, "
            f"'value', string({self.column}), 'threshold', {_sql(self.bound)})"
        )


def failures(rules: Sequence[Rule]) -> str:
    """Spark SQL array of the reasons why an alert fails, empty for one that passes."""
    if not rules:
        empty = "array<struct<rule: string, column: string, value: string, threshold: string>>"
        return f"cast(array() as {empty})"
    reasons = ", ".join(f"if({rule.passes}, null, {rule.reason})" for rule in rules)
    return f"filter(array({reasons}), reason -> reason is not null)"


def _sql(value: Any) -> str:
    """Write a Python value as a Spark SQL literal.

    A fraction becomes a float32, as in the packets: a score stored as 0.65 is 0.64999998 and must
    pass 0.65.
    """
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return f"float('{value!r}')"
    if isinstance(value, int):
        return str(value)
    return "'" + str(value).replace("\\", "\\\\").replace("'", "\\'") + "'"


def _text(value: Any) -> str:
    return (
        "(" + ", ".join(map(str, value)) + ")" if isinstance(value, (list, tuple)) else str(value)
    )
