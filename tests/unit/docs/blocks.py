"""The code blocks of a Markdown page, and what has to be run to know that they tell the truth.

- a comment `file: uart.vms` before a block: it is that file
- a comment `make` before a block: commands of the project's own Makefile
- `console`: lines after `$ ` are run, the others are what they print; `> ` goes on with a command
- `pycon`: a session; it goes on in the next such block until a file or a console block comes
- `text`: nothing to run
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_MARK = re.compile(r"<!-- (file: (?P<file>\S+)|(?P<make>make)) -->\n\Z")


@dataclass(frozen=True)
class Block:
    """`line` is that of the opening fence; `file` the name that it is to be written under, if it is a file."""

    language: str
    text: str
    line: int
    file: str | None
    make: bool


@dataclass(frozen=True)
class Command:
    """A shell command, and the lines that it is shown to print."""

    text: str
    output: tuple[str, ...]


@dataclass(frozen=True)
class Step:
    """Blocks that are one thing to do: a file to write, a shell to run, or a Python session of one or more blocks."""

    kind: str
    blocks: tuple[Block, ...]


def blocks(page: Path) -> list[Block]:
    text = page.read_text(encoding="utf-8")
    found = []
    for match in _FENCE.finditer(text):
        mark = _MARK.search(text, 0, match.start())
        found.append(
            Block(
                language=match[1],
                text=match[2],
                line=text.count("\n", 0, match.start()) + 1,
                file=mark["file"] if mark else None,
                make=bool(mark and mark["make"]),
            )
        )
    return found


def steps(found: list[Block]) -> list[Step]:
    """In order. Raises ValueError for a block that nothing would check."""
    made: list[Step] = []
    for block in found:
        if block.file:
            made.append(Step("file", (block,)))
        elif block.make:
            made.append(Step("make", (block,)))
        elif block.language == "console":
            made.append(Step("console", (block,)))
        elif block.language == "pycon":
            if made and made[-1].kind == "pycon":
                made[-1] = Step("pycon", (*made[-1].blocks, block))
            else:
                made.append(Step("pycon", (block,)))
        elif block.language != "text":
            raise ValueError(f"line {block.line}: nothing checks this {block.language or 'bare'} block")
    return made


def commands(block: Block) -> list[Command]:
    """Raises ValueError if the block does not begin with a command."""
    found: list[tuple[list[str], list[str]]] = []
    for line in block.text.splitlines():
        if line.startswith("$ "):
            found.append(([line[2:]], []))
        elif not found:
            raise ValueError(f"line {block.line}: output before any command")
        elif line.startswith("> ") and not found[-1][1]:
            found[-1][0].append(line[2:])
        else:
            found[-1][1].append(line.rstrip())
    return [Command("\n".join(text), tuple(output)) for text, output in found]
