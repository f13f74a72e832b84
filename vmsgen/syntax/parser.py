"""Text to tree. Syntax errors become diagnostics; nothing is raised, whatever the text."""

from __future__ import annotations

import re
from collections.abc import Set
from typing import Any

from lark import Token, Tree, UnexpectedCharacters, UnexpectedToken

from vmsgen.diagnostics import Diagnostic, Diagnostics, Related, Severity, Source, Span
from vmsgen.syntax import grammar
from vmsgen.syntax.build import build
from vmsgen.syntax.lexical import unreadable
from vmsgen.syntax.slips import Slip, Spot, recognise
from vmsgen.syntax.tree import File
from vmsgen.syntax.words import expected, found

# Brackets of all kinds inside each other, and levels of the syntax tree: `a + b + c` is two levels. What comes after
# the parser walks the tree by recursion, and these keep it far from Python's limit.
MAX_BRACKETS = 32
MAX_LEVELS = 200
MAX_ERRORS = 20

_OPENING = {"_LBRACE": "}", "_LPAREN": ")", "_LBRACKET": "]"}
_CLOSING = {"_RBRACE", "_RPAREN", "_RBRACKET"}

# A declaration at the start of a line: where parsing is taken up again after an error.
_FRESH_START = re.compile(
    r"^(?:(?:const|type|enum|flags|device|struct)[ \t]+[A-Za-z_`]|use[ \t]+\"[^\"\n]*\"(?![ \t]*:))", re.MULTILINE
)


def parse(source: Source, diagnostics: Diagnostics) -> File | None:
    """The tree of a file, or None if it has syntax errors, which `diagnostics` then holds.

    After an error, parsing goes on: in place where the slip is a known one, else with the next declaration that begins
    a line. So several are found at once.
    """
    attempt = _Attempt(source, 0)
    tree = attempt.run()
    if tree is None or attempt.errors:
        _report_all(source, attempt, diagnostics)
        return None
    errors = sum(d.severity is Severity.ERROR for d in diagnostics)
    file = build(tree, source, diagnostics)
    return file if sum(d.severity is Severity.ERROR for d in diagnostics) == errors else None


def _report_all(source: Source, attempt: _Attempt, diagnostics: Diagnostics) -> None:
    """Report what `attempt` met, and what comes after the place where it had to give up."""
    found_here: list[Diagnostic] = []
    start = 0
    while True:
        found_here.extend(attempt.errors)
        if attempt.gave_up_at is None or len(found_here) >= MAX_ERRORS:
            break
        again = _FRESH_START.search(source.text, max(attempt.gave_up_at, start + 1))
        if again is None:
            break
        start = again.start()
        attempt = _Attempt(source, start)
        attempt.run()
    diagnostics.found.extend(found_here[:MAX_ERRORS])


