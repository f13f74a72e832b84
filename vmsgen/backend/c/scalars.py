"""C that puts one number into the bytes of a stream, or gets it from there."""

from __future__ import annotations

from vmsgen.backend.c.expressions import truth
from vmsgen.model.types import Scalar

BITS = {2: "vms_put16", 4: "vms_put32", 8: "vms_put64"}


def put(type_: Scalar, storage: object, p: str, offset: int, source: str) -> str:
    """Stores one scalar of the state in the bytes."""
    if type_.kind == "bool":
        return f"{p}[{offset}] = {source} != 0;"
    if isinstance(storage, Scalar) and storage.kind == "bool":
        source = truth(source)
    narrower = isinstance(storage, Scalar) and storage.kind != type_.kind
    signed = type_.signed or narrower
    bits = type_.size * 8
    value = f"(uint{bits}_t){source}" if signed else source
    if type_.size == 1:
        return f"{p}[{offset}] = {value};"
    if type_.floating:
        return f"vms_put_double({p} + {offset}, {source});" if offset else f"vms_put_double({p}, {source});"
    at = f"{p} + {offset}" if offset else p
    return f"{BITS[type_.size]}({at}, {value});"


def put_all(type_: Scalar, at: str, source: str, count: int) -> str:
    """Stores `count` scalars that lie beside each other, the first of which is `source`."""
    if type_.size == 1:
        return f"memcpy({at}, &{source}, {count});"
    return f"{BITS[type_.size]}x{count}({at}, &{source});"


def get(scalar: Scalar, p: str, offset: int) -> str:
    """C that reads one scalar from the bytes."""
    if scalar.size == 1:
        byte = f"{p}[{offset}]"
        if scalar.kind == "bool":
            return f"{byte} != 0"
        return f"(int8_t){byte}" if scalar.signed else byte
    return get_at(scalar, f"{p} + {offset}" if offset else p)


def get_at(scalar: Scalar, at: str) -> str:
    if scalar.size == 1:
        byte = f"*({at})" if " " in at else f"*{at}"
        if scalar.kind == "bool":
            return f"{byte} != 0"
        return f"(int8_t){byte}" if scalar.signed else byte
    if scalar.floating:
        return f"vms_get_double({at})"
    bits = scalar.size * 8
    read = f"vms_get{bits}({at})"
    return f"(int{bits}_t){read}" if scalar.signed else read
