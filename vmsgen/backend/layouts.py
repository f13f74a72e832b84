"""Structs as C declares them, and a text that tells whether two modules mean the same struct."""

from __future__ import annotations

import hashlib
from weakref import WeakKeyDictionary

from vmsgen.backend.c.ctypes import declarations
from vmsgen.backend.c.storage import has_nothing
from vmsgen.backend.entries import struct_in
from vmsgen.backend.names import c_struct
from vmsgen.model.description import Description


def struct_declaration(description: Description) -> str:
    """`struct Fifo { uint8_t data[16]; uint32_t head; };`, a line a member."""
    members = [text for member in description.members for text in declarations(description, member)]
    if has_nothing(description):
        members.append("uint8_t vms_nothing")
    if description.all_subsections:
        members.append("uint64_t vms_present")
    lines = "".join(f"    {member};\n" for member in members)
    return f"struct {c_struct(description.name)} {{\n{lines}}};\n"


_LAYOUTS: WeakKeyDictionary[Description, str] = WeakKeyDictionary()
"""Found once: each struct is asked for by all that embed it."""


def layout_text(description: Description) -> str:
    """The struct's name and a digest of its members, embedded ones included: equal for equal memory."""
    if description not in _LAYOUTS:
        text = struct_declaration(description)
        for member in description.members:
            inner = struct_in(description, member)
            if inner is not None:
                text += layout_text(inner)
        _LAYOUTS[description] = f"{description.name} {hashlib.sha256(text.encode()).hexdigest()[:16]}"
    return _LAYOUTS[description]
