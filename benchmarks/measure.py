"""Interleaved timing: in every round each subject runs one batch, so that a slow moment slows all of them."""

from __future__ import annotations

import gc
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.subject import Subject, compile_loop, compile_save
from benchmarks.values import reference

BATCH_NS = 1_000_000


@dataclass(frozen=True)
class Timing:
    """What one subject took: `rounds` has nanoseconds per call, one entry a round, in the order of the rounds."""

    subject: Subject
    operation: str
    size: int
    batch: int
    rounds: tuple[float, ...]

    @property
    def median(self) -> float:
        return statistics.median(self.rounds)


def measure(subjects: Sequence[Subject], operation: str, rounds: int) -> list[Timing]:
    """Times `operation` of subjects of one state, with the garbage collector off."""
    prepared = []
    for subject in subjects:
        held = subject.make(reference(subject.state))
        data = _data(subject, subjects)
        prepared.append((compile_loop(subject, operation), held, data))
    results: list[list[float]] = [[] for _ in subjects]
    enabled = gc.isenabled()
    gc.collect()
    gc.disable()
    try:
        batches = [_calibrate(*each) for each in prepared]
        for turn in range(rounds):
            for i in range(len(subjects)):
                # Each round starts with another subject, so that none always runs in the same one's wake
                at = (i + turn) % len(subjects)
                loop, held, data = prepared[at]
                results[at].append(loop(batches[at], held, data) / batches[at])
    finally:
        if enabled:
            gc.enable()
    return [
        Timing(subject, operation, len(each[2]), batch, tuple(found))
        for subject, each, batch, found in zip(subjects, prepared, batches, results, strict=True)
    ]


def ratio(peer: Timing, ours: Timing) -> float:
    """How many times as long as `ours` the peer took: the median over the rounds of the two batches' ratio."""
    return statistics.median(theirs / mine for theirs, mine in zip(peer.rounds, ours.rounds, strict=True))


def _data(subject: Subject, subjects: Sequence[Subject]) -> bytes:
    """The subject's own saved bytes; a way to restore only takes those of another way that writes the same format."""
    source = subject
    if not subject.save:
        source = next(each for each in subjects if each.save and each.vmstate_bytes == subject.vmstate_bytes)
    return bytes(compile_save(source)(source.make(reference(subject.state))))


def _calibrate(loop: Callable[[int, Any, bytes], int], held: Any, data: bytes) -> int:
    """The count of calls that takes at least BATCH_NS, found twice so that caches are warm."""
    count = 1
    while loop(count, held, data) < BATCH_NS:
        count *= 2
    took = min(loop(count, held, data) for _ in range(3))
    return max(1, -(-count * BATCH_NS * 5 // (took * 4)))
