"""Texts as editors and other systems write them: the same schema, and findings at the right place."""

from __future__ import annotations

from pathlib import Path

import pytest

from vmsgen.diagnostics import Diagnostics, terminal
from vmsgen.passes import compile_files, compile_text

GOOD = "device d version 1 {\n\ta : u8\n    b : u16 // two bytes\n}\n"
BAD = "/// Größe\ndevice d version 1 {\n\ta\t: oops\n}"


def members(text: str) -> list[str]:
    diagnostics = Diagnostics()
    made = compile_text(text, diagnostics)
    assert made is not None and not diagnostics.found
    return [f"{member.name}:{member.type}" for member in made.description("d").members]


@pytest.mark.parametrize(
    "text",
    [
        GOOD.replace("\n", "\r\n"),
        "\ufeff" + GOOD,
        GOOD.rstrip("\n"),
        GOOD.replace("\n", "\n\n\n\f"),
        GOOD.replace("\t", " \t\t"),
        "// only a comment\r\n" + GOOD,
        GOOD + "// no line end",
    ],
    ids=["crlf", "byte order mark", "no last line end", "empty lines", "tabs", "mixed line ends", "comment at the end"],
)
def test_they_mean_the_same(text: str) -> None:
    assert members(text) == members(GOOD)


@pytest.mark.parametrize("text", [BAD, BAD.replace("\n", "\r\n"), BAD + "\n"], ids=["lf", "crlf", "last line end"])
def test_findings_are_drawn_at_their_place(text: str) -> None:
    diagnostics = Diagnostics()
    assert compile_text(text, diagnostics) is None
    assert terminal.render(diagnostics) == (
        "error[unknown-type]: no type is called `oops`\n"
        " --> schema.vms:3:6\n"
        "  |\n"
        "3 |     a   : oops\n"
        "  |           ^^^^\n"
    )


@pytest.mark.parametrize("text", ["", "\n", "\ufeff", "// nothing\n", "/// A file.\n", "const A = 1\n"])
def test_files_without_devices_are_fine(text: str) -> None:
    diagnostics = Diagnostics()
    made = compile_text(text, diagnostics)
    assert made is not None and made.descriptions == () and not diagnostics.has_errors


def test_files_are_read_with_and_without_a_byte_order_mark(tmp_path: Path) -> None:
    plain = GOOD.encode()
    for number, data in enumerate([plain, b"\xef\xbb\xbf" + plain, plain.replace(b"\n", b"\r\n")]):
        path = tmp_path / f"s{number}.vms"
        path.write_bytes(data)
        (made,) = compile_files([path], Diagnostics())
        assert [member.name for member in made.description("d").members] == ["a", "b"]
        assert made.digest == compile_files([tmp_path / "s0.vms"], Diagnostics())[0].digest


@pytest.mark.parametrize(
    "name", ["missing.vms", ".", "a\0b.vms", "x" * 300 + ".vms"], ids=["missing", "folder", "zero byte", "too long"]
)
def test_files_that_cannot_be_read_are_findings(name: str, tmp_path: Path) -> None:
    diagnostics = Diagnostics()
    assert compile_files([tmp_path / name], diagnostics) == ()
    assert [finding.code for finding in diagnostics] == ["cannot-read"]