class _Attempt:
    """One run of the parser over the text from `base` to its end, or to an error that it cannot go on after."""

    def __init__(self, source: Source, base: int) -> None:
        self.errors: list[Diagnostic] = []
        self.gave_up_at: int | None = None
        self._source = source
        self._base = base
        self._open: list[Token] = []
        self._previous: Token | None = None

    def run(self) -> Tree[Token] | None:
        """The tree; None if the run was given up. `errors` may hold some even if it was not."""
        text = self._source.text[self._base :]
        if text.startswith("\ufeff") and self._base == 0:
            text = " " + text[1:]  # a byte order mark; a blank keeps the offsets
        # Any: lark's interactive parser is not annotated.
        machine: Any = grammar.parser().parse_interactive(text)
        while self.gave_up_at is None:
            try:
                for token in machine.lexer_thread.lex(machine.parser_state):
                    if not self._feed(machine, token):
                        return None
                tree: Tree[Token] = machine.feed_eof(self._previous)
            except UnexpectedToken as error:
                self._unexpected(error.token, machine)
            except UnexpectedCharacters as error:
                position: Any = error.pos_in_stream  # annotated as None, and an int
                self._unreadable(position, machine)
            else:
                return None if self._too_many_levels(tree) else tree
        return None

    def _feed(self, machine: Any, token: Token) -> bool:
        """Take a token; False if it opens one bracket too many."""
        machine.feed_token(token)
        self._previous = token
        return self._follow_brackets(token)

    def _give_up(self, diagnostic: Diagnostic, offset: int) -> None:
        self.errors.append(diagnostic)
        self.gave_up_at = offset

    def _span(self, start: int | None, end: int | None) -> Span:
        return Span(self._source, self._base + (start or 0), self._base + (end or 0))

    # Depth -------------------------------------------------------------------------------------------------------

    def _follow_brackets(self, token: Token) -> bool:
        if token.type in _CLOSING:
            self._open.pop()  # the grammar took it, so one is open
        elif token.type in _OPENING:
            self._open.append(token)
            if len(self._open) > MAX_BRACKETS:
                span = self._span(token.start_pos, token.end_pos)
                self._too_deep(span, f"more than {MAX_BRACKETS} brackets inside each other")
                return False
        return True

    def _too_many_levels(self, tree: Tree[Token]) -> bool:
        level: list[Tree[Token]] = [tree]
        for _ in range(MAX_LEVELS):
            level = [child for node in level for child in node.children if isinstance(child, Tree)]
            if not level:
                return False
        place = next(node.meta for node in level if not node.meta.empty)  # only clauses can be empty, and not all are
        span = self._span(place.start_pos, place.end_pos)
        self._too_deep(span, f"more than {MAX_LEVELS} levels of expressions or types")
        return True

    def _too_deep(self, span: Span, message: str) -> None:
        hint = "name a part of it: a `const`, a `type` or a `struct`"
        self._give_up(Diagnostic(Severity.ERROR, "too-deep", message, span, hint=hint), span.end)

    # Errors ------------------------------------------------------------------------------------------------------

    def _unreadable(self, position: int, machine: Any) -> None:
        offset = self._base + position
        diagnostic = unreadable(self._source, offset)
        if diagnostic.replacement != "" or len(self.errors) >= MAX_ERRORS:
            self._give_up(diagnostic, offset)
            return
        self.errors.append(diagnostic)  # a character too many: go on behind it
        machine.lexer_thread.state.line_ctr.feed(self._source.text[offset], False)

    def _unexpected(self, token: Token, machine: Any) -> None:
        if token.type == "$END":
            end = len(self._source.text.rstrip())
            span = Span(self._source, end, end)
        else:
            span = self._span(token.start_pos, token.end_pos)
        unclosed = self._unclosed(token, span)
        if unclosed is not None:
            self._give_up(unclosed, span.start)
            return
        accepts = machine.accepts()
        slip = recognise(Spot(token, self._previous, accepts, self._source.text[span.end :]))
        diagnostic = _describe(token, span, accepts, slip)
        if slip is None or slip.go_on is None or len(self.errors) >= MAX_ERRORS:
            self._give_up(diagnostic, span.start)
            return
        self.errors.append(diagnostic)
        for terminal in slip.go_on:
            self._feed(machine, Token.new_borrow_pos(terminal, str(token), token))

    def _unclosed(self, token: Token, span: Span) -> Diagnostic | None:
        """A `{` whose `}` is missing shows at the end of the file or at the next declaration."""
        if not self._open:
            return None
        fresh = _FRESH_START.match(self._source.text, span.start)
        if token.type != "$END" and not fresh:
            return None
        opened = self._open[-1]
        where = self._span(opened.start_pos, opened.end_pos)
        seen = found(token.type, token)
        return Diagnostic(
            Severity.ERROR,
            "syntax",
            f"`{opened}` is never closed",
            where,
            hint=f"a `{_OPENING[opened.type]}` is missing before {seen}",
            related=(Related(span, f"{seen} came first"),),
        )


def _describe(token: Token, span: Span, accepts: Set[str], slip: Slip | None) -> Diagnostic:
    message = f"found {found(token.type, token)}"
    wanted = expected(accepts)
    if wanted:
        message += f", expected {wanted}"
    if slip is None:
        return Diagnostic(Severity.ERROR, "syntax", message, span)
    return Diagnostic(Severity.ERROR, "syntax", slip.message or message, span, slip.hint, slip.replacement)
