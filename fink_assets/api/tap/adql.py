"""ADQL, the query language of the Virtual Observatory (ADQL 2.1), written anew for the engine.

A query is parsed by sqlglot; of what it found only what is known here is written, value by value
and name by name, over tables that are shown. Anything else is refused. SELECT is `selects`, what
is made of several of them `sets`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from fink_assets.api.errors import RequestError
from fink_assets.api.tap.sets import Translator
from fink_assets.api.tap.tables import Column, Shown

LONGEST = 20_000
"""Characters of a query."""
MOST_NODES = 3_000
"""Parts of a query."""

OWN = ("LOG10", "MOD")
"""Functions that are read here and not by the parser."""

BEFORE_LISTS = ("SELECT", "DISTINCT", "ALL", "TOP", "L_PAREN", "FROM", "GROUP_BY", "ORDER_BY")
AFTER_LISTS = (
    *("", "COMMA", "FROM", "R_PAREN", "WHERE", "GROUP_BY", "HAVING", "ORDER_BY", "JOIN", "ON"),
    *("UNION", "EXCEPT", "INTERSECT", "LIMIT", "OFFSET", "SEMICOLON"),
)
"""What stands before a list and after it; a comma of it is beside neither."""


@dataclass(frozen=True, kw_only=True)
class Query:
    """A query as the engine reads it.

    Parameters
    ----------
    statement : str
        SQL of DataFusion; its columns have other names than the query's.
    tables : mapping of str to Shown
        Tables by the names that they have in it.
    columns : mapping of str to Column
        Names of the result's columns, and what each means.
    limit : int or None
        Rows that the query itself asks for.
    """

    statement: str
    tables: Mapping[str, Shown]
    columns: Mapping[str, Column]
    limit: int | None


def translated(text: str, tables: Sequence[Shown], most_rows: int) -> Query:
    """Translate a query, which then gives one row more than the most, if it has more.

    Raises
    ------
    RequestError
        It is no query that is answered here, and why.
    """
    if len(text) > LONGEST or "\0" in text:
        raise RequestError(f"A query has at most {LONGEST} characters.\n")
    try:
        translator = Translator(shown=tables, most_rows=most_rows + 1)
        part = translator.whole(_parsed(text))
    except RecursionError:
        raise RequestError("The query is nested too deeply.\n") from None
    return Query(
        statement=part.statement,
        tables=translator.used,
        columns=part.columns,
        limit=part.limit,
    )


def _parsed(text: str) -> Any:
    import sqlglot
    from sqlglot import exp
    from sqlglot.dialects.postgres import Postgres
    from sqlglot.parsers.postgres import PostgresParser
    from sqlglot.tokens import TokenType

    class Adql(Postgres):
        class Tokenizer(Postgres.Tokenizer):
            KEYWORDS = {**Postgres.Tokenizer.KEYWORDS, "TOP": TokenType.TOP}  # noqa: RUF012

        class Parser(PostgresParser):
            # Their builders drop arguments that are too many.
            FUNCTIONS = {k: v for k, v in PostgresParser.FUNCTIONS.items() if k not in OWN}  # noqa: RUF012

    try:
        _listed(Adql().tokenize(text))
        found = [tree for tree in sqlglot.parse(text, read=Adql) if tree is not None]
    except sqlglot.errors.TokenError:
        raise RequestError(f"The query cannot be parsed: {unclosed(text)}.\n") from None
    except sqlglot.errors.SqlglotError as problem:
        raise RequestError(f"The query cannot be parsed{_place(problem)}.\n") from None
    if len(found) != 1 or not isinstance(found[0], exp.Query):
        raise RequestError("A query is one SELECT, or several made one by UNION and the like.\n")
    if sum(1 for _ in zip(range(MOST_NODES + 1), found[0].walk(), strict=False)) > MOST_NODES:
        raise RequestError(f"A query has at most {MOST_NODES} parts.\n")
    return found[0]


def _listed(tokens: Sequence[Any]) -> None:
    """Check that a comma has something on both sides: the parser passes over those that have not.

    Raises
    ------
    RequestError
        One has not.
    """
    before, first = "", ""
    for token, after in pairwise([*tokens, None]):
        kind, then = token.token_type.name, after.token_type.name if after else ""
        first = "TOP" if before == "TOP" else kind
        if kind == "COMMA" and then in AFTER_LISTS:
            told = f"nothing stands behind the comma in line {token.line}, column {token.col}"
            raise RequestError(f"The query cannot be parsed: {told}.\n")
        if then == "COMMA" and first in BEFORE_LISTS:
            told = f"nothing stands before the comma in line {after.line}, column {after.col}"
            raise RequestError(f"The query cannot be parsed: {told}.\n")
        before = kind


UNCLOSED = re.compile(
    r"""(?P<closed>'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|/\*.*?\*/|[^'"/-]+)|(?P<open>'|"|/\*)|.""",
    re.DOTALL,
)
OPENERS = {"'": "text", '"': "name in quotes", "/*": "comment"}


def unclosed(text: str) -> str:
    """Say what begins in a query and does not end, and where."""
    for found in UNCLOSED.finditer(text):
        if opener := found["open"]:
            before = text[: found.start()]
            line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
            return f"the {OPENERS[opener]} that begins in line {line}, column {column} has no end"
    return "it has characters that no query has"


def _place(problem: Any) -> str:
    """Where parsing ended, and at what."""
    told = (getattr(problem, "errors", None) or [{}])[0]
    if "line" not in told:
        return ""
    near = " ".join(str(told.get("highlight") or "").split())[:40]
    return f" in line {told['line']}, column {told['col']}{f', at {near}' if near else ''}"
