"""Structs of a program's own for the descriptions of a schema.

The members stand in another order, among others that the schema does not know; there are pointers in place of some
arrays, and C's own `_Bool` in place of some bytes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from random import Random

from vmsgen.backend.c.ctypes import named_declarations
from vmsgen.backend.names import c_struct, member_name
from vmsgen.model.binding import embedded, is_kept_by_members
from vmsgen.model.description import Description, Member
from vmsgen.model.schema import Schema
from vmsgen.model.types import Scalar, Struct, dimensions, innermost, is_allocated, structs_in

HEADER = "own.h"
CANARY = 0x5A5A5A5A


def bound_text(text: str, schema: Schema) -> str:
    """The schema with `for` at everything that can have it. A load makes the elements of lists; what is made of those
    as they are would have to be known before the program's own header."""
    emitted: set[str] = set()
    for description in schema.descriptions:
        for member in description.members:
            if is_allocated(member.type):
                for struct in structs_in(member.type):
                    emitted |= set(_with_all_in(struct.description))
    for description in schema.descriptions:
        if any(name in emitted for name in _with_all_in(description)):
            emitted.add(description.name)
    for description in schema.descriptions:
        if not description.anonymous and description.name not in emitted:
            head = re.compile(rf'^((?:device|struct) {description.name}\b(?: "[^"]*")?)', re.MULTILINE)
            text, count = head.subn(rf'\1 for "{own_type(description)}" in "{HEADER}"', text)
            assert count == 1, description.name
    return text


def _with_all_in(description: Description) -> Iterator[str]:
    yield description.name
    for inner in embedded(description):
        yield from _with_all_in(inner)


def own_type(description: Description) -> str:
    """Some are a typedef, some a struct with a tag."""
    return f"Own_{description.name}" if len(description.members) % 2 else f"struct own_{description.name}"


