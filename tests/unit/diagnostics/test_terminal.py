"""Findings as they look in a terminal, to the character."""

from __future__ import annotations

from vmsgen.diagnostics import Diagnostic, Related, Severity, Source, Span
from vmsgen.diagnostics.terminal import render, render_one, summary


def span_of(text: str, part: str, name: str = "a.vms") -> Span:
    start = text.index(part)
    return Span(Source(name, text), start, start + len(part))


def error(text: str, part: str, **more: object) -> Diagnostic:
    return Diagnostic(Severity.ERROR, "some-code", "a message", span_of(text, part), **more)  # type: ignore[arg-type]


def test_one_line() -> None:
    assert render_one(error("device d {\n    status u8\n}\n", "status", hint="do it", replacement="status :")) == (
        "error[some-code]: a message\n"
        " --> a.vms:2:5\n"
        "  |\n"
        "2 |     status u8\n"
        "  |     ^^^^^^\n"
        "  = hint: do it\n"
        "  = write: status :\n"
    )


def test_related_places_and_the_widest_line_number() -> None:
    text = "const A = 1\n" + "\n" * 9 + "const A = 2\n"
    again = Span(Source("a.vms", text), text.rindex("A"), text.rindex("A") + 1)
    first = Span(Source("b.vms", text), 6, 7)
    finding = Diagnostic(Severity.WARNING, "twice", "`A` again", again, related=(Related(first, "the first one"),))
    assert render_one(finding) == (
        "warning[twice]: `A` again\n"
        "  --> a.vms:11:7\n"
        "   |\n"
        "11 | const A = 2\n"
        "   |       ^\n"
        "   = note: the first one\n"
        "  --> b.vms:1:7\n"
        "   |\n"
        " 1 | const A = 1\n"
        "   |       ^\n"
    )


def test_two_lines() -> None:
    assert render_one(error("x {\n  a\n  b }\n", "a\n  b")) == (
        "error[some-code]: a message\n --> a.vms:2:3\n  |\n2 |   a\n  |   ^\n3 |   b }\n  |   ^\n"
    )


def test_many_lines_show_the_first_and_the_last() -> None:
    assert render_one(error("x {\n  a\n\n  b\n}\n", "{\n  a\n\n  b\n}")) == (
        "error[some-code]: a message\n --> a.vms:1:3\n  |\n1 | x {\n  |   ^\n...\n5 | }\n  | ^\n"
    )


def test_tabs_and_wide_characters() -> None:
    assert render_one(error("\ta\t/* 漢字é */ here\n", "here")) == (
        "error[some-code]: a message\n"
        " --> a.vms:1:14\n"
        "  |\n"
        "1 |     a   /* 漢字é */ here\n"
        "  |                     ^^^^\n"
    )
    assert render_one(error("e\u0301 漢 x", "漢")).splitlines()[3:] == ["1 | e\u0301 漢 x", "  |   ^^"]


def test_control_characters_do_not_reach_the_terminal() -> None:
    text = "a \x1b[31m\u202e b"
    finding = Diagnostic(Severity.ERROR, "c", "found `\x1b`", span_of(text, "b", name="\x07.vms"))
    assert render_one(finding) == (
        "error[c]: found `\\x1b`\n --> \\x07.vms:1:10\n  |\n1 | a \\x1b[31m\\u202e b\n  |                  ^\n"
    )


def test_the_end_of_the_file() -> None:
    source = Source("a.vms", "a\n")
    for offset, line in ((2, "2 |\n  | ^\n"), (1, "1 | a\n  |  ^\n")):
        assert render_one(Diagnostic(Severity.ERROR, "c", "m", Span(source, offset, offset))).endswith(line)
    empty = Diagnostic(Severity.ERROR, "c", "m", Span(Source("e.vms", ""), 0, 0))
    assert render_one(empty) == "error[c]: m\n --> e.vms:1:1\n  |\n1 |\n  | ^\n"


def test_removal_is_said_in_words() -> None:
    assert "  = write: nothing in its place\n" in render_one(error("a;", ";", replacement=""))


def test_colour_only_when_asked() -> None:
    finding = error("a b", "b")
    assert "\x1b" not in render_one(finding)
    assert render_one(finding, colour=True) == (
        "\x1b[1;31merror[some-code]\x1b[0m: a message\n"
        " \x1b[34m--> \x1b[0ma.vms:1:3\n"
        " \x1b[34m |\x1b[0m\n"
        "\x1b[34m1 |\x1b[0m a b\n"
        " \x1b[34m |\x1b[0m   \x1b[1;31m^\x1b[0m\n"
    )


def test_several_and_the_summary() -> None:
    one = error("a b", "b")
    warning = Diagnostic(Severity.WARNING, "w", "mind", span_of("a b", "a"))
    assert render([one, warning]) == render_one(one) + "\n" + render_one(warning)
    assert render([]) == ""
    assert summary([one, warning, one]) == "2 errors, 1 warning"
    assert summary([warning]) == "1 warning"
    assert summary([]) == ""
