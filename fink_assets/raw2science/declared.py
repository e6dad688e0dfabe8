"""What a declaration of a science module must be, so that no mistake waits for the night."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from fink_assets.raw2science.taken import names_taken

if TYPE_CHECKING:
    from fink_assets.raw2science.module import ScienceModule

SERVICES = "services."
STATUSES = ("ok", "not_applicable", "failed", "unavailable")
VERSION = re.compile(r"\d+\.\d+\.\d+")
PLAIN = "(?:string|double|float|bigint|int|smallint|tinyint|boolean|timestamp|date|binary)"
NESTED = re.compile(rf"array<{PLAIN}>|map<string,{PLAIN}>|struct<\w+:{PLAIN}(?:,\w+:{PLAIN})*>")


def require_sound(module: ScienceModule) -> None:
    """Refuse a declaration that could only fail at night.

    Raises
    ------
    ValueError
        It is not sound; the text says all that is wrong.
    """
    wrong = [*_form(module), *_outputs(module), *_inputs(module), *_golden(module)]
    if wrong:
        raise ValueError(f"{module.name}: {'; '.join(wrong)}")


def is_type(kind: str) -> bool:
    """Whether a text is a type of Spark SQL that an output may have.

    Examples
    --------
    >>> is_type("struct<mean: double, flags: array<int>>")
    True
    >>> is_type("number")
    False
    """
    kind = kind.replace(" ", "")
    while (inner := NESTED.sub("int", kind)) != kind:
        kind = inner
    return bool(re.fullmatch(PLAIN, kind))


def _form(module: ScienceModule) -> Iterator[str]:
    if module.name in names_taken(module.survey):
        yield "this is the name of a column that is there already"
    if not VERSION.fullmatch(module.version):
        yield f"its version is {module.version!r}, not of the form 1.2.3"
    if not module.doc.strip():
        yield "a module needs a docstring"
    if module.data and module.expressions:
        yield "expressions of Spark read no data beside alerts"


def _outputs(module: ScienceModule) -> Iterator[str]:
    names = [column.name for column in module.outputs]
    if len(set(names)) != len(names) or not names:
        yield f"outputs must be named, each once: {names}"
    if module.expressions and set(module.expressions) != set(names):
        yield f"expressions {sorted(module.expressions)} are not the outputs {names}"
    for column in module.outputs:
        if not is_type(column.type):
            yield f"{column.name} has the type {column.type!r}, which Spark SQL does not know"


def _inputs(module: ScienceModule) -> Iterator[str]:
    foreign = [path for path in module.inputs if "." not in path]
    if foreign:
        yield f"inputs are written as `group.column`, not {foreign}"
    if SERVICES in module.applies:
        yield "whether it applies cannot depend on a service's answer"
    asked = {path.split(".")[1] for path in module.inputs if path.startswith(SERVICES)}
    if asked != {service.name for service in module.services}:
        yield f"it reads {sorted(asked)}, and declares other services"


def _golden(module: ScienceModule) -> Iterator[str]:
    names = {column.name for column in module.outputs}
    for golden in module.golden:
        if golden.status not in STATUSES:
            yield f"golden alert {golden.alert} has the status {golden.status!r}"
        if unknown := sorted(set(golden.expected) - names):
            yield f"golden alert {golden.alert} expects {unknown}, which are no outputs"
