"""What can be timed: one way to hold a state, save it and restore it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import repeat
from time import perf_counter_ns
from typing import Any

from benchmarks.values import Values

STATES = ("T", "M", "L", "Q", "V", "N")
OPERATIONS = ("save", "restore")


@dataclass(frozen=True)
class Subject:
    """One way to save and restore one state.

    `save` and `restore` are the expression and the statement a user writes: `o` is the held object, `d` the bytes,
    and `names` whatever else they mention. They are compiled into the timing loop as they stand, so that no wrapper
    of the benchmark's own is timed. An empty one means that this way exists for the other operation only.
    """

    family: str
    state: str
    make: Callable[[Values], Any]
    values: Callable[[Any], Values]
    save: str = "o.save()"
    restore: str = "o.restore(d)"
    names: Mapping[str, Any] = field(default_factory=dict)
    variant: str = ""
    vmstate_bytes: bool = True

    @property
    def operations(self) -> tuple[str, ...]:
        """The ones of "save" and "restore" that this subject is about."""
        return tuple(name for name in OPERATIONS if getattr(self, name))

    @property
    def name(self) -> str:
        return f"{self.family}: {self.variant}" if self.variant else self.family


def compile_save(subject: Subject) -> Callable[[Any], Any]:
    """A function of the object that runs the save once and returns its bytes."""
    run: Callable[[Any], Any] = _compile("run", f"def run(o):\n    return {subject.save}\n", subject)
    return run


def compile_restore(subject: Subject) -> Callable[[Any, bytes], Any]:
    """A function of object and bytes that runs the restore once."""
    run: Callable[[Any, bytes], Any] = _compile("run", f"def run(o, d):\n    {subject.restore}\n", subject)
    return run


def compile_loop(subject: Subject, operation: str) -> Callable[[int, Any, bytes], int]:
    """A function (count, object, bytes) -> nanoseconds for `count` runs of "save" or "restore"."""
    statement = getattr(subject, operation)
    source = (
        "def loop(count, o, d):\n"
        "    turns = repeat(None, count)\n"
        "    start = now()\n"
        "    for _ in turns:\n"
        f"        {statement}\n"
        "    return now() - start\n"
    )
    loop: Callable[[int, Any, bytes], int] = _compile("loop", source, subject)
    return loop


def _compile(function: str, source: str, subject: Subject) -> Any:
    names: dict[str, Any] = {**subject.names, "repeat": repeat, "now": perf_counter_ns}
    exec(compile(source, f"<{subject.name} {subject.state}>", "exec"), names)
    return names[function]
