"""The extension: a cffi module."""

from typing import Any

ffi: Any
lib: Any
