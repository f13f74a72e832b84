"""Constant text in generated C: what goes into one piece, and what of it stands in both branches of an `if`."""

from __future__ import annotations

from vmsgen.backend.c.lines import Lines
from vmsgen.backend.c.text import SHORT, Text


def written(lines: Lines) -> list[str]:
    """Without what every piece ends in."""
    return [line for line in lines.lines if line.strip() != "return -1;"]


def test_short_text_around_an_if_is_one_piece_in_either_branch() -> None:
    text = Text(Lines(0))
    text.add("a")
    with text.branch("if (c)"):
        text.add("b")
        text.lines.add("size += 1;")
    text.add("x")
    text.flush()
    assert written(text.lines) == [
        "if (c) {",
        "    size += 1;",
        '    if (VMS_TEXT(w, "abx"))',
        "} else {",
        '    if (VMS_TEXT(w, "ax"))',
        "}",
    ]


def test_there_is_no_else_without_text_around() -> None:
    text = Text(Lines(0))
    with text.branch("if (c)"):
        text.add("b")
    text.flush()
    assert written(text.lines) == ["if (c) {", '    if (VMS_TEXT(w, "b"))', "}"]


def test_branches_in_branches() -> None:
    text = Text(Lines(0))
    text.add("a")
    with text.branch("if (c)"):
        text.add("b")
        with text.branch("if (d)"):
            text.add("n = ")
            text.number("n")
        text.add("e")
    text.add("f")
    text.flush()
    assert written(text.lines) == [
        "if (c) {",
        "    if (d) {",
        '        if (VMS_TEXT(w, "abn = "))',
        "        if (vms_text_number(w, n))",
        '        if (VMS_TEXT(w, "ef"))',
        "    } else {",
        '        if (VMS_TEXT(w, "abef"))',
        "    }",
        "} else {",
        '    if (VMS_TEXT(w, "af"))',
        "}",
    ]


def test_text_between_two_ifs_belongs_to_the_first() -> None:
    text = Text(Lines(0))
    text.add("a")
    with text.branch("if (c)"):
        text.add("b")
    text.add("x")
    with text.branch("if (e)"):
        text.add("f")
    text.flush()
    assert written(text.lines) == [
        "if (c) {",
        '    if (VMS_TEXT(w, "abx"))',
        "} else {",
        '    if (VMS_TEXT(w, "ax"))',
        "}",
        "if (e) {",
        '    if (VMS_TEXT(w, "f"))',
        "}",
    ]


def test_long_text_stands_once() -> None:
    text = Text(Lines(0))
    text.add("a" * (SHORT + 1))
    with text.branch("if (c)"):
        text.add("b")
    text.add("d" * (SHORT + 1))
    text.flush()
    both = "\n".join(written(text.lines))
    assert both.count("a" * 80) == both.count("d" * 80) == SHORT // 80
    assert both.count("if (c) {") == 1 and "else" not in both and both.count('(w, "b"))') == 1
    assert both.index("aaa") < both.index("if (c)") < both.index('"b"') < both.index("ddd")
