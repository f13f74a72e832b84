"""The tree of one `.vms` file, as written: names are not resolved and nothing is checked.

Expressions are in `vmsgen.syntax.expressions`.
"""

from __future__ import annotations

from dataclasses import dataclass

from vmsgen.diagnostics import Source, Span
from vmsgen.syntax.expressions import Expr


@dataclass(frozen=True)
class Name:
    """An identifier, and the name it has on the wire where a string follows it."""

    text: str
    span: Span
    wire: str | None = None


# Types ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class NamedType:
    """`u8`, `bool`, `timer`, `Status`, `PCIDevice`; `Name at 2` pins a struct's version."""

    name: str
    span: Span
    at: Expr | None = None


@dataclass(frozen=True)
class SizedType:
    """`buffer[…]` and `bitmap[…]`: the brackets give the size of one thing, not a number of things."""

    kind: str  # "buffer" or "bitmap"
    length: Length
    span: Span


@dataclass(frozen=True)
class StructType:
    """`{ fields }` in place of a type."""

    items: tuple[Item, ...]
    span: Span


@dataclass(frozen=True)
class OptionalType:
    """`Name?`, an element that may be missing."""

    element: Type
    span: Span


@dataclass(frozen=True)
class ContainerType:
    """`list<Name max N>` and `map<Key, Value max N>`."""

    kind: str  # "list" or "map"
    arguments: tuple[Type, ...]
    maximum: Expr
    span: Span


@dataclass(frozen=True)
class TmpType:
    """`tmp { fields }`."""

    items: tuple[Item, ...]
    span: Span


@dataclass(frozen=True)
class CustomType:
    """`custom`: the device model reads and writes the bytes itself."""

    span: Span


@dataclass(frozen=True)
class Length:
    """What stands in brackets: `n`, or `n max N`."""

    count: Expr
    maximum: Expr | None
    span: Span


@dataclass(frozen=True)
class ArrayType:
    """`element[a][b]`: `lengths` are in the order written, the outermost first, as in C."""

    element: Type
    lengths: tuple[Length, ...]
    span: Span


Type = NamedType | SizedType | StructType | OptionalType | ContainerType | TmpType | CustomType | ArrayType


# Clauses that follow a type or a group keyword -----------------------------------------------------------------------


@dataclass(frozen=True)
class InClause:
    """`in low..high`, both included."""

    low: Expr
    high: Expr
    span: Span


@dataclass(frozen=True)
class WhereClause:
    condition: Expr
    span: Span


@dataclass(frozen=True)
class EqualClause:
    hint: str | None
    span: Span


@dataclass(frozen=True)
class SinceClause:
    version: Expr
    span: Span


@dataclass(frozen=True)
class BeforeClause:
    version: Expr
    span: Span


@dataclass(frozen=True)
class WhenClause:
    """`when EXPR`, or `when hook NAME`: exactly one of the two is set."""

    condition: Expr | None
    hook: Name | None
    span: Span


@dataclass(frozen=True)
class DefaultClause:
    """`= value`: the value at reset."""

    value: Expr
    span: Span


@dataclass(frozen=True)
class ElseClause:
    """`else value`; `value` is None for `else keep`."""

    value: Expr | None
    span: Span


@dataclass(frozen=True)
class AllocClause:
    span: Span


@dataclass(frozen=True)
class WasClause:
    """`was "old_name"`."""

    name: str
    span: Span


Clause = (
    InClause
    | WhereClause
    | EqualClause
    | SinceClause
    | BeforeClause
    | WhenClause
    | DefaultClause
    | ElseClause
    | AllocClause
    | WasClause
)


# What stands between the braces of a device, struct, subsection or group ----------------------------------------------


@dataclass(frozen=True)
class Hook:
    """One entry of `hook a, b as c`: `kind` is the hook's own name, `method` what it is called by, if renamed."""

    kind: str
    method: str | None
    span: Span


@dataclass(frozen=True)
class HookItem:
    hooks: tuple[Hook, ...]
    span: Span


@dataclass(frozen=True)
class FieldItem:
    """`name : type clauses`; `local` ones are never on the wire."""

    name: Name
    type: Type
    clauses: tuple[Clause, ...]
    local: bool
    doc: str
    span: Span


@dataclass(frozen=True)
class SendItem:
    """`send target[start +: count] as u8 "wire" clauses`.

    `start` and `count` are both None (the whole field) or both set; `as_type` is None or a scalar type's name.
    """

    target: Expr  # a Reference
    start: Expr | None
    count: Length | None
    as_type: NamedType | None
    wire: str | None
    clauses: tuple[Clause, ...]
    span: Span


@dataclass(frozen=True)
class UnusedItem:
    """`unused[n] clauses`."""

    length: Length
    clauses: tuple[Clause, ...]
    span: Span


@dataclass(frozen=True)
class GroupItem:
    clauses: tuple[Clause, ...]
    items: tuple[Item, ...]
    span: Span


@dataclass(frozen=True)
class CheckItem:
    condition: Expr
    message: str | None
    span: Span


@dataclass(frozen=True)
class Needed:
    """`needed EXPR` or `needed hook NAME`: exactly one of the two is set."""

    condition: Expr | None
    hook: Name | None
    span: Span


@dataclass(frozen=True)
class Versions:
    """`version 0..3 old 1`; `version 3` has `low` None."""

    low: Expr | None
    high: Expr
    old: Expr | None
    span: Span


@dataclass(frozen=True)
class SubsectionItem:
    name: Name
    versions: Versions | None
    needed: Needed | None
    items: tuple[Item, ...]
    doc: str
    span: Span


Item = HookItem | FieldItem | SendItem | UnusedItem | GroupItem | CheckItem | SubsectionItem


# What stands at the top of a file -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Use:
    path: str
    span: Span


@dataclass(frozen=True)
class ConstDeclaration:
    name: Name
    value: Expr
    doc: str
    span: Span


@dataclass(frozen=True)
class TypeDeclaration:
    """`name.wire` is what descriptions call a field of this type: `type Irqs "pci irq state" = u32[4]`."""

    name: Name
    type: Type
    doc: str
    span: Span


@dataclass(frozen=True)
class Member:
    """`IDLE = 0` of an enum or flags."""

    name: Name
    value: Expr
    doc: str
    span: Span


@dataclass(frozen=True)
class EnumDeclaration:
    """`enum` or, with `flags` set, `flags`."""

    name: Name
    flags: bool
    base: NamedType
    members: tuple[Member, ...]
    doc: str
    span: Span


@dataclass(frozen=True)
class Binding:
    """`for "SerialState" in "hw/char/serial.h"`."""

    struct: str
    header: str
    span: Span


@dataclass(frozen=True)
class Attribute:
    """Words after a device's name: `priority NAME`, `limit N`, `unmigratable`, `early_setup`, `opaque`."""

    kind: str
    name: str | None  # of `priority`
    value: Expr | None  # of `limit`, in bytes (`1 MiB` is parsed as 1048576)
    span: Span


@dataclass(frozen=True)
class DescriptionDeclaration:
    """A `device` or a `struct`."""

    kind: str  # "device" or "struct"
    name: Name
    binding: Binding | None
    versions: Versions | None
    needed: Needed | None
    attributes: tuple[Attribute, ...]
    items: tuple[Item, ...]
    doc: str
    span: Span


Declaration = Use | ConstDeclaration | TypeDeclaration | EnumDeclaration | DescriptionDeclaration


@dataclass(frozen=True)
class File:
    """One parsed file; `doc` is the `///` text before the first declaration, set off by an empty line."""

    source: Source
    doc: str
    declarations: tuple[Declaration, ...]
