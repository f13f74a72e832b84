"""What a row of the table is made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

NEW, OLD = 2, 1
"""The versions of every device in the table: a field of version 2 is in one and not in the other."""

Plain = Mapping[str, Any]


@dataclass(frozen=True)
class Same:
    """A save of `state` makes `wire`, and a load of it the state again. `held` is what the receiver has before."""

    state: Plain
    wire: str
    version: int = NEW
    held: Plain = field(default_factory=dict)


@dataclass(frozen=True)
class Loads:
    """A stream that a load accepts, and that no save makes."""

    wire: str
    state: Plain
    version: int = NEW
    held: Plain = field(default_factory=dict)


@dataclass(frozen=True)
class Refuses:
    """A load that is refused: the error's code."""

    wire: str
    code: str
    version: int = NEW
    held: Plain = field(default_factory=dict)


@dataclass(frozen=True)
class NotSaved:
    """A save that is refused: the error's code."""

    state: Plain
    code: str
    version: int = NEW


Case = Same | Loads | Refuses | NotSaved


@dataclass(frozen=True)
class Row:
    """One macro: `body` is what stands in the braces of a device. `methods` are its hooks.

    They are called with the object, whose values are its attributes, and with a reader or writer.
    """

    macro: str
    body: str
    cases: tuple[Case, ...]
    methods: Mapping[str, Callable[..., Any]] = field(default_factory=dict)

    @property
    def device(self) -> str:
        return f"a_{self.macro.lower()}"

    @property
    def text(self) -> str:
        return f"device {self.device} version {OLD}..{NEW} {{ {self.body} }}\n"


def row(macro: str, body: str, *cases: Case) -> Row:
    return Row(macro, body, cases)


def always(macro: str, type_: str, value: Any, wire: str) -> Row:
    """A field that is always there."""
    return row(macro, f"x : {type_}", Same({"x": value}, wire), Same({"x": value}, wire, OLD))


def since(macro: str, type_: str, value: Any, wire: str) -> Row:
    """A field with a version of its own, 2."""
    return row(macro, f"x : {type_} since 2", Same({"x": value}, wire), Same({}, "", OLD))


def when(macro: str, type_: str, value: Any, wire: str) -> Row:
    """A field with a test function."""
    body = f"a : u8  x : {type_} when a == 1"
    return row(macro, body, Same({"a": 1, "x": value}, "01" + wire), Same({"a": 2}, "02"))


def counted(macro: str, count: str, type_: str, value: Any, number: str, wire: str, times: int = 2) -> Row:
    """An array whose count (type `count`, on the wire before it: `number`) is in memory: `times` of what it counts."""
    return row(
        macro, f"n : {count}  x : {type_}", Same({"n": times, "x": value}, number + wire), Same({}, number[:-1] + "0")
    )
