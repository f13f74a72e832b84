"""Calling what the device model supplies, and remembering what was called.

Hooks are given as a mapping from `method`, or `path/method` for an embedded struct (`rings[3]/post_load`), to a
callable; or as an object with methods, whose attributes of a member's name are the hooks of an embedded struct, or a
sequence of them for an array. They are called with the state that they belong to, `post_load` and predicates with the
version too.
Those that read bytes get a `Reader` as well, those that write a `Writer`; those of an element then its indices.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from vmsgen.interpret.errors import Refusal
from vmsgen.interpret.expression import Frame
from vmsgen.model.description import Hook

Callback = Callable[..., Any]


class Hooks:
    """`ran` names the hooks called so far, in order; predicates are questions and are not counted."""

    def __init__(self, supplied: Any) -> None:
        self._supplied = supplied
        self.ran: list[str] = []

    def find(self, path: str, method: str) -> Callback | None:
        if self._supplied is None:
            return None
        if isinstance(self._supplied, Mapping):
            return self._supplied.get(f"{path}/{method}" if path else method)
        holder = self._supplied
        for name, number in re.findall(r"(\w+)|\[(\d+)\]", path):
            holder = getattr(holder, name, None) if name else holder[int(number)]
            if holder is None:
                return None
        return getattr(holder, method, None)

    def call(self, hook: Hook | None, frame: Frame, offset: int) -> None:
        """Raises Refusal `hook` where it returns anything but None, False or 0. What it raises passes through."""
        if hook is None:
            return
        callback = self.find(frame.prefix, hook.method)
        if callback is not None:
            arguments = (frame.version,) if hook.kind == "post_load" else ()
            self._run(callback, hook.method, frame, frame.prefix, offset, arguments)

    def require(self, method: str, frame: Frame, name: str, offset: int, *arguments: object) -> None:
        """Calls one that there must be: Refusal `no-hook` otherwise. `name` is what it is there for."""
        callback = self.find(frame.prefix, method)
        if callback is None:
            raise Refusal("no-hook", name, offset, text=method)
        self._run(callback, method, frame, name, offset, arguments)

    def _run(
        self, callback: Callback, method: str, frame: Frame, name: str, offset: int, arguments: tuple[object, ...]
    ) -> None:
        # Before the call: a Reader in it may refuse, and then this hook has run too.
        self.ran.append(method)
        result = callback(frame.state, *arguments)
        if result:
            raise Refusal("hook", name, offset, found=int(result), text=method)

    def predicate(self, method: str, frame: Frame, otherwise: bool) -> bool:
        callback = self.find(frame.prefix, method)
        return otherwise if callback is None else bool(callback(frame.state, frame.version))
