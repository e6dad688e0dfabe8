"""Read the data of a pickle without running it: nothing that it names is imported or called.

A pickle is a program. Here its instructions only build plain values and notes of what it would have
called (`Note`); names that the reader does not expect, and instructions that no trained model
needs, are refused. What notes mean belongs to those who ask for them.
"""

import pickletools
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Any, BinaryIO


class RefusedPickleError(ValueError):
    """A pickle that holds more than the data that are expected; nothing of it was run."""


@dataclass(frozen=True)
class Name:
    """Something a pickle names, as ``module name``; only the name."""

    text: str


@dataclass(eq=False)
class Note:
    """Something a pickle would have made: by whom, of what, with which state and items."""

    maker: str
    arguments: Any
    state: Any = None
    items: dict[str, Any] = field(default_factory=dict)


@dataclass
class _Machine:
    """A stack, a memory, and the marks that begin a collection on the stack."""

    names: Collection[str]
    stack: list[Any] = field(default_factory=list)
    memory: dict[int, Any] = field(default_factory=dict)
    marks: list[int] = field(default_factory=list)

    def name(self, text: str) -> None:
        if text not in self.names:
            raise RefusedPickleError(f"the pickle names {text}, which no model of its kind needs")
        self.stack.append(Name(text))

    def stack_name(self, _: object) -> None:
        module, name = self.pop(2)
        self.name(f"{module} {name}")

    def pop(self, count: int) -> list[Any]:
        if len(self.stack) < count:
            raise RefusedPickleError("the pickle takes what it has not put down")
        taken = self.stack[len(self.stack) - count :]
        del self.stack[len(self.stack) - count :]
        return taken

    def marked(self) -> list[Any]:
        if not self.marks:
            raise RefusedPickleError("the pickle ends a collection that it has not begun")
        return self.pop(len(self.stack) - self.marks.pop())

    def put(self, place: int | None) -> None:
        self.memory[len(self.memory) if place is None else place] = self.stack[-1]

    def get(self, place: int) -> None:
        if place not in self.memory:
            raise RefusedPickleError("the pickle remembers what it has not kept")
        self.stack.append(self.memory[place])

    def note(self, _: object) -> None:
        maker, arguments = self.pop(2)
        if not isinstance(maker, Name) or not isinstance(arguments, tuple):
            raise RefusedPickleError("the pickle calls something other than a name")
        self.stack.append(Note(maker.text, arguments))

    def persistent(self, _: object) -> None:
        (identity,) = self.pop(1)
        self.stack.append(Note(PERSISTENT, identity))

    def build(self, _: object) -> None:
        made, state = self.pop(2)
        if not isinstance(made, Note):
            raise RefusedPickleError("the pickle gives a state to something other than an object")
        made.state = state
        self.stack.append(made)

    def extend(self, items: list[Any]) -> None:
        if not isinstance(self.stack[-1], list):
            raise RefusedPickleError("the pickle extends something other than a list")
        self.stack[-1].extend(items)

    def update(self, items: list[Any]) -> None:
        into = self.stack[-1]
        if isinstance(into, Note):
            into = into.items
        if not isinstance(into, dict) or not all(isinstance(k, str) for k in items[::2]):
            raise RefusedPickleError("the pickle fills something other than a table of names")
        into.update(zip(items[::2], items[1::2], strict=True))


PERSISTENT = "persistent"

_CONSTANTS = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False}
_VALUES = (
    *("BININT", "BININT1", "BININT2", "LONG1", "BINFLOAT"),
    *("BINUNICODE", "SHORT_BINUNICODE", "BINBYTES", "SHORT_BINBYTES"),
)
_DO: dict[str, Callable[[_Machine, Any], None]] = {
    **{name: lambda m, value: m.stack.append(value) for name in _VALUES},
    **{
        name: lambda m, _, value=value: m.stack.append(value)  # type: ignore[misc]
        for name, value in _CONSTANTS.items()
    },
    "PROTO": lambda m, _: None,
    "FRAME": lambda m, _: None,
    "GLOBAL": lambda m, text: m.name(text),
    "STACK_GLOBAL": _Machine.stack_name,
    "BINPUT": _Machine.put,
    "LONG_BINPUT": _Machine.put,
    "MEMOIZE": _Machine.put,
    "BINGET": _Machine.get,
    "LONG_BINGET": _Machine.get,
    "MARK": lambda m, _: m.marks.append(len(m.stack)),
    "EMPTY_DICT": lambda m, _: m.stack.append({}),
    "EMPTY_LIST": lambda m, _: m.stack.append([]),
    "EMPTY_TUPLE": lambda m, _: m.stack.append(()),
    "TUPLE": lambda m, _: m.stack.append(tuple(m.marked())),
    "TUPLE1": lambda m, _: m.stack.append(tuple(m.pop(1))),
    "TUPLE2": lambda m, _: m.stack.append(tuple(m.pop(2))),
    "TUPLE3": lambda m, _: m.stack.append(tuple(m.pop(3))),
    "APPEND": lambda m, _: m.extend(m.pop(1)),
    "APPENDS": lambda m, _: m.extend(m.marked()),
    "SETITEM": lambda m, _: m.update(m.pop(2)),
    "SETITEMS": lambda m, _: m.update(m.marked()),
    "REDUCE": _Machine.note,
    "NEWOBJ": _Machine.note,
    "BUILD": _Machine.build,
    "BINPERSID": _Machine.persistent,
}


def read(file: BinaryIO, names: Collection[str] = ()) -> Any:
    """Read the next pickle of a file.

    Parameters
    ----------
    file : file
        Stands behind the pickle afterwards.
    names : collection of str
        What the pickle may name, as ``module name``.

    Raises
    ------
    RefusedPickleError
        If the pickle names anything else, uses an instruction beyond those of data, or is none.
    """
    machine = _Machine(names)
    try:
        for instruction, argument, _ in pickletools.genops(file):
            if instruction.name == "STOP":
                break
            if instruction.name not in _DO:
                raise RefusedPickleError(f"the pickle uses the instruction {instruction.name}")
            _DO[instruction.name](machine, argument)
    except (ValueError, IndexError) as problem:
        if isinstance(problem, RefusedPickleError):
            raise
        raise RefusedPickleError(f"not a pickle: {problem}") from problem
    (value,) = machine.pop(1)
    if machine.stack:
        raise RefusedPickleError("the pickle leaves things behind")
    return value
