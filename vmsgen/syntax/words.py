"""The language's own words for what the parser found and for what it could have taken."""

from __future__ import annotations

from collections.abc import Iterable, Set

# Terminals that have no spelling of their own.
_DESCRIBED = {
    "FIELD_NAME": "a field",
    "MEMBER_NAME": "a member `NAME = value`",
    "NAME": "a name",
    "QUOTED_NAME": "a name",
    "NUMBER": "a number",
    "UNIT": "`KiB`, `MiB` or `GiB`",
    "STRING": "a string",
    "$END": "the end of the file",
}

_PUNCTUATION = {
    "_LBRACE": "{",
    "_RBRACE": "}",
    "_LBRACKET": "[",
    "_RBRACKET": "]",
    "_LPAREN": "(",
    "_RPAREN": ")",
    "_COMMA": ",",
    "_COLON": ":",
    "_QUESTION": "?",
    "_DOT": ".",
    "_RANGE": "..",
    "_PART": "+:",
    "_ASSIGN": "=",
}
_SIGNS = {
    "EQUALS": "==",
    "DIFFERS": "!=",
    "LESS": "<",
    "LESS_EQUAL": "<=",
    "GREATER": ">",
    "GREATER_EQUAL": ">=",
    "SHIFT_LEFT": "<<",
    "SHIFT_RIGHT": ">>",
    "OR": "||",
    "AND": "&&",
    "BAR": "|",
    "CARET": "^",
    "AMPERSAND": "&",
    "PLUS": "+",
    "MINUS": "-",
    "STAR": "*",
    "SLASH": "/",
    "PERCENT": "%",
    "TILDE": "~",
    "BANG": "!",
}

_NAMES = {"NAME", "QUOTED_NAME"}
_OPERATORS = set(_SIGNS)
_EXPRESSION = _NAMES | {"NUMBER", "STRING", "_LPAREN", "MINUS", "PLUS", "TILDE", "BANG", "_HELD"}
_TYPE = _NAMES | {"BUFFER", "BITMAP", "_LIST", "_MAP", "_TMP", "_CUSTOM", "_LBRACE"}
_ITEM = {"FIELD_NAME", "QUOTED_NAME", "_HOOK", "_LOCAL", "_SEND", "_UNUSED", "_GROUP", "_CHECK", "_SUBSECTION"}
_CLAUSE = {"_IN", "_SINCE", "_BEFORE", "_WHEN", "_WHERE", "_EQUAL", "_ELSE", "_ALLOC", "_WAS", "_ASSIGN"}
_HEADER = {"_VERSION", "_NEEDED", "PRIORITY", "LIMIT", "UNMIGRATABLE", "EARLY_SETUP", "OPAQUE", "_FOR", "_OLD"}
_DECLARATION = {"_USE", "_CONST", "_TYPE", "ENUM", "FLAGS", "DEVICE", "STRUCT"}
# What could go on an expression is not worth listing one by one.
_CONTINUES = (_OPERATORS - {"TILDE", "BANG"}) | {"_QUESTION", "_DOT", "_LBRACKET", "_LPAREN", "_IN"}

# A family is named by one phrase when the terminal that marks it could come.
_FAMILIES = (
    ("TILDE", _EXPRESSION, "an expression"),
    ("_TMP", _TYPE, "a type"),
    ("_CONST", _DECLARATION, "a declaration"),
    ("_SUBSECTION", _ITEM, "a field"),
)

_SPELLED = _PUNCTUATION | _SIGNS
_NOT_KEYWORDS = _DESCRIBED.keys() | _SPELLED.keys()


def is_keyword(terminal: str) -> bool:
    """Is it a terminal that a fixed word stands for?"""
    return terminal not in _NOT_KEYWORDS


def spelled(terminal: str) -> str:
    """How a terminal looks in a file, or what it is where it has no fixed spelling."""
    if terminal in _DESCRIBED:
        return _DESCRIBED[terminal]
    if terminal in _SPELLED:
        return f"`{_SPELLED[terminal]}`"
    return f"`{terminal.strip('_').lower()}`"


def expected(terminals: Set[str]) -> str:
    """What could have come, as a phrase: `a field or `}``. Empty if nothing could."""
    left = set(terminals)
    phrases: list[str] = []
    for mark, family, phrase in _FAMILIES:
        if mark in left:
            phrases.append(phrase)
            left -= family
    if "FIELD_NAME" in left or "MEMBER_NAME" in left:
        left.discard("QUOTED_NAME")
    goes_on = bool(left & (_OPERATORS - {"LESS", "GREATER"}))
    if goes_on:
        left -= _CONTINUES
    clauses = left & _CLAUSE
    if len(clauses) > 3:
        left -= _CLAUSE | {"_AT", "_QUESTION", "_LBRACKET"}
        phrases.append("a clause such as `since`")
    if len(left & _HEADER) > 2:
        left -= _HEADER
        phrases.append("a word such as `version` or `needed`")
    phrases.extend(sorted({spelled(terminal) for terminal in left}, key=_literal_last))
    if goes_on:
        phrases.append("an operator")
    return _either(dict.fromkeys(phrases))


def _literal_last(phrase: str) -> tuple[bool, str]:
    return phrase.startswith("`"), phrase


def _either(phrases: Iterable[str]) -> str:
    *first, last = [*phrases] or [""]
    return f"{', '.join(first)} or {last}" if first else last


def found(terminal: str, text: str) -> str:
    """What stands in the file."""
    if terminal == "$END":
        return "the end of the file"
    if terminal == "STRING":
        return "a string"
    return f"`{text if len(text) <= 40 else text[:37] + '...'}`"
