"""What the engine says of a query that it cannot answer, in the words of the query's language.

Its own words name types, files and rewritten queries that nobody asked with: none of them is told.
"""

from __future__ import annotations

import re

TOLD: tuple[tuple[str, str], ...] = (
    (r"recursionlimit|recursion limit", "The query is nested too deeply."),
    (r"divide by zero|division by zero", "A whole number is divided by zero."),
    (r"raised to a negative power", "Zero is raised to a negative power."),
    (r"error parsing timestamp", "A text that is no time is compared with a time, or cast to one."),
    (
        r"cast error|can(no|')t cast|parser error|coerc|common (argument )?type|match any signature"
        r"|no function matches|non-boolean|supports signed|requires (string|numeric)",
        "The types of values do not fit, or a text is no number: compare, reckon and cast alike.",
    ),
    (r"overflow", "A number is larger than its type can be."),
    (r"must appear in the group by", "A column is neither in GROUP BY nor in an aggregate."),
    (r"for select distinct", "With DISTINCT, rows are ordered by what is selected."),
    (r"nested|not allowed in the where", "An aggregate stands where none may be."),
    (
        r"correlated|outer ?reference|subquer",
        "A query in a condition uses the query around it in a way that is not known here.",
    ),
    (
        r"memory|resources exhausted",
        "The query needs more memory than it may have.",
    ),
    (r"not found|no such file|generic .*error", "A file was replaced meanwhile: ask again."),
)
"""What the engine may say, and what it means."""
ELSE = "The engine cannot answer this query; simpler parts of it may be answered."


def told(problem: BaseException) -> str:
    """Say what is wrong with a query, in a line."""
    if isinstance(problem, MemoryError):
        return "The query needs more memory than it may have."
    said = str(problem).lower()
    return next((text for pattern, text in TOLD if re.search(pattern, said)), ELSE)
