"""A compiled schema as text that a person can check: storage, wire, sizes."""

from __future__ import annotations

from collections.abc import Iterator

from vmsgen.model import expressions as e
from vmsgen.model.description import Description, Subsection
from vmsgen.model.schema import Schema, every
from vmsgen.model.sizes import size_max
from vmsgen.model.types import Array, Bitmap, Buffer, List, Map, Optional, Scalar, Struct, Type
from vmsgen.model.wire import (
    Check,
    Custom,
    EqualConstraint,
    Field,
    Group,
    HookPredicate,
    Presence,
    RangeConstraint,
    Repeat,
    Run,
    Tmp,
    Unused,
    WhereConstraint,
    WireItem,
)


def outline(schema: Schema) -> str:
    return "\n".join(line for used in every((schema,)) for line in _schema(used)) + "\n"


def _schema(schema: Schema) -> Iterator[str]:
    yield f"schema {schema.name}" + (f": {schema.doc}" if schema.doc else "")
    for constant in schema.constants:
        yield f"  const {constant.name} = {constant.value}"
    for enumeration in schema.enumerations:
        members = ", ".join(f"{m.name}={m.value}" for m in enumeration.members)
        kind = "flags" if enumeration.flags else "enum"
        yield f"  {kind} {enumeration.name} : {enumeration.base.kind} {{{members}}}"
    for description in schema.descriptions:
        yield from _description(description)


def _description(d: Description) -> Iterator[str]:
    head = f"  {d.kind} {d.name}"
    if d.anonymous:
        yield head + " (no name)"
    else:
        yield f'{head} "{d.wire_name}" version {d.minimum_version}..{d.version}, at most {size_max(d)} bytes'
    if d.doc:
        yield f"    doc {d.doc!r}"
    for m in d.members:
        local = "local " if m.local else ""
        inside = f" in {m.subsection}" if m.subsection else ""
        bounds = f" {m.low}..{m.high}" if m.low is not None else ""
        value = f" = {m.default}" if m.default is not None else ""
        yield f"    {local}{m.name} : {_type(m.type)}{bounds}{value}{inside}" + (f" doc {m.doc!r}" if m.doc else "")
    for hook in d.hooks:
        yield f"    hook {hook.kind} as {hook.method}"
    if d.needed is not None:
        yield f"    needed {_asked(d.needed)}"
    if d.old_version is not None:
        yield f"    old from {d.old_version}"
    words = [f"priority {d.priority}"] if d.priority != "default" else []
    words += [word for word in ("unmigratable", "early_setup", "opaque") if getattr(d, word)]
    if words:
        yield f"    {', '.join(words)}"
    for method in d.predicates:
        yield f"    asks {method}"
    for reset in d.resets:
        yield f"    reset {reset.target} = {reset.value}"
    yield from _items(d.wire, "    ")
    for subsection in d.subsections:
        yield from _subsection(subsection, "    ")


def _subsection(s: Subsection, pad: str) -> Iterator[str]:
    needed = "" if s.needed is None else f" needed {_asked(s.needed)}"
    yield f'{pad}subsection {s.number} {s.name} "{s.wire_name}" version {s.minimum_version}..{s.version}{needed}'
    for hook in s.hooks:
        yield f"{pad}  hook {hook.kind} as {hook.method}"
    yield from _items(s.wire, pad + "  ")
    for inner in s.subsections:
        yield from _subsection(inner, pad + "  ")


