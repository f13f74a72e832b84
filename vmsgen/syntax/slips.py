"""Common slips and what to do about them: one function a slip, the first that recognises its own speaks."""

from __future__ import annotations

import re
from collections.abc import Set
from dataclasses import dataclass

from lark import Token

from vmsgen.syntax.words import is_keyword

# What C calls our types; of use wherever an unknown type name is reported.
C_TYPES = {
    "uint8_t": "u8",
    "uint16_t": "u16",
    "uint32_t": "u32",
    "uint64_t": "u64",
    "int8_t": "i8",
    "int16_t": "i16",
    "int32_t": "i32",
    "int64_t": "i64",
    "char": "i8",
    "short": "i16",
    "int": "i32",
    "unsigned": "u32",
    "_Bool": "bool",
    "double": "f64",
    "size_t": "u64",
    "hwaddr": "u64",
    "QEMUTimer": "timer",
}
_SCALARS = {"u8", "u16", "u32", "u64", "i8", "i16", "i32", "i64", "bool", "timer", "f64", "buffer"}
_C_WORDS = {"struct", "enum", "union", "unsigned", "signed", "const", "static", "volatile"}
_WORD_OPERATORS = {"and": "&&", "or": "||"}
_NAME_TOKENS = {"NAME", "QUOTED_NAME", "FIELD_NAME", "MEMBER_NAME"}
_OPERAND_ENDS = _NAME_TOKENS | {"NUMBER", "STRING", "_RPAREN", "_RBRACKET"}


@dataclass(frozen=True)
class Slip:
    """What to say; a message takes the place of "found …, expected …".

    `go_on` are the terminals to feed in place of the found token, where parsing can go on as if the slip was not made.
    """

    hint: str
    message: str | None = None
    replacement: str | None = None
    go_on: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Spot:
    """Where the parser stood: the token it could not take, the two before it, what it could have taken instead."""

    found: Token
    previous: Token | None
    accepts: Set[str]
    rest: str  # the text after the found token

    @property
    def next_word(self) -> str | None:
        match = re.match(r"[ \t]*([A-Za-z_]\w*)", self.rest)
        return match.group(1) if match else None

    def follows(self, *types: str) -> bool:
        return self.previous is not None and self.previous.type in types

    def touches(self, text: str) -> bool:
        """Does `text` end right where the found token begins?"""
        before = self.previous
        return before is not None and before.endswith(text) and before.end_pos == self.found.start_pos


def _separator(spot: Spot) -> Slip | None:
    if spot.found not in {",", ";"} or not _fields_or_members(spot):
        return None
    return Slip(f"nothing separates fields: leave the `{spot.found}` out", replacement="", go_on=())


def _fields_or_members(spot: Spot) -> bool:
    return bool(spot.accepts & {"FIELD_NAME", "MEMBER_NAME", "_CONST"})


def _stray_brace(spot: Spot) -> Slip | None:
    if spot.found == "}" and "_CONST" in spot.accepts:
        return Slip("no `{` is open here", message="found `}` with nothing to close")
    return None


def _assignment(spot: Spot) -> Slip | None:
    if spot.found != "=":
        return None
    if spot.previous is not None and is_keyword(spot.previous.type):
        return Slip(f"leave the `=` after `{spot.previous}` out", replacement="")
    if spot.follows(*_OPERAND_ENDS) and "_COLON" not in spot.accepts:
        return Slip("`==` compares; `=` gives a field its value at reset", replacement="==")
    return None


def _comparison(spot: Spot) -> Slip | None:
    if spot.found == "==" and "_ASSIGN" in spot.accepts and spot.previous != "keep":
        return Slip("`=` gives a value, `==` compares", replacement="=")
    return None


def _block_comment(spot: Spot) -> Slip | None:
    if spot.found == "/" and spot.rest.startswith("*"):
        return Slip("a comment begins with `//` and ends with its line", message="found `/*`")
    return None


def _arrow(spot: Spot) -> Slip | None:
    if spot.found == ">" and spot.touches("-"):
        return Slip("`.` reaches a member, as in `parent.status`", message="found `->`")
    return None


