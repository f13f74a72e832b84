"""protobuf (upb), its messages described at run time, so that no protoc is needed. Its bytes are its own."""

from __future__ import annotations

from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory  # type: ignore[import-untyped]

from benchmarks.subject import Subject
from benchmarks.values import MIXED_SCALARS, RING_FIELDS, TINY_FIELDS, TRANSFER_FIELDS, Values

FAMILY = "protobuf"

_Field = descriptor_pb2.FieldDescriptorProto
_UNSIGNED = {"B": _Field.TYPE_UINT32, "H": _Field.TYPE_UINT32, "I": _Field.TYPE_UINT32, "Q": _Field.TYPE_UINT64}
_SIGNED = {"b": _Field.TYPE_SINT32, "h": _Field.TYPE_SINT32, "i": _Field.TYPE_SINT32, "q": _Field.TYPE_SINT64}
_TYPES = {**_UNSIGNED, **_SIGNED, "?": _Field.TYPE_BOOL}


def _scalars(message: Any, fields: dict[str, str]) -> None:
    for name, letter in fields.items():
        _field(message, name, _TYPES[letter])


def _field(message: Any, name: str, kind: Any, label: Any = _Field.LABEL_OPTIONAL, of: str = "") -> None:
    field = message.field.add(name=name, number=len(message.field) + 1, type=kind, label=label)
    if of:
        field.type_name = of


def _describe() -> Any:
    file = descriptor_pb2.FileDescriptorProto(name="bench.proto", package="bench", syntax="proto3")
    _scalars(file.message_type.add(name="Tiny"), dict.fromkeys(TINY_FIELDS, "B"))
    _scalars(file.message_type.add(name="Ring"), RING_FIELDS)
    _scalars(file.message_type.add(name="Transfer"), TRANSFER_FIELDS)
    mixed = file.message_type.add(name="Mixed")
    _scalars(mixed, MIXED_SCALARS)
    _field(mixed, "rings", _Field.TYPE_MESSAGE, _Field.LABEL_REPEATED, ".bench.Ring")
    # Words of any value are shorter and faster as fixed32 than as varints
    _field(mixed, "table", _Field.TYPE_FIXED32, _Field.LABEL_REPEATED)
    _field(mixed, "payload", _Field.TYPE_BYTES)
    _field(mixed, "transfer", _Field.TYPE_MESSAGE, of=".bench.Transfer")
    large = file.message_type.add(name="Large")
    _field(large, "words", _Field.TYPE_FIXED32, _Field.LABEL_REPEATED)
    _field(large, "block", _Field.TYPE_BYTES)
    return file


_pool = descriptor_pool.DescriptorPool()
_pool.Add(_describe())


def _message(name: str) -> Any:
    return message_factory.GetMessageClass(_pool.FindMessageTypeByName(f"bench.{name}"))


_Tiny, _Mixed, _Large = _message("Tiny"), _message("Mixed"), _message("Large")


def _make_tiny(values: Values) -> Any:
    return _Tiny(**values)


def _tiny_values(message: Any) -> Values:
    return {name: getattr(message, name) for name in TINY_FIELDS}


def _make_mixed(values: Values) -> Any:
    plain = {name: values[name] for name in (*MIXED_SCALARS, "rings", "table", "payload")}
    return _Mixed(**plain, transfer={name: values[name] for name in TRANSFER_FIELDS})


def _mixed_values(message: Any) -> Values:
    values = {name: getattr(message, name) for name in (*MIXED_SCALARS, "payload")}
    values |= {name: getattr(message.transfer, name) for name in TRANSFER_FIELDS}
    values["rings"] = [{name: getattr(ring, name) for name in RING_FIELDS} for ring in message.rings]
    return values | {"table": list(message.table)}


def _make_large(values: Values) -> Any:
    return _Large(**values)


def _large_values(message: Any) -> Values:
    return {"words": list(message.words), "block": message.block}


_SAVE = "o.SerializeToString()"
_RESTORE = "o.ParseFromString(d)"

SUBJECTS = [
    Subject(FAMILY, "T", _make_tiny, _tiny_values, _SAVE, _RESTORE, vmstate_bytes=False),
    Subject(FAMILY, "M", _make_mixed, _mixed_values, _SAVE, _RESTORE, vmstate_bytes=False),
    Subject(FAMILY, "L", _make_large, _large_values, _SAVE, _RESTORE, vmstate_bytes=False),
]
