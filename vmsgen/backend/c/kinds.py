"""Structs that are described in one of few ways: a small number says which, and each is a constant text.

So lists of them are described by copying one text after the other, without a call for any of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import product
from weakref import WeakKeyDictionary

from vmsgen.backend.c.ctypes import struct_type
from vmsgen.backend.c.describe import Describer
from vmsgen.backend.c.describe_body import Size
from vmsgen.backend.c.function import Function, Names, function
from vmsgen.backend.c.lines import Lines
from vmsgen.backend.c.questions import Questions
from vmsgen.backend.c.refusals import Trail
from vmsgen.backend.names import c_struct
from vmsgen.model.description import Description
from vmsgen.model.hooks import hook_points
from vmsgen.model.types import Struct

MOST_TESTS = 3
LONGEST = 500
"""Characters of a text: VMS_TEXT_MOST, less the comma behind it."""


@dataclass(frozen=True)
class Kinds:
    """`tests` are C, of `s`: what each says is a bit of the kind, the first the lowest. `texts` have, by kind, the text
    and the bytes that a save writes."""

    tests: tuple[str, ...]
    texts: tuple[tuple[str, int], ...]


_KINDS: WeakKeyDictionary[Description, Kinds | None] = WeakKeyDictionary()
"""Found once: each struct is asked by all that embed it."""


def kinds(struct: Struct) -> Kinds | None:
    """None of what always has the same text, and of what has too many, or too long ones."""
    description = struct.description
    if struct.version != description.version:
        return None
    if description not in _KINDS:
        _KINDS[description] = _kinds(description)
    return _KINDS[description]


def _kinds(description: Description) -> Kinds | None:
    if description.anonymous or description.opaque or hook_points(description):
        return None
    tests = _Kind(description, ()).tests
    if not 0 < len(tests) <= MOST_TESTS:
        return None
    found = [_Kind(description, answers[::-1]) for answers in product((False, True), repeat=len(tests))]
    if not all(kind.certain and len(kind.text.pending) <= LONGEST for kind in found):
        return None
    return Kinds(tests, tuple((kind.text.pending, kind.fixed) for kind in found))


class _Kind(Describer):
    """What is said where the tests have these answers; tests without an answer hold. Nothing of it is C, if it can be
    said so."""

    def __init__(self, description: Description, answers: tuple[bool, ...]) -> None:
        super().__init__(c_struct(description.name), description.version, "", False)
        self.answers = answers
        self.tests: tuple[str, ...] = ()
        self.owner(description)

    def holds(self, test: str) -> bool:
        self.tests += (test,)
        return self.answers[len(self.tests) - 1] if len(self.tests) <= len(self.answers) else True

    @contextmanager
    def branch(self, head: str) -> Iterator[None]:
        before = self.text.pending, self.fixed
        holds = self.holds(head.removeprefix("if (").removesuffix(")"))
        yield
        if not holds:
            self.text.pending, self.fixed = before

    def description(self, struct: Struct, text: str, at: Trail) -> Size:
        found = kinds(struct)
        if found is None:
            return super().description(struct, text, at)
        kind = f"{c_struct(struct.description.name)}_kind(&{text})"
        bits = [f"{kind} & {1 << bit}u" for bit in range(len(found.tests))] if len(found.tests) > 1 else [kind]
        number = sum(self.holds(bit) << place for place, bit in enumerate(bits))
        self.text.add(found.texts[number][0])
        return found.texts[number][1]


def kind_function(description: Description) -> Function | None:
    """The function that says which kind a state is; for headers, so that whoever embeds it needs no call."""
    found = kinds(Struct(description))
    if found is None:
        return None
    names = Names(description)
    bits = [f"({test}) ? {1 << number}u : 0u" if "?" in test else f"{test} ? {1 << number}u : 0u"
            for number, test in enumerate(found.tests)]  # fmt: skip
    lines = Lines()
    lines.add(f"return {bits[0] if len(bits) == 1 else ' | '.join(f'({bit})' for bit in bits)};")
    return function("static inline ", f"unsigned {names.stem}_kind({names.saved})", lines)


@dataclass(frozen=True)
class EachKind:
    """C for the head of a loop over the elements of a list, and for the kind of one."""

    loop: str
    kind: str


def each_kind(lines: Lines, ask: Questions, struct: Struct, text: str) -> EachKind:
    """Of the list called `text`. Its place and length are read once: what bytes are stored to could be anything."""
    elements, count = ask.fresh("elements"), ask.fresh("elements_count")
    stem = c_struct(struct.description.name)
    lines.add(f"const {struct_type(struct.description)} *{elements} = {text};")
    lines.add(f"uint32_t {count} = {text}_count;")
    return EachKind(f"for (uint32_t i0 = 0; i0 < {count}; i0++)", f"{stem}_kind(&{elements}[i0])")
