"""Other people's buffers, as C sees them.

A buffer that is looked at only during a call is let go of at its end, also where the call raises: what looks through it
is then no part of a traceback. Python before 3.12.7 needs that. When its collector meets a memoryview in a cycle that
something still looks through, it takes the view apart, and crashes when the view is freed (cpython gh-77894).
"""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any

from vmstate._stream import ffi

if TYPE_CHECKING:
    from typing_extensions import Buffer


def looked_at(buffer: Buffer, *, writable: bool = False) -> Any:
    """The bytes of `buffer`, a `uint8_t[]`, for a `with` block."""
    return ffi.from_buffer("uint8_t[]", buffer, require_writable=writable)


def held(buffer: Buffer, *, writable: bool = False) -> Any:
    """The bytes of `buffer`, a `uint8_t[]`, for as long as that is held."""
    memory = ffi.from_buffer("uint8_t[]", buffer, require_writable=writable)
    if isinstance(buffer, memoryview):
        # Held from outside of any cycle for as long as something looks through it.
        weakref.finalize(memory, _let_go, buffer).atexit = False
    return memory


def _let_go(buffer: Buffer) -> None:
    """Being called is enough: the argument is held no longer."""
