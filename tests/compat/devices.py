"""Devices made of text."""

from __future__ import annotations

from vmsgen.diagnostics import Diagnostics
from vmsgen.model.description import Description
from vmsgen.passes import compile_text


def device(text: str) -> Description:
    """A whole schema, or the items of one device."""
    diagnostics = Diagnostics()
    schema = compile_text(text if "device" in text else f"device d version 1 {{ {text} }}\n", diagnostics)
    assert schema, diagnostics.found
    return schema.devices[0]
