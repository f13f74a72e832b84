"""A place for a stream, to look at later."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any


class Kept(io.BytesIO):
    """Can be read after it was closed, and does something once when the second piece is written."""

    def __init__(self, then: Callable[[], None] = lambda: None) -> None:
        super().__init__()
        self.then, self.pieces = then, 0

    def write(self, data: Any) -> int:
        self.pieces += 1
        if self.pieces == 2:
            self.then()
        return super().write(data)

    def close(self) -> None: ...
