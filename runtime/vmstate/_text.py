"""How a state prints."""

from __future__ import annotations

from enum import Enum
from typing import Any

from vmstate._types import Elements, State

_LONGEST = 8


def state_text(state: State) -> str:
    """`Uart(divider=12, lsr=LineStatus.THR_EMPTY)`; of a long array the first elements and its length."""
    fields = ", ".join(
        f"{field.__name__}={value_text(field.__get__(state))}" for field in type(state).__binding__.layout.fields
    )
    return f"{type(state).__name__}({fields})"


def value_text(value: Any) -> str:
    if isinstance(value, Enum):
        return f"{type(value).__name__}.{value.name}" if value.name else f"{type(value).__name__}({value.value})"
    if isinstance(value, memoryview):
        if value.ndim != 1:
            return f"<array of {'×'.join(map(str, value.shape or ()))}>"
        return _list_text(value[:_LONGEST].tolist(), len(value))
    if isinstance(value, Elements):
        return _list_text(value[:_LONGEST], len(value))
    return repr(value)


def _list_text(shown: list[Any], length: int) -> str:
    items = [value_text(item) for item in shown]
    if length > len(shown):
        items.append(f"… {length} in all")
    return f"[{', '.join(items)}]"
