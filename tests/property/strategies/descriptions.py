"""Devices and structs as text."""

from __future__ import annotations

from tests.property.strategies.body import Body, StructType
from tests.property.strategies.chooser import INTEGERS, Chooser
from tests.property.strategies.fields import (
    Length,
    ScalarType,
    length,
    otherwise,
    presence,
    scalar_type,
    value_clauses,
)
from tests.property.strategies.names import Names, condition, number
from tests.property.strategies.outside import HOOKS, Outside


class DescriptionWriter:
    """Writes one description. Names within it are numbered, `f0`, `f1` …, so that none is taken twice."""

    def __init__(self, choose: Chooser, scalars: list[ScalarType], structs: list[StructType], plain: bool) -> None:
        """With `plain`, versions alone decide what is on the wire, and nothing asks about what a stream may lack.

        Then, and only then, must everything that a save accepts load again into the same state.
        """
        self.choose = choose
        self.scalars = scalars
        self.structs = structs
        self.plain = plain
        self.predicates: list[str] = []
        self.made = 0
        self.called = ""
        self.owns = False
        self.codes = False
        """Is there a device model that codes `custom` fields?"""
        self.hook_lines: list[str] = []
        self.outside = Outside(self)

    def write(self, kind: str, name: str) -> tuple[str, StructType]:
        """The text of the description, and what is known of it."""
        choose = self.choose
        self.codes = kind == "device" and not self.plain
        self.called = name
        high = choose.number(0, 4)
        low = choose.number(0, high)
        numbers: list[str] = []
        body = Body(Names(versions=tuple(range(low, high + 1)) if low < high else ()), (low, high), numbers)
        wire = f' "{name}/wire"' if choose.chance(20) else ""
        owner = f"{name}/wire" if wire else name
        self.hooks(body)
        for _ in range(choose.number(1, 7)):
            self.item(body)
        if not self.made:
            self.scalar(body, "")
        self.subsections(body, owner, choose.number(0, 2))
        version = f"version {low}..{high}" if low < high or choose.chance(20) else f"version {high}"
        head = f"{kind} {name}{wire} {version}{self.device_words(body) if kind == 'device' else ''} {{"
        text = "\n".join([head, *self.hook_lines, *body.lines, "}", ""])
        return text, StructType(name, tuple(numbers), (low, high), self.owns)

    def device_words(self, body: Body) -> str:
        """What only a device can say of itself."""
        words = ""
        if self.codes and body.versions[0] and self.choose.chance(30):
            words += f" old {self.choose.number(0, body.versions[0] - 1)}"
            self.hook_lines.append("    hook load_state_old")
        if self.choose.chance(25):
            words += self.needed(body)
        return words

    def hooks(self, body: Body) -> None:
        if self.choose.chance(25):
            first = self.choose.number(0, 3)
            body.line("hook " + ", ".join(HOOKS[first : first + self.choose.number(1, 4)]))

    def name(self) -> str:
        self.made += 1
        return f"f{self.made - 1}"

    # Items ------------------------------------------------------------------------------------------------------

    def item(self, body: Body) -> None:
        if self.choose.chance(30) and self.outside.item(body):
            return
        shape = self.choose.number(0, 99)
        if shape < 40:
            self.scalar(body, self.presence(body))
        elif shape < 58:
            self.array(body)
        elif shape < 65:
            self.local_and_sends(body)
        elif shape < 71:
            self.unused(body)
        elif shape < 77 and body.names.numbers:
            self.check(body)
        elif shape < 83 and self.struct(body):
            self.embedded(body)
        elif shape < 89 and body.depth == 0:
            self.group(body)
        elif shape < 95 and len(body.indent) < 13:
            self.anonymous(body)
        elif body.names.counts:
            self.send_in_another_width(body)
        else:
            self.scalar(body, "")

    def presence(self, body: Body) -> str:
        if body.depth:
            return ""
        predicates = None if self.plain else self.predicates
        return presence(self.choose, body.names, body.versions, predicates)

    def scalar(self, body: Body, when: str) -> None:
        choose, name = self.choose, self.name()
        type_ = scalar_type(choose, self.scalars)
        clauses = value_clauses(choose, body.names, name, type_.kind, False, False)
        default = otherwise(choose, clauses.text, type_.kind) if when or (body.conditional and not body.depth) else ""
        wire = f' "wire.{name}"' if choose.chance(8) else ""
        body.line(f"{name}{wire} : {type_.text}{clauses.text}{when}{default}")
        self.add_number(body, name, when)
        if clauses.bound is not None and name in body.names.numbers:
            body.names.counts.append((name, clauses.bound))

    def add_number(self, body: Body, path: str, when: str = "", among: Length | None = None) -> None:
        """That others may ask for. `among`: it is one of so many elements."""
        counted = among is not None and not among.text.isdigit()
        if self.plain and (when or counted or body.conditional):
            return
        body.names.numbers.append(path)
        body.own.append(path)

    def array(self, body: Body) -> None:
        choose, name, when = self.choose, self.name(), self.presence(body)
        first = length(choose, body.names, 6)
        if choose.chance(30):
            kind, type_text, clauses = None, f"buffer[{first.text}]", ""
            if choose.chance(30):
                type_text = f"buffer[{choose.number(1, 4)}][{first.text}]"
            else:
                self.add_number(body, f"{name}[{choose.number(0, first.capacity - 1)}]", when, first)
        else:
            type_ = scalar_type(choose, self.scalars)
            kind, rest = type_.kind, [choose.number(1, 3) for _ in range(choose.one((0, 0, 0, 1, 2)))]
            type_text = f"{type_.text}[{first.text}]" + "".join(f"[{n}]" for n in rest)
            clauses = value_clauses(choose, body.names, name, kind, True, False).text
            index = "".join(f"[{choose.number(0, n - 1)}]" for n in (first.capacity, *rest))
            if not rest and body.names.counts and choose.chance(20) and not self.plain:
                body.names.numbers.append(f"{name}[{choose.one(body.names.counts)[0]}]")
            else:
                self.add_number(body, name + index, when, first)
        default = otherwise(choose, clauses, kind) if when or (body.conditional and not body.depth) else ""
        body.line(f"{name} : {type_text}{clauses}{when}{default}")

    def local_and_sends(self, body: Body) -> None:
        choose, name = self.choose, self.name()
        kind, room = choose.one((*INTEGERS, "buffer")), choose.number(1, 9)
        if choose.chance(25) and kind != "buffer":
            default = f" = {choose.number(0, 99)}" if choose.chance(60) else ""
            body.line(f"local {name} : {kind}{default}")
            if not self.plain:
                self.add_number(body, name)
            if choose.chance(50):
                body.line(f"send {name}{self.presence(body)}")
            return
        columns = f"[{choose.number(1, 3)}]" if kind != "buffer" and choose.chance(25) else ""
        body.line(f"local {name} : {kind}[{room}]{columns}")
        for _ in range(choose.number(1, 2)):
            when = self.presence(body)
            if choose.chance(25):
                body.line(f"send {name}{when}")
                continue
            start = choose.number(0, room - 1)
            count = str(choose.number(1, room - start))
            if body.names.counts and choose.chance(35):
                count = choose.one(body.names.counts)[0]
            elif body.names.numbers and choose.chance(15):
                count = f"{number(choose, body.names, 1)} max {room - start}"
            body.line(f"send {name}[{start} +: {count}]{when}")

    def send_in_another_width(self, body: Body) -> None:
        name, _ = self.choose.one([count for count in body.names.counts if "." not in count[0]] or [("", 0)])
        if name:
            kind = self.choose.one(INTEGERS)
            body.line(f"send {name} as {kind}{self.presence(body)}")

    def unused(self, body: Body) -> None:
        size = length(self.choose, body.names, 5)
        body.line(f"unused[{size.text}]{self.presence(body)}")

    def check(self, body: Body) -> None:
        message = ' "this does not hold"' if self.choose.chance(50) else ""
        body.line(f"check {condition(self.choose, body.names)}{message}")

    def embedded(self, body: Body) -> None:
        choose, name, when = self.choose, self.name(), self.presence(body)
        struct = self.struct(body)
        assert struct is not None
        default = " else keep" if when and choose.chance(20) else ""
        if choose.chance(60):
            body.line(f"{name} : {struct.name}{when}{default}")
            index, first = "", None
        else:
            first = self.length_of(body, struct)
            columns = f"[{choose.number(1, 2)}]" if choose.chance(20) else ""
            body.line(f"{name} : {struct.name}[{first.text}]{columns}{when}{default}")
            index = f"[{choose.number(0, first.capacity - 1)}]" + ("[0]" if columns else "")
        self.owns = self.owns or struct.owns
        for path in struct.numbers[:3]:
            self.add_number(body, f"{name}{index}.{path}", when, first)

    # Python has no view of an element that is not in use, and so nothing to fill it with where it owns memory: those
    # that do are always in use.

    def struct(self, body: Body) -> StructType | None:
        """A struct that may stand here, if there is one."""
        structs = [struct for struct in self.structs if not (struct.owns and body.depth)]
        return self.choose.one(structs) if structs else None

    def length_of(self, body: Body, struct: StructType) -> Length:
        """Of an array of structs."""
        return length(self.choose, Names() if struct.owns else body.names, 3)

    # Braces within ------------------------------------------------------------------------------------------------

    def group(self, body: Body) -> None:
        when = self.presence(body)
        if not when:
            return
        body.line(f"group{when} {{")
        inner = Body(body.names, body.versions, body.own, body.indent + "    ", body.depth, True, body.braces, body.tmp)
        for _ in range(self.choose.number(1, 3)):
            self.item(inner)
        body.lines += [*inner.lines, body.indent + "}"]

    def anonymous(self, body: Body) -> None:
        choose, name, when = self.choose, self.name(), self.presence(body)
        lengths, index, first = "", "", None
        if choose.chance(50):
            first = length(choose, body.names, 3)
            lengths, index = f"[{first.text}]", f"[{choose.number(0, first.capacity - 1)}]"
            if choose.chance(25):
                lengths, index = lengths + "[2]", index + f"[{choose.number(0, 1)}]"
        depth, conditional = body.depth + lengths.count("["), body.conditional or bool(when)
        inner = Body(body.names.copy(), body.versions, [], body.indent + "    ", depth, conditional, True)
        self.scalar(inner, "")
        for _ in range(choose.number(0, 3)):
            self.item(inner)
        body.line(f"{name} : {{")
        body.lines += [*inner.lines, f"{body.indent}}}{lengths}{when}"]
        for path in inner.own[:3]:
            self.add_number(body, f"{name}{index}.{path}", when, first)

    def subsections(self, body: Body, owner: str, count: int) -> None:
        choose = self.choose
        for _ in range(count):
            # The `x`: where `sub1` came before `sub14` it would take that for one of its own, and refuse it.
            name = f"sub{self.made}x"
            self.made += 1
            quoted = choose.chance(30)
            wire = f"{owner}_{name}" if quoted else f"{owner}/{name}"
            high = choose.number(0, 3)
            low = choose.number(0, high)
            names = body.names.copy(versions=tuple(range(low, high + 1)) if low < high else ())
            inner = Body(names, (low, high), body.own, body.indent + "    ", 0, True, body.braces, body.tmp)
            self.hooks(inner)
            for _ in range(choose.number(0, 4)):
                self.item(inner)
            if len(body.indent) < 9:
                self.subsections(inner, wire, choose.one((0, 0, 0, 1)))
            text = f'subsection {name} "{wire}"' if quoted else f"subsection {name}"
            version = f" version {low}..{high}" if low < high else f" version {high}"
            body.lines += [f"{body.indent}{text}{version}{self.needed(inner)} {{", *inner.lines, body.indent + "}"]

    def needed(self, body: Body) -> str:
        shape = self.choose.number(0, 9)
        if shape == 0 or self.plain:
            return ""
        if shape == 1:
            self.predicates.append(f"is_there_{len(self.predicates)}")
            return f" needed hook {self.predicates[-1]}"
        names = Names(body.names.numbers, [], body.names.versions)
        return f" needed {condition(self.choose, names)}" if names.numbers or names.versions else ""
