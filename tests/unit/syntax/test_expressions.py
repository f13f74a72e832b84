"""Precedence, associativity and the forms that later passes refuse but that the tree must show."""

from __future__ import annotations

import pytest

from tests.unit.syntax.outline import expression, prefix
from vmsgen.syntax.expressions import Binary, Choice


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 + 2 * 3", "(+ 1 (* 2 3))"),
        ("a - b - c", "(- (- a b) c)"),
        ("a / b % c * d", "(* (% (/ a b) c) d)"),
        ("1 << 2 + 3", "(<< 1 (+ 2 3))"),
        ("a & b << 1", "(& a (<< b 1))"),
        ("a | b ^ c & d", "(| a (^ b (& c d)))"),
        ("a & b != 0", "(!= (& a b) 0)"),
        ("a == b | c", "(== a (| b c))"),
        ("a < b < c", "(< (< a b) c)"),
        ("a == b != c", "(!= (== a b) c)"),
        ("a && b || c && d", "(|| (&& a b) (&& c d))"),
        ("a || b && c == d", "(|| a (&& b (== c d)))"),
        ("!a == b", "(== (! a) b)"),
        ("-~!a", "(- (~ (! a)))"),
        ("+1 - -1", "(- (+ 1) (- 1))"),
        ("(a + b) * c", "(* <(+ a b)> c)"),
        ("((a))", "<<a>>"),
        ("a ? b : c", "(? a b c)"),
        ("a ? b : c ? d : e", "(? a b (? c d e))"),
        ("a ? b ? c : d : e", "(? a (? b c d) e)"),
        ("a || b ? c : d", "(? (|| a b) c d)"),
        ("a ? b // why\n : c", "(? a b c)"),
        ("x in 1..5", "(in x 1 5)"),
        ("x in a - 1..b | 3 && y", "(&& (in x (- a 1) (| b 3)) y)"),
        ("x + 1 in 0..9 == y", "(== (in (+ x 1) 0 9) y)"),
        ("a.b[i + 1].c", "a.b[(+ i 1)].c"),
        ("m[1][2]", "m[1][2]"),
        ("held(a.b[0])", "held(a.b[0])"),
        ("version >= 3", "(>= version 3)"),
        ("`hook` + `held`.`keep`", "(+ hook held.keep)"),
        ("since + when + max", "(+ (+ since when) max)"),
        ("0x7fff_ffff", "2147483647"),
        ("0xFFFFFFFFFFFFFFFF", "18446744073709551615"),
        ("0b1010_0101", "165"),
        ("0o17", "15"),
        ("1_000_000", "1000000"),
        (r'"a\"\\\n\x41\0"', repr('a"\\\nA\0')),
    ],
)
def test_tree(text: str, expected: str) -> None:
    assert prefix(expression(text)) == expected


def test_spans_are_exact() -> None:
    choice = expression("(a +  b) ? c : - d [ 1 ]")
    assert isinstance(choice, Choice)
    assert [part.span.text for part in (choice, choice.condition, choice.yes, choice.no)] == [
        "(a +  b) ? c : - d [ 1 ]",
        "(a +  b)",
        "c",
        "- d [ 1 ]",
    ]
    product = expression("a *(b)")
    assert isinstance(product, Binary)
    assert (product.span.text, product.operator_span.text, product.right.span.text) == ("a *(b)", "*", "(b)")
    assert product.operator_span.column == 13
