"""How `vmstate._stream` is built: channels, RAM and machines, whose calls release the GIL, as cffi's do.

Every `_cdef/X.h` describes `include/vms_X.h`, or `src/X.h` if there is no such header; the C is all of `src/` but what
makes native Python types.
"""

from __future__ import annotations

import os
from pathlib import Path

from cffi import FFI

_HERE = Path(__file__).resolve().parent
_RUNTIME = _HERE.parent
# Those that others build on come first; the rest follows by name.
_FIRST = ("vms", "file", "ram", "machine")


def _from_here(path: Path) -> str:
    # setuptools wants sources relative to the project's root, which is where it runs.
    return Path(os.path.relpath(path)).as_posix()


def _rank(path: Path) -> tuple[int, str]:
    return (_FIRST.index(path.stem) if path.stem in _FIRST else len(_FIRST), path.stem)


def _header(path: Path) -> str:
    public = "vms.h" if path.stem == "vms" else f"vms_{path.name}"
    return public if (_RUNTIME / "include" / public).is_file() else path.name


_pieces = sorted((_HERE / "_cdef").glob("*.h"), key=_rank)

ffibuilder = FFI()
for _piece in _pieces:
    ffibuilder.cdef(_piece.read_text(encoding="utf-8"))
ffibuilder.set_source(
    "vmstate._stream",
    "".join(f'#include "{_header(piece)}"\n' for piece in _pieces),
    sources=sorted(_from_here(path) for path in (_RUNTIME / "src").glob("*.c") if not path.name.startswith("python_")),
    depends=sorted(
        _from_here(path)
        for path in [*_pieces, *(header for part in ("src", "include") for header in (_RUNTIME / part).glob("*.h"))]
    ),
    include_dirs=[_from_here(_RUNTIME / "include"), _from_here(_RUNTIME / "src")],
    define_macros=[("Py_LIMITED_API", "0x030b0000")],
    extra_compile_args=["-std=c11", "-O2", "-Wall", "-Wextra", "-fvisibility=hidden"],
    py_limited_api=True,
)
