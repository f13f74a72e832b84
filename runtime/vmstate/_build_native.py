"""How `vmstate._native` is built: native types in the limited API, installed through a cffi module."""

from __future__ import annotations

import os
from pathlib import Path

from cffi import FFI

_RUNTIME = Path(__file__).resolve().parent.parent
_SOURCES = ("python_*.c", "memory.c", "errors.c")


def _from_here(path: Path) -> str:
    # setuptools wants sources relative to the project's root, which is where it runs.
    return Path(os.path.relpath(path)).as_posix()


ffibuilder = FFI()
ffibuilder.cdef("int vms_python_install(void *namespace);")
ffibuilder.set_source(
    "vmstate._native",
    "int vms_python_install(void *namespace);",
    sources=sorted(_from_here(path) for pattern in _SOURCES for path in (_RUNTIME / "src").glob(pattern)),
    depends=sorted(_from_here(path) for folder in ("src", "include") for path in (_RUNTIME / folder).glob("*.h")),
    include_dirs=[_from_here(_RUNTIME / "include"), _from_here(_RUNTIME / "src")],
    define_macros=[("Py_LIMITED_API", "0x030b0000")],
    extra_compile_args=["-std=c11", "-O2", "-Wall", "-Wextra", "-fvisibility=hidden"],
    py_limited_api=True,
)
