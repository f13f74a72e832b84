"""What a used file declares is that file's, and is made once."""

from __future__ import annotations

from pathlib import PurePath

from vmsgen.backend.clashes import refuse_clashes
from vmsgen.backend.outputs import outputs
from vmsgen.diagnostics import Diagnostics
from vmsgen.model.schema import Schema
from vmsgen.passes import compile_files

TEXTS = {
    "base.vms": "const BITS = 3",
    "middle.vms": 'use "base.vms"\nconst MASK = (1 << BITS) - 1\nenum Mode : u8 { LAST = MASK }',
    "top.vms": 'use "middle.vms"\ndevice d version 1 { a : u8[MASK]  mode : Mode = Mode.LAST }',
}


def compiled() -> Schema:
    diagnostics = Diagnostics()
    made = compile_files([PurePath("top.vms")], diagnostics, read=lambda path: TEXTS[str(path)])
    refuse_clashes(made, diagnostics)
    assert not diagnostics.found, [finding.message for finding in diagnostics]
    return made[0]


def test_constants_are_evaluated_where_they_stand() -> None:
    """`MASK` stands on `BITS`, which `top.vms` does not know."""
    top = compiled()
    assert (top.constants, top.enumerations) == ((), ())
    assert [(m.name, m.default) for m in top.description("d").members] == [("a", 0), ("mode", 7)]


def test_an_enum_is_one_class() -> None:
    files = {path.name: text for path, text in outputs((compiled(),), PurePath("out")).items()}  # type: ignore[arg-type]
    assert "class Mode(enum.IntEnum):" in files["middle.py"]
    assert "class Mode" not in files["top.py"]
    assert "    from .middle import Mode\n" in files["top.py"]
    assert "#define Mode_LAST 7" in files["middle.h"]
    assert "#define" not in files["top.h"].replace("#define TOP_VMS_H", "")
