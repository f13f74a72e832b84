"""What was emitted is not kept: a process may compile any number of schemas."""

from __future__ import annotations

import gc
import weakref
from pathlib import Path

from vmsgen.backend.outputs import outputs
from vmsgen.diagnostics import Diagnostics
from vmsgen.model.description import Description
from vmsgen.passes import compile_text

TEXT = "struct Inner version 1 { a : u8 }  device d version 1 { inner : Inner  more : u8[2] }\n"


def emitted() -> list[weakref.ref[Description]]:
    diagnostics = Diagnostics()
    schema = compile_text(TEXT, diagnostics)
    assert schema, diagnostics.found
    assert len(outputs((schema,), Path("out"))) == 5
    return [weakref.ref(description) for description in schema.descriptions]


def test_descriptions_go_with_their_schema() -> None:
    descriptions = emitted()
    gc.collect()
    assert [description() for description in descriptions] == [None, None]
