"""The command: verifies every subject, times them in interleaved rounds, counts instructions, prints the tables."""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from benchmarks import report, vmsgen_side
from benchmarks.callgrind import instructions
from benchmarks.measure import measure
from benchmarks.peers import (
    construct_compiled,
    msgspec_msgpack,
    numpy_arrays,
    protobuf_message,
    struct_object,
    struct_tuple,
)
from benchmarks.result import Result, machine, rows
from benchmarks.subject import OPERATIONS, STATES, Subject, compile_save
from benchmarks.values import reference
from benchmarks.verify import WrongResultError, verify

ROUNDS, QUICK_ROUNDS = 41, 7
PEERS = (struct_object, struct_tuple, construct_compiled, protobuf_message, msgspec_msgpack, numpy_arrays)
BUILD = Path(__file__).resolve().parent.parent / "build" / "benchmarks"


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    console = Console(stderr=options.markdown, width=None if sys.stdout.isatty() else 110)
    subjects = [subject for peer in PEERS for subject in peer.SUBJECTS]
    notes = []
    if options.peers_only:
        notes.append("Peers only: vmsgen was not measured.")
    else:
        vmsgen_side.build(BUILD / "modules")
        subjects = vmsgen_side.subjects(BUILD / "modules") + subjects
    expected = {each.state: _save(each) for each in struct_object.SUBJECTS}
    try:
        for subject in subjects:
            verify(subject, expected[subject.state])
    except WrongResultError as error:
        print(f"wrong result, nothing was measured: {error}", file=sys.stderr)
        return 1
    counted: list[instructions.Instructions] = []
    if not options.peers_only and not options.no_callgrind:
        if shutil.which("valgrind"):
            counted = instructions.count_all(BUILD / "modules", BUILD / "callgrind", expected)
            if not instructions.has_avx2():
                notes.append("This machine has no AVX2: only plain code was counted.")
        else:
            notes.append("valgrind is not installed: C instructions were not counted.")
    found = []
    rounds = QUICK_ROUNDS if options.quick else ROUNDS
    for state in options.state or STATES:
        for operation in OPERATIONS:
            chosen = [each for each in subjects if each.state == state and operation in each.operations]
            found += rows(measure(chosen, operation, rounds))
    result = Result(machine(), options.quick, tuple(found), tuple(counted), tuple(notes))
    report.show(result, console)
    if options.markdown:
        print(report.markdown(result), end="")
    if options.json:
        options.json.write_text(json.dumps(result.as_json(), indent=1) + "\n", encoding="utf-8")
    return 0


def _save(subject: Subject) -> bytes:
    return bytes(compile_save(subject)(subject.make(reference(subject.state))))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help=f"{QUICK_ROUNDS} rounds in place of {ROUNDS}")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write every figure to FILE")
    parser.add_argument("--markdown", action="store_true", help="print Markdown on stdout, the tables on stderr")
    parser.add_argument("--state", action="append", choices=STATES, help="only this state; may be repeated")
    parser.add_argument("--peers-only", action="store_true", help="leave vmsgen out: the peers' figures alone")
    parser.add_argument("--no-callgrind", action="store_true", help="do not count instructions of the C")
    return parser


if __name__ == "__main__":
    sys.exit(main())
