"""The device model's methods, for both sides alike."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from vmsgen.model.description import Description
from vmsgen.model.hooks import PREDICATE, hook_points

Calls = list[tuple[object, ...]]


class Model:
    """The device model's methods, once for each side; both write down what was called.

    With `codes` it also has those that read and write bytes, without which nothing can.
    """

    def __init__(self, device: Description, replies: dict[str, bool], codes: bool) -> None:
        self.native_calls: list[tuple[object, ...]] = []
        self.oracle_calls: list[tuple[object, ...]] = []
        self.native: dict[str, Callable[..., Any]] = {}
        self.oracle: dict[str, Callable[..., Any]] = {}
        for method, reply in replies.items():
            self.native[method] = self.oracle[method] = lambda *_, reply=reply: reply
        for point in hook_points(device):
            make = CODING.get(point.kind, called)
            if point.kind != PREDICATE and (codes if point.kind in CODING else replies):
                self.native[point.method] = make(point.method, self.native_calls)
                self.oracle[point.method] = make(point.method, self.oracle_calls)

    def forget(self) -> None:
        """Drawing states and streams calls hooks as well."""
        self.native_calls.clear()
        self.oracle_calls.clear()


def called(method: str, calls: Calls) -> Callable[..., None]:
    return lambda _, *numbers: calls.append((method, *numbers))


def reading(method: str, calls: Calls) -> Callable[..., None]:
    """A number, and a byte more if it is odd. `numbers` are a version or an element's indices."""

    def hook(_: object, reader: Any, *numbers: int) -> None:
        number = reader.get_be16()
        calls.append((method, number, reader.get_buffer(number % 2), *numbers))

    return hook


def writing(method: str, calls: Calls) -> Callable[..., None]:
    """An odd number, which differs from element to element, and the byte more."""

    def hook(_: object, writer: Any, *indices: int) -> None:
        calls.append((method, *indices))
        writer.put_be16(0x0105 + 2 * sum(indices))
        writer.put_buffer(b"x")

    return hook


CODING = {
    "get": reading, "load_state": reading, "load_state_old": reading, "put": writing, "save_state": writing,
}  # fmt: skip
