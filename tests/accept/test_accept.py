"""One tiny schema a behaviour, and beside it what the compiler made of it.

`VMSGEN_REGENERATE=1` writes the outlines anew; read the difference before it is committed.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path, PurePath

import pytest

from tests.accept.outline import outline
from vmsgen.backend.c.emit import emit_header, emit_source
from vmsgen.diagnostics import Diagnostics, terminal
from vmsgen.model.schema import Schema, every
from vmsgen.passes import compile_files
from vmstate.locations import get_include

HERE = Path(__file__).parent
CASES = sorted(path.stem for path in HERE.glob("*.vms"))
STRICT = ["-std=c11", "-O2", "-Wall", "-Wextra", "-Wconversion", "-Werror", "-c"]


def compiled(case: str) -> Schema:
    diagnostics = Diagnostics()
    made = compile_files([PurePath(f"{case}.vms")], diagnostics, read=lambda path: (HERE / path).read_text())
    assert made, terminal.render(diagnostics, colour=False)
    assert not diagnostics.found
    return made[0]


@pytest.mark.parametrize("case", CASES)
def test_means_what_stands_beside_it(case: str) -> None:
    expected = HERE / f"{case}.expected"
    found = outline(compiled(case))
    if os.environ.get("VMSGEN_REGENERATE"):
        expected.write_text(found)
    assert found == expected.read_text()


@pytest.mark.skipif(not shutil.which("gcc"), reason="gcc is not installed")
@pytest.mark.parametrize("case", CASES)
def test_its_c_compiles_without_a_warning(case: str, tmp_path: Path) -> None:
    for schema in every((compiled(case),)):
        name = schema.name.replace("-", "_")
        (tmp_path / f"{schema.name}.h").write_text(
            emit_header(schema, "header").replace(schema.name.upper() + "_VMS_H", "GUARD_" + name)
        )
        (tmp_path / f"{schema.name}.c").write_text(emit_source(schema, "header"))
        command = ["gcc", *STRICT, "-I", get_include(), "-o", str(tmp_path / "x.o"), str(tmp_path / f"{schema.name}.c")]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
