"""`send`: storage that is declared elsewhere goes over the wire, whole, in part, or in another width."""

from __future__ import annotations

from vmsgen.diagnostics import Diagnostics
from vmsgen.model.expressions import Constant, IndexStep, Path
from vmsgen.model.types import Array, Buffer, Scalar, Struct, Type, innermost, is_allocated
from vmsgen.model.wire import Field, WireItem
from vmsgen.passes import clauses as clause
from vmsgen.passes.clauses import collect
from vmsgen.passes.expressions import Unresolvable, constant, place_of
from vmsgen.passes.lengths import extent
from vmsgen.passes.place import Place
from vmsgen.passes.scope import key_of
from vmsgen.passes.types import Types
from vmsgen.syntax import expressions as syntax
from vmsgen.syntax import tree


def send(item: tree.SendItem, place: Place, types: Types, diagnostics: Diagnostics) -> list[WireItem]:
    """The wire item, or nothing if it was refused."""
    found = collect(item.clauses, clause.PRESENCE, "a `send`", diagnostics)
    presence = clause.presence(found, place, diagnostics)
    if place.depth and not presence.always:
        message = "the elements of this array cannot differ in what they send"
        diagnostics.error(
            "condition-in-array", message, item.span, hint="declare the element as a `struct` with a name"
        )
    target = item.target
    if not isinstance(target, syntax.Reference):
        diagnostics.error("send-target", "only a field can be sent", target.span)
        return []
    try:
        path, storage = place_of(target, place.scope, diagnostics)
    except Unresolvable:
        return []
    if _refused(item, path, storage, diagnostics):
        return []
    key = key_of(path)
    asked = place.gathered.constraints.get(key, ())
    type_: Type | None = storage
    start = 0
    if item.start is not None and item.count is not None:
        if item.as_type:
            diagnostics.error("send-as", "a part of an array is sent in the array's own width", item.as_type.span)
            return []
        part = _part(item, item.start, item.count, path, storage, place, diagnostics)
        if part is None:
            return []
        type_, start = part
    elif item.as_type is not None:
        type_ = _width(item.as_type, path, storage, types, diagnostics)
    if type_ is None:
        return []
    if type_ is storage:
        place.loaded = place.loaded.with_key(key)
    wire_name = item.wire or str(path)
    return [Field(str(path), wire_name, path, storage, type_, start, presence, asked, item.span)]


def _refused(item: tree.SendItem, path: Path, storage: Type, diagnostics: Diagnostics) -> bool:
    element = innermost(storage)
    if isinstance(element, Struct) and element.description.anonymous:
        message = f"`{path}` is of a struct without a name, which cannot be sent as a whole"
        hint = f"send its fields one by one, or declare its type: `struct Name {{ … }}` and `{path.root} : Name`"
        diagnostics.error("send-target", message, item.target.span, hint=hint)
        return True
    for step in path.steps:
        if isinstance(step, IndexStep) and not isinstance(step.index, Constant):
            message = "what is sent stands at a place that does not vary, and this index does"
            diagnostics.error("send-target", message, item.target.span, hint="send the whole array")
            return True
    return False


def _part(
    item: tree.SendItem,
    start: syntax.Expr,
    count: tree.Length,
    path: Path,
    storage: Type,
    place: Place,
    diagnostics: Diagnostics,
) -> tuple[Type, int] | None:
    if is_allocated(storage):
        diagnostics.error("allocated", f"`{path}` is allocated to fit, it can be sent only as a whole", item.span)
        return None
    if not isinstance(storage, Array | Buffer):
        diagnostics.error("not-an-array", f"`{path}` is not an array, it has no parts", item.span)
        return None
    first = constant(start, place.scope, diagnostics)
    if first is None:
        return None
    left = storage.capacity - first
    if first < 0 or left < 1:
        diagnostics.error("index", f"`{path}` has elements 0..{storage.capacity - 1}, not {first}", start.span)
        return None
    length = count
    if count.maximum is None and constant_or_none(count.count, place) is None:
        # The array itself is the bound.
        length = tree.Length(count.count, syntax.Number(left, count.span), count.span)
    size = extent(length, place.scope, place.gathered.ranges, diagnostics)
    if size is None:
        return None
    if size.capacity > left:
        message = f"{size.capacity} elements from {first} on run past the end: `{path}` has {storage.capacity}"
        diagnostics.error("index", message, count.span)
        return None
    if isinstance(storage, Buffer):
        return Buffer(size.capacity, size.count), first
    return Array(storage.element, size.capacity, size.count), first


def constant_or_none(expression: syntax.Expr, place: Place) -> int | None:
    """The value of an expression if it is constant; otherwise None, and nothing is reported."""
    return constant(expression, place.scope, Diagnostics())


def _width(as_type: tree.NamedType, path: Path, storage: Type, types: Types, diagnostics: Diagnostics) -> Scalar | None:
    width = types.alias(as_type)
    type_ = types.named(width) if isinstance(width, tree.NamedType) else None
    if not isinstance(type_, Scalar):
        if type_ is not None or not isinstance(width, tree.NamedType):
            diagnostics.error("send-as", "another width is one of u8 … i64, bool, timer", as_type.span)
        return None
    if not isinstance(storage, Scalar):
        diagnostics.error("send-as", f"`{path}` is not a number, it has no other width", as_type.span)
        return None
    if type_.floating != storage.floating:
        message = f"`{path}` is {storage.kind}: an integer is never sent as a double, or the other way round"
        diagnostics.error("send-as", message, as_type.span)
        return None
    return type_
