"""`///` comments: which block belongs to which declaration.

Comments are no part of the grammar. A block is a run of lines that hold nothing but a `///` comment; plain `//` lines
inside it are passed over and an empty line ends it. It belongs to the first thing that follows it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from vmsgen.diagnostics import Diagnostics, Source, Span

# Strings are matched so that a `//` in one is not taken for a comment.
_STRING_OR_COMMENT = re.compile(r'"(?:[^"\\\n]|\\[^\n])*"|//[^\n]*')
_BLANK_LINE = re.compile(r"\n[ \t\r\f]*\n")
_SKIP = re.compile(r"(?:[ \t\r\n\f]|//[^\n]*)*")


@dataclass(frozen=True)
class _Block:
    span: Span
    text: str
    follows: int  # offset of the first character after it that is neither white space nor comment


def _is_doc(comment: str) -> bool:
    return comment.startswith("///") and not comment.startswith("////")


def _doc_line(comment: str) -> str:
    return comment[3:].removeprefix(" ").rstrip()


class DocComments:
    """The blocks of one source; each is given out once."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._trailing: list[Span] = []
        self._blocks: list[_Block] = []
        self._scan()
        self._used: set[_Block] = set()
        self._by_place = {block.follows: block for block in self._blocks}  # of two blocks the nearer one

    def _scan(self) -> None:
        text = self._source.text
        lines: list[re.Match[str]] = []
        for match in _STRING_OR_COMMENT.finditer(text):
            if not match.group().startswith("//"):
                continue
            line_start = text.rfind("\n", 0, match.start()) + 1
            if text[line_start : match.start()].strip(" \t\r\f"):
                if _is_doc(match.group()):
                    self._trailing.append(Span(self._source, match.start(), match.end()))
                continue
            between = text[lines[-1].end() : match.start()] if lines else ""
            if lines and (_BLANK_LINE.search(between) or between.strip()):
                self._close(lines)
                lines = []
            lines.append(match)
        self._close(lines)

    def _close(self, comments: list[re.Match[str]]) -> None:
        """Make a block of comment lines that stand together, if some of them are `///`."""
        lines = [match for match in comments if _is_doc(match.group())]
        if not lines:
            return
        span = Span(self._source, lines[0].start(), lines[-1].end())
        following = _SKIP.match(self._source.text, comments[-1].end())
        assert following is not None  # it also matches nothing at all
        doc = "\n".join(_doc_line(match.group()) for match in lines)
        self._blocks.append(_Block(span, doc, following.end()))

    def take_file(self) -> str:
        """The block at the top of the file, if an empty line (or the file's end) follows it."""
        if not self._blocks:
            return ""
        first = self._blocks[0]
        text = self._source.text
        before = _SKIP.match(text)
        assert before is not None
        if before.end() != first.follows:
            return ""
        after = text[first.span.end :]
        if not _BLANK_LINE.match(re.sub(r"^[ \t\r\f]*", "", after)) and first.follows != len(text):
            return ""
        self._used.add(first)
        return first.text

    def take(self, place: int) -> str:
        """The text of the block before the declaration or field that begins at offset `place`."""
        block = self._by_place.get(place)
        if block is None or block in self._used:
            return ""
        self._used.add(block)
        return block.text

    def warn_of_unused(self, diagnostics: Diagnostics) -> None:
        """A comment that would get lost is said so."""
        for block in self._blocks:
            if block not in self._used:
                diagnostics.warning(
                    "stray-doc",
                    "this `///` comment documents nothing",
                    block.span,
                    hint="`///` stands straight before a declaration, a field or a subsection, or at the top of the "
                    "file with an empty line after it; other comments are `//`",
                )
        for span in self._trailing:
            diagnostics.warning(
                "stray-doc",
                "this `///` comment stands behind code and documents nothing",
                span,
                hint="put it on the line before what it documents, or make it `//`",
            )