def _items(items: tuple[WireItem, ...], pad: str) -> Iterator[str]:
    for item in items:
        match item:
            case Run(size, inner):
                yield f"{pad}run of {size}"
                yield from _items(inner, pad + "  ")
            case Field():
                start = f" from {item.start}" if item.start else ""
                asked = "".join(f" {_constraint(c)}" for c in item.constraints)
                text = f'{pad}{item.target} "{item.wire_name}" : {_type(item.type)}'
                yield f"{text}{_codec(item)}{start}{asked}{_presence(item.presence)}"
            case Unused(size, count):
                counted = f" ({_expression(count)})" if count is not None else ""
                yield f"{pad}unused {size}{counted}{_presence(item.presence)}"
            case Check(condition, message):
                yield f"{pad}check {_expression(condition)} {message!r}"
            case Group(presence, inner):
                yield f"{pad}group{_presence(presence)}"
                yield from _items(inner, pad + "  ")
            case Custom():
                lengths = "".join(f"[{length}]" for length in item.lengths)
                counted = f"({_expression(item.count)})" if item.count is not None else ""
                by = f"{lengths}{counted}{' ' * bool(lengths)}by {item.get} and {item.put}{_codec(item)}"
                yield f'{pad}{item.name} "{item.wire_name}" {by}{_presence(item.presence)}'
            case Tmp():
                hooks = "".join(f" {hook.kind} as {hook.method}" for hook in item.hooks)
                yield f'{pad}{item.name} "{item.wire_name}" for the wire{hooks}{_presence(item.presence)}'
                yield from _items(item.items, pad + "  ")
                for subsection in item.subsections:
                    yield from _subsection(subsection, pad + "  ")
            case Repeat():
                counted = f" ({_expression(item.count)})" if item.count is not None else ""
                yield f"{pad}{item.target} {item.capacity} times{counted}{_presence(item.presence)}"
                yield from _items(item.items, pad + "  ")


def _codec(item: Field | Custom) -> str:
    if not item.codec:
        return ""
    return f' called "{item.codec.name}"' + " as a whole" * (not item.things)


def _presence(p: Presence) -> str:
    text = f" since {p.since}" if p.since else ""
    text += f" before {p.before}" if p.before is not None else ""
    return text + (f" when {_asked(p.condition)}" if p.condition is not None else "")


def _asked(condition: object) -> str:
    return f"hook {condition.method}" if isinstance(condition, HookPredicate) else _expression(condition)


def _constraint(c: object) -> str:
    match c:
        case RangeConstraint(low, high):
            return f"in {_expression(low)}..{_expression(high)}"
        case WhereConstraint(condition):
            return f"where {_expression(condition)}"
        case EqualConstraint(hint):
            return f"equal {hint!r}"
    raise AssertionError(c)


def _type(t: Type) -> str:
    match t:
        case Scalar(kind, enumeration):
            return enumeration.name if enumeration else kind
        case Buffer(capacity):
            return f"buffer[{capacity}]" + _counted(t)
        case Array(element, capacity):
            return f"{_type(element)}[{capacity}]" + _counted(t)
        case Bitmap(capacity):
            return f"bitmap[{capacity}]" + _counted(t)
        case Optional(element):
            return f"{_type(element)}?"
        case List(element, maximum):
            return f"list<{_type(element)} max {maximum}>"
        case Map(key, value, maximum):
            return f"map<{_type(key)}, {_type(value)} max {maximum}>"
        case Struct(description, at):
            return description.name + (f" at {at}" if at is not None else "")
    raise AssertionError(t)


def _counted(t: Array | Buffer | Bitmap) -> str:
    text = f"({_expression(t.count)})" if t.count is not None else ""
    return text + (" allocated" if t.allocated else "")


def _expression(node: object) -> str:
    match node:
        case e.Constant(value):
            return str(value)
        case e.FieldValue(path):
            return str(path)
        case e.HeldValue(path):
            return f"held({path})"
        case e.OwnValue():
            return "own"
        case e.StreamVersion():
            return "version"
        case e.Unary(operator, operand):
            return f"{operator}{_expression(operand)}"
        case e.Binary(operator, left, right):
            mark = "!" if e.can_fail(node) else ""
            return f"({_expression(left)} {operator}{mark} {_expression(right)})"
        case e.Within(operand, low, high):
            return f"({_expression(operand)} in {_expression(low)}..{_expression(high)})"
        case e.Conditional(condition, yes, no):
            return f"({_expression(condition)} ? {_expression(yes)} : {_expression(no)})"
    raise AssertionError(node)
