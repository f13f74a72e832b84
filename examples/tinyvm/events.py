"""What a process of the example tells, for people or as lines of JSON."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from typing import Any

Tell = Callable[..., None]

_TEXTS: Mapping[str, str] = {
    "listening": "waiting at {uri}",
    "started": "runs from step {step} on",
    "halted": "halted at step {step}, memory {memory:08x}; {sent} bytes sent in {rounds} rounds, "
    "stood still for {downtime:.1f} ms",
    "failed": "the migration has failed, the machine runs on: {error}",
    "resumed": "goes on after step {step}, memory {memory:08x}",
    "whole": "whole after step {step}: processor, timer, serial port, drive and memory are as they must be",
    "broken": "broken after step {step}: {faults}",
    "saved": "saved to {path} after step {step}",
}


def teller(as_json: bool) -> Tell:
    """Prints an event, given its kind and what belongs to it."""

    def tell(event: str, **values: Any) -> None:
        if as_json:
            line = json.dumps({"event": event, **values})
        else:
            line = _TEXTS[event].format(**values)
        sys.stdout.write(f"{line}\n")  # at once: two processes may share a terminal
        sys.stdout.flush()

    return tell