def _dots(spot: Spot) -> Slip | None:
    if spot.found != ".":
        return None
    if spot.touches(".."):
        return Slip("a range is written `low..high`", message="found `...`, expected `..`")
    if spot.follows("NUMBER"):
        return Slip("numbers are integers; a range is written `low..high`")
    return None


def _word_operator(spot: Spot) -> Slip | None:
    operator = _WORD_OPERATORS.get(spot.found)
    if operator and spot.follows(*_OPERAND_ENDS) and "_COLON" not in spot.accepts:
        return Slip(f"`{spot.found}` is written `{operator}`", replacement=operator)
    if spot.previous == "not" and spot.found.type in {"NAME", "_LPAREN", "NUMBER"}:
        return Slip("`not` is written `!`")
    return None


def _c_words(spot: Spot) -> Slip | None:
    if spot.previous in _C_WORDS and spot.found.type == "NAME":
        return Slip(f"leave `{spot.previous}` out: a type is one name, such as `u32` or `{spot.found}`")
    return None


def _c_declaration(spot: Spot) -> Slip | None:
    """`uint8_t status;`, `u8 status`."""
    if spot.found.type != "NAME" or "FIELD_NAME" not in spot.accepts or spot.next_word is None:
        return None
    if spot.found not in C_TYPES and spot.found not in _SCALARS:
        return None
    here = C_TYPES.get(spot.found, str(spot.found))
    return Slip(f"the name comes first and the type is `{here}`: `{spot.next_word} : {here}`")


def _missing_colon(spot: Spot) -> Slip | None:
    """`status u8`: two words where a field could stand."""
    if spot.found.type != "NAME" or "FIELD_NAME" not in spot.accepts:
        return None
    if spot.next_word is None:
        return Slip(f"a field is written `{spot.found} : type`")
    return Slip(
        f"a field is written `{spot.found} : {spot.next_word}`",
        message=f"`:` is missing after `{spot.found}`",
        replacement=f"{spot.found} :",
        go_on=("FIELD_NAME", "_COLON"),
    )


def _field_with_equals(spot: Spot) -> Slip | None:
    if spot.found.type == "MEMBER_NAME" and "FIELD_NAME" in spot.accepts:
        return Slip(f"a field is written `{spot.found} : type = value`")
    return None


def _member(spot: Spot) -> Slip | None:
    if spot.found.type in {"NAME", "_EQUAL", "_ALLOC"} and "MEMBER_NAME" in spot.accepts:
        if spot.found.type != "NAME":
            return _quote(spot.found)
        return Slip(f"every member has its value: `{spot.found} = 1`")
    return None


def _quote(token: Token) -> Slip:
    return Slip(f"`{token}` is a keyword here; a name spelled like it goes into back-quotes: `` `{token}` ``")


def _late_range(spot: Spot) -> Slip | None:
    if spot.found.type == "_IN" and "FIELD_NAME" in spot.accepts:
        return Slip("a range stands straight after the type: `x : u8 in 0..5 since 2`")
    return None


def _keyword_as_name(spot: Spot) -> Slip | None:
    """`else keep == 1`, `when hook != 0`: a keyword went before something that only a name can precede."""
    before = spot.previous
    if before is None or not is_keyword(before.type):
        return None
    is_punctuation = not re.match(r"[\w`\"]", spot.found) and spot.found not in {"{", "}", ""}
    if is_punctuation or (spot.found.type == "_IN"):
        return _quote(before)
    return None


_OPENING_WORDS = {"version", "needed", "use", "const", "type", "flags", "device", "since", "before", "when", "hook"}


def _name_as_keyword(spot: Spot) -> Slip | None:
    """`device version 3`: the name was forgotten and the next word taken for it."""
    before = spot.previous
    if before is not None and before.type == "NAME" and before in _OPENING_WORDS:
        return Slip(f"`{before}` was read as a name here: is something missing before it?")
    return None


_SLIPS = (
    _separator, _stray_brace, _assignment, _comparison, _block_comment, _arrow, _dots, _word_operator, _c_words,
    _c_declaration, _field_with_equals, _member, _late_range, _keyword_as_name, _name_as_keyword, _missing_colon,
)  # fmt: skip


def recognise(spot: Spot) -> Slip | None:
    """The slip that was probably made, if it is a known one."""
    for slip in _SLIPS:
        known = slip(spot)
        if known is not None:
            return known
    return None
