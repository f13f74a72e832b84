"""Where the C lies that generated code is compiled with."""

from __future__ import annotations

from importlib.resources import files


def get_include() -> str:
    """The folder of vms.h."""
    return str(files("vmstate.include"))


def get_sources() -> list[str]:
    """The C files that every generated serializer is linked with."""
    folder = files("vmstate.src")
    return [str(folder / name) for name in ("arrays.c", "describe.c", "errors.c", "expressions.c", "memory.c")]
