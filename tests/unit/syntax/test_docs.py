"""`///` comments find what they document, and none gets lost without a word."""

from __future__ import annotations

from tests.unit.syntax.outline import parsed
from vmsgen.diagnostics import Diagnostics, Source
from vmsgen.syntax import parse
from vmsgen.syntax.tree import DescriptionDeclaration, EnumDeclaration, FieldItem, SubsectionItem


def warnings_of(text: str) -> list[str]:
    diagnostics = Diagnostics()
    assert parse(Source("test.vms", text), diagnostics) is not None
    return [f"{d.code} {d.span.line}:{d.span.column} {d.message}" for d in diagnostics]


def test_the_block_at_the_top_is_the_files_if_an_empty_line_follows() -> None:
    file = parsed("// licence\n\n/// A file\n///  of devices.\n\n/// One.\nconst A = 1")
    assert file.doc == "A file\n of devices."
    assert file.declarations[0].doc == "One."  # type: ignore[union-attr]
    file = parsed("/// One.\nconst A = 1")
    assert file.doc == ""
    assert file.declarations[0].doc == "One."  # type: ignore[union-attr]
    assert parsed("/// Alone").doc == "Alone"


def test_what_can_be_documented() -> None:
    device, enum = parsed(
        """
/// The device.
//// no doc
device d version 1 { // plain
    /// First line.
    ///
    /// Third, with "quotes // and slashes".
    a : u8   // plain
    /// A local.
    // in between
    local b : u8
    /// Nested.
    c : {
        /// Inner.
        d : u8 = "/// no doc"
    }
    /// Part.
    subsection s { }
}
/// The enum.
enum E : u8 {
    /// Zero.
    A = 0
    B = 1
}
"""
    ).declarations
    assert isinstance(device, DescriptionDeclaration)
    assert device.doc == "The device."
    a, b, c, s = device.items
    assert isinstance(a, FieldItem) and a.doc == 'First line.\n\nThird, with "quotes // and slashes".'
    assert isinstance(b, FieldItem) and (b.doc, b.local) == ("A local.", True)
    assert isinstance(c, FieldItem) and c.doc == "Nested."
    assert c.type.items[0].doc == "Inner."  # type: ignore[union-attr]
    assert isinstance(s, SubsectionItem) and s.doc == "Part."
    assert isinstance(enum, EnumDeclaration)
    assert (enum.doc, [member.doc for member in enum.members]) == ("The enum.", ["Zero.", ""])


def test_comments_that_document_nothing_are_reported() -> None:
    assert warnings_of("struct s {\n  /// lost\n  hook a\n  x : u8 /// behind\n  /// at the end\n}") == [
        "stray-doc 2:3 this `///` comment documents nothing",
        "stray-doc 5:3 this `///` comment documents nothing",
        "stray-doc 4:10 this `///` comment stands behind code and documents nothing",
    ]


def test_carriage_returns_are_no_part_of_a_comment() -> None:
    file = parsed("/// File\r\n\r\n/// One\r\n/// two\r\nconst A = 1\r\n")
    assert (file.doc, file.declarations[0].doc) == ("File", "One\ntwo")  # type: ignore[union-attr]
