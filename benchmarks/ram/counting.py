"""Instructions a page, from callgrind: the difference of a long and a short run."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

FEW, MANY = 64, 320

FUNCTIONS = {
    "send": "vms_ram_send_pages",
    "zero": "vms_ram_send_pages",
    "load": "vms_ram_load",
    "xbzrle": "vms_xbzrle_encode",
}


@dataclass(frozen=True)
class Counted:
    """Instructions a page: `own` in the library's code, `libc` in the C library that it calls (a page's memcpy)."""

    what: str
    own: float
    libc: float


def count(program: Path, what: str, *more: str) -> Counted:
    few, many = (_collected(program, what, pages, *more) for pages in (FEW, MANY))
    own, libc = ((many[i] - few[i]) / (MANY - FEW) for i in (0, 1))
    return Counted(" ".join((what, *more)), own, libc)


def _collected(program: Path, what: str, pages: int, *more: str) -> tuple[int, int]:
    profile = program.with_suffix(".callgrind")
    command = ["valgrind", "--quiet", "--tool=callgrind", f"--callgrind-out-file={profile}"]
    command += [f"--toggle-collect={FUNCTIONS[what]}", str(program), what, str(pages), *more]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return _by_object(profile.read_text(encoding="utf-8"), what)


def _by_object(text: str, what: str) -> tuple[int, int]:
    """The costs of functions in the C library and of all others; those of calls are in the functions called."""
    names: dict[str, str] = {}
    costs, where, called = {True: 0, False: 0}, "", False
    for line in text.splitlines():
        if line.startswith("ob="):
            known = re.match(r"ob=\((\d+)\)(?: (.*))?", line)
            assert known is not None
            where = names.setdefault(known[1], known[2] or "")
        elif match := re.match(r"cob=\((\d+)\) (.*)", line):
            names.setdefault(match[1], match[2])
        elif line.startswith("calls="):
            called = True
        elif match := re.match(r"[+*\-]?\d* ?[+*\-]?\d* (\d+)$", line):
            if not called:
                costs["libc" in where or "ld-linux" in where] += int(match[1])
            called = False
    total = re.search(r"^totals: (\d+)", text, re.MULTILINE)
    if total is None or int(total[1]) == 0 or sum(costs.values()) != int(total[1]):
        raise RuntimeError(f"callgrind's file of {what} is not understood: {costs}, {total and total[1]}")
    return costs[False], costs[True]