class OwnStructs:
    """`header` declares the structs; `functions` of each make one, look whether what nobody declared is as it was, and
    give its memory up."""

    def __init__(self, schema: Schema, random: Random) -> None:
        self.random = random
        self.extras = 0
        headers, functions = [], []
        for description in schema.descriptions:
            if description.anonymous or not is_kept_by_members(description):
                continue
            self.make: list[str] = []
            self.look: list[str] = []
            self.give_up: list[str] = []
            if description.own:
                self._others_in(description, "s->", 0)
                self._functions(functions, description, f"struct {c_struct(description.name)}")
                continue
            body = self._struct(description, "s->", 0)
            type_ = own_type(description)
            tag = type_ if type_.startswith("struct ") else f"struct own_tag_{description.name}"
            headers.append(f"{tag} {{\n{body}}};")
            if tag != type_:
                headers.append(f"typedef {tag} {type_};")
            self._functions(functions, description, type_)
        self.header = "\n".join(["#pragma once", "#include <stdint.h>", *self._forward(schema), *headers, ""])
        self.functions = "\n".join([*functions, ""])

    @staticmethod
    def _forward(schema: Schema) -> Iterator[str]:
        for description in schema.descriptions:
            if description.own and not description.anonymous:
                yield f"struct {c_struct(description.name)};"

    def _functions(self, functions: list[str], description: Description, type_: str) -> None:
        for name in ("make", "look", "give_up"):
            lines = "".join(f"    {line}\n" for line in getattr(self, name))
            functions.append(f"static inline void {name}_{description.name}({type_} *s)\n{{\n    (void)s;\n{lines}}}")

    def _others_in(self, description: Description, way: str, depth: int) -> None:
        """Of one that the schema emits: what it has in it of the program's own."""
        for member in description.members:
            element = innermost(member.type)
            if isinstance(element, Struct) and is_kept_by_members(element.description):
                lengths = dimensions(member.type)
                self._inner(element.description, f"{way}{member_name(member.name)}", lengths, depth)

    def _struct(self, description: Description, way: str, depth: int) -> str:
        lines: list[str] = []
        members = list(description.members)
        self.random.shuffle(members)
        for member in members:
            if self.random.random() < 0.4:
                lines.append(self._extra(way))
            lines += self._member(description, member, way, depth)
        lines.append(self._extra(way))
        return "".join(f"    {line}\n" for line in lines)

    def _extra(self, way: str) -> str:
        self.extras += 1
        name = f"extra{self.extras}"
        self.make.append(f"{way}{name} = {CANARY};")
        self.look.append(f"EXPECT({way}{name} == {CANARY});")
        return f"int {name};"

    def _member(self, owner: Description, member: Member, way: str, depth: int) -> list[str]:
        name, element, lengths = member_name(member.name), innermost(member.type), dimensions(member.type)
        nameless = isinstance(element, Struct) and not element.description.own and element.description.anonymous
        pointer = bool(lengths) and not is_allocated(member.type) and self.random.random() < 0.5
        if pointer:
            self.make.append(f"{way}{name} = calloc({lengths[0]}, sizeof *{way}{name});")
            self.make.append(f"EXPECT({way}{name});")
        (_, text), *beside = named_declarations(owner, member) if not nameless else [(name, "")]
        if nameless or (isinstance(element, Struct) and not element.description.own):
            assert isinstance(element, Struct)
            body = self._inner(element.description, f"{way}{name}", lengths, depth)
            if nameless:
                text = f"struct {{\n{body}}} {name}" + "".join(f"[{length}]" for length in lengths)
        if pointer:
            self.give_up.append(f"free({way}{name});")
            before, _, behind = text.rpartition(name)
            rest = behind[behind.index("]") + 1 :]
            text = before + (f"(*{name}){rest}" if rest else f"*{name}")
        plain = isinstance(element, Scalar) and not is_allocated(member.type)
        if plain and element.kind == "bool" and self.random.random() < 0.5:
            text = text.replace("uint8_t", "_Bool", 1)
        return [f"{text};", *(f"{declared};" for _, declared in beside)]

    def _inner(self, inner: Description, text: str, lengths: tuple[int, ...], depth: int) -> str:
        """What is done with each of the structs inside; returns the members of one without a name."""
        indices = [f"i{depth + number}" for number in range(len(lengths))]
        for index, length in zip(indices, lengths, strict=True):
            for lines in (self.make, self.look, self.give_up):
                lines.append(f"for (size_t {index} = 0; {index} < {length}; {index}++) {{")
            text += f"[{index}]"
        body = ""
        if inner.anonymous and inner.own:
            self._others_in(inner, f"{text}.", depth + len(lengths))
        elif inner.anonymous:
            body = self._struct(inner, f"{text}.", depth + len(lengths))
        else:
            for name in ("make", "look", "give_up"):
                getattr(self, name).append(f"{name}_{inner.name}(&{text});")
        for _ in indices:
            for lines in (self.make, self.look, self.give_up):
                lines.append("}")
        return body


_TABLE = """
typedef struct any_device {
    const vms_device *device;
    void *(*make)(void);
    void (*look)(void *);
    void (*give_up)(void *);
} any_device;
"""


def devices_header(schema: Schema, functions: str, stem: str) -> str:
    """`devices.h` of the program: how each device is made, looked at and given up."""
    parts = [
        f'#pragma once\n#include "{stem}.h"\n#include "program.h"\n',
        _TABLE,
        functions,
    ]
    rows = []
    for device in schema.devices:
        name = c_struct(device.name)
        type_ = f"struct {name}" if device.own else own_type(device)
        kept = is_kept_by_members(device)
        calls = {word: f"{word}_{device.name}(s); " if kept else "" for word in ("make", "look", "give_up")}
        parts.append(
            f"static void *make_one_{name}(void)\n{{\n    {type_} *s = calloc(1, sizeof *s);\n    EXPECT(s);\n"
            f"    {calls['make']}return s;\n}}\n"
            f"static void look_at_{name}(void *any) {{ {type_} *s = any; (void)s; {calls['look']}}}\n"
            f"static void give_up_one_{name}(void *any) {{ {type_} *s = any; {calls['give_up']}free(s); }}\n"
        )
        rows.append(f"    {{&{name}_device, make_one_{name}, look_at_{name}, give_up_one_{name}}},\n")
    return "".join([*parts, "static const any_device devices[] = {\n", *rows, "};\n"])
