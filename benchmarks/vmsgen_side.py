"""vmsgen's own side: builds the schemas, imports the modules and holds their objects.

Everything the benchmark knows of a generated module's interface stands here.
"""

from __future__ import annotations

import importlib
import subprocess
import sys
from array import array
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks.bars import COPIED, DESCRIBED, DESCRIBED_ANEW, DESCRIBED_OF_TWO
from benchmarks.subject import Subject
from benchmarks.values import MIXED_SCALARS, RING_FIELDS, RINGS, TINY_FIELDS, TRANSFER_FIELDS, Values, reference

FAMILY = "vmsgen"
HERE = Path(__file__).resolve().parent
SCHEMAS = {
    state: HERE / "schemas" / f"{name}.vms"
    for state, name in {"T": "tiny", "M": "mixed", "L": "large", "Q": "queue", "V": "varied", "N": "nested"}.items()
}

_COMMAND = "from vmsgen.cli.main import main; main()"
_VERSION = 1
# In the timing loop both are run; as what a function returns it is the first.
_DESCRIBED = "o.save(); o.describe()"
_CHANGED = {
    "M": (DESCRIBED_OF_TWO, _DESCRIBED + "; o.status ^= 0x10"),
    "V": (DESCRIBED_ANEW, _DESCRIBED + "; o.requests[0].kind ^= 0x80"),
    "N": (DESCRIBED_ANEW, _DESCRIBED + "; o.items[0].box.core.tag ^= 1"),
}
_RESTORE = f"o.restore(d, version={_VERSION})"


def build(output: Path) -> None:
    """Compiles the schemas into `output`, native modules included. Raises CalledProcessError."""
    output.mkdir(parents=True, exist_ok=True)
    schemas = [str(path) for path in SCHEMAS.values()]
    subprocess.run([sys.executable, "-c", _COMMAND, "build", *schemas, "-o", str(output)], check=True)


def subjects(output: Path) -> list[Subject]:
    """The states of the modules that `build` left in `output`."""
    sys.path.insert(0, str(output.parent))
    modules = (importlib.import_module(f"{output.name}.{path.stem}") for path in SCHEMAS.values())
    tiny, mixed, large, queue, varied, nested = modules

    def make_large(values: Values) -> Any:
        held = large.Large()
        held.words[:] = _words(values["words"])
        held.block[:] = values["block"]
        return held

    plain = [
        Subject(FAMILY, "T", lambda values: tiny.Tiny(**values), _tiny_values, restore=_RESTORE),
        Subject(FAMILY, "M", lambda values: _fill_mixed(mixed.Mixed(), values), _mixed_values, restore=_RESTORE),
        Subject(FAMILY, "L", make_large, _large_values, restore=_RESTORE),
        Subject(FAMILY, "Q", lambda values: queue.Queue(**values), lambda held: held.as_dict(), restore=_RESTORE),
        Subject(FAMILY, "V", lambda values: varied.Varied(**values), lambda held: held.as_dict(), restore=_RESTORE),
        Subject(FAMILY, "N", lambda values: nested.Nested(**values), lambda held: held.as_dict(), restore=_RESTORE),
    ]
    described = [replace(each, family=DESCRIBED, save=_DESCRIBED, restore="") for each in plain]
    changed = [
        replace(each, family=_CHANGED[each.state][0], save=_CHANGED[each.state][1], restore="")
        for each in plain
        if each.state in _CHANGED
    ]
    text = plain[-1].make(reference("N")).describe()
    copied = replace(plain[-1], family=COPIED, save="o.save(); t[1:]", restore="", names={"t": b" " + text})
    return [*plain, *described, *changed, copied]


def _tiny_values(held: Any) -> Values:
    return {name: getattr(held, name) for name in TINY_FIELDS}


def _fill_mixed(held: Any, values: Values) -> Any:
    for name in (*MIXED_SCALARS, *TRANSFER_FIELDS):
        setattr(held, name, values[name])
    for i in range(RINGS):
        for name in RING_FIELDS:
            setattr(held.rings[i], name, values["rings"][i][name])
    held.table[:] = _words(values["table"])
    held.payload_len = len(values["payload"])
    held.payload[: held.payload_len] = values["payload"]
    return held


def _mixed_values(held: Any) -> Values:
    values = {name: getattr(held, name) for name in (*MIXED_SCALARS, *TRANSFER_FIELDS)}
    values["rings"] = [{name: getattr(held.rings[i], name) for name in RING_FIELDS} for i in range(RINGS)]
    values["payload"] = bytes(held.payload[: held.payload_len])
    return values | {"table": list(held.table)}


def _large_values(held: Any) -> Values:
    return {"words": list(held.words), "block": bytes(held.block)}


def _words(values: list[int]) -> array[int]:
    return array("I", values)
