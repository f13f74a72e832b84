"""What `vmstate._stream` is told of the C is what the headers say."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

RUNTIME = Path(__file__).resolve().parents[3] / "runtime"
PIECES = sorted((RUNTIME / "vmstate" / "_cdef").glob("*.h"))
WHOLE = [path for path in PIECES if path.stem != "vms"]
"""Those that describe all of their header; of vms.h only a part is wanted."""


def functions(path: Path) -> dict[str, str]:
    """Name to declaration, of every function, with single spaces."""
    text = re.sub(r"/\*.*?\*/", " ", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    text = re.sub(r'extern "Python" \{.*?\}', " ", text, flags=re.DOTALL)
    text = re.sub(r"^\s*#.*$", " ", text, flags=re.MULTILINE)
    text = text.replace('extern "C" {', " ")
    text = re.sub(r"\{[^{}]*\}", "{}", text)  # bodies of inline functions, of structs and of enums
    found = {}
    for declaration in re.findall(r"(?:static inline )?[\w ]+[ *]+vms_\w+\([^()]*\)\s*[;{]", text):
        words = " ".join(declaration.removeprefix("static inline ").rstrip(";{ \n").split()).removeprefix(
            "static inline "
        )
        found[re.search(r"(vms_\w+)\(", words)[1]] = words  # type: ignore[index]
    return found


def header(path: Path) -> Path:
    public = RUNTIME / "include" / ("vms.h" if path.stem == "vms" else f"vms_{path.name}")
    return public if public.is_file() else RUNTIME / "src" / path.name


def test_there_are_functions_to_compare() -> None:
    assert {"vms", "file"} <= {path.stem for path in PIECES}
    known = functions(header(RUNTIME / "file.h"))
    assert known["vms_file_put_be32"] == "int vms_file_put_be32(vms_file *f, uint32_t value)" and len(known) > 35


@pytest.mark.parametrize("path", PIECES, ids=lambda path: path.stem)
def test_every_declaration_is_the_header_s(path: Path) -> None:
    known = functions(header(path))
    for name, declaration in functions(path).items():
        assert known.get(name) == declaration


@pytest.mark.parametrize("path", WHOLE, ids=lambda path: path.stem)
def test_no_function_of_the_header_is_missing(path: Path) -> None:
    assert set(functions(header(path))) == set(functions(path))
