"""Lines of C, indented, with the `.vms` line beside what came from it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from vmsgen.diagnostics import Span

COMMENT_COLUMN = 60
COMMENT_WIDTH = 60
WIDTH = 120


class Lines:
    """Collects the statements of one function."""

    def __init__(self, depth: int = 1) -> None:
        self.lines: list[str] = []
        self.depth = depth

    def add(self, text: str, beside: Span | None = None) -> None:
        line = "    " * self.depth + text
        if beside is not None:
            line = f"{line:<{COMMENT_COLUMN}} {source_comment(beside)}"
        self.lines.append(line)

    def blank(self) -> None:
        if self.lines and self.lines[-1] and not self.lines[-1].endswith("{"):
            self.lines.append("")

    def add_long(self, head: str, parts: list[str], tail: str) -> None:
        """`head "parts" tail`, the string broken between its parts where the line would get too long."""
        line, room = "", WIDTH - 4 * self.depth - len(head) - 12
        strings = []
        for part in parts:
            if line and len(line) + len(part) > room:
                strings.append(line)
                line = ""
            line += part + " "
        strings.append(line.rstrip())
        indent = " " * len(head)
        for number, text in enumerate(strings):
            end = tail if number == len(strings) - 1 else ""
            self.add(f"{head if number == 0 else indent}{string(text)}{end}")

    @contextmanager
    def block(self, head: str, beside: Span | None = None) -> Iterator[None]:
        self.add(head + " {", beside)
        self.depth += 1
        yield
        self.depth -= 1
        self.add("}")

    def fail(self, condition: str, *statements: str, beside: Span | None = None) -> None:
        """`if (condition)`, and what refuses: one statement or a block of them, the last one a return."""
        if len(statements) == 1:
            self.add(f"if ({condition})", beside)
            self.lines.append("    " * (self.depth + 1) + statements[0])
        else:
            with self.block(f"if ({condition})", beside):
                for statement in statements:
                    self.add(statement)

    def __str__(self) -> str:
        return "\n".join(self.lines)


def in_comment(text: str) -> str:
    """What neither ends a comment, nor begins one, nor is a trigraph."""
    return text.replace("*/", "* /").replace("/*", "/ *").replace("??", "? ?")


def source_text(span: Span) -> str:
    """The first line of what stands at a span, without comments and extra spaces."""
    text = span.source.line_text(span.line)[span.column - 1 :]
    if "\n" not in span.text:
        text = text[: len(span.text)]
    text = re.sub(r"//.*", "", text)
    text = in_comment(re.sub(r"\s+", " ", text).strip().removesuffix("{").rstrip())
    return text if len(text) <= COMMENT_WIDTH else text[: COMMENT_WIDTH - 1] + "…"


def source_comment(span: Span) -> str:
    return f"/* {span.line:>3}  {source_text(span)} */"


def string(text: str) -> str:
    """A C string literal. What is not printable ASCII becomes three-digit octal escapes, which end by themselves."""
    out = []
    for byte in text.encode():
        char = chr(byte)
        if char in '"\\':
            out.append("\\" + char)
        elif 32 <= byte < 127:
            out.append("\\?" if char == "?" else char)
        else:
            out.append(f"\\{byte:03o}")
    return '"' + "".join(out) + '"'
