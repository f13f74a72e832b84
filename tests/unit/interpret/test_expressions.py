"""Expressions are integers that never wrap."""

from __future__ import annotations

import pytest

from tests.unit.interpret.builders import ANY, Constant, held, loop, number, op, path, value
from vmsgen.interpret import State
from vmsgen.interpret.errors import Fault
from vmsgen.interpret.expression import Frame, evaluate
from vmsgen.model.expressions import (
    Conditional,
    Expression,
    FieldValue,
    IndexStep,
    MemberStep,
    OwnValue,
    Path,
    StreamVersion,
    Unary,
    Within,
)

STATE = State(a=7, b=-2, zero=0, big=2**64 - 1, v=[10, 20, 30], s=State(x=5), rows=[State(y=1), State(y=2)])
HELD = State(a=100)
FRAME = Frame(STATE, HELD, 3, loops=(1,), own=42)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        (value("s.x"), 5),
        (held("a"), 100),
        (OwnValue(ANY), 42),
        (StreamVersion(ANY), 3),
        (FieldValue(path("v", 2), ANY), 30),
        (FieldValue(loop("rows", "y"), ANY), 2),
        (op(-7, "/", 2), -3),
        (op(-7, "%", 2), -1),
        (op(7, "%", -2), 1),
        (op(-1, ">>", 63), -1),
        (op(1, "<<", 63), 2**63),
        (op(2**64 - 1, "-", 2**64 - 1), 0),
        (op(value("big"), ">", value("b")), 1),
        (op(value("b"), "<", value("zero")), 1),
        (op(-1, "&", value("big")), 2**64 - 1),
        (op(6, "^", 3), 5),
        (op(6, "|", -8), -2),
        (op(value("a"), "==", 7), 1),
        (op(value("a"), "!=", 7), 0),
        (op(7, "<=", 7), 1),
        (op(6, ">=", 7), 0),
        (Unary("~", number(0)), -1),
        (Unary("-", value("b")), 2),
        (Unary("!", value("a")), 0),
        (Unary("+", value("a")), 7),
        (op(5, "&&", 3), 1),
        (op(0, "||", 9), 1),
        (Within(value("a"), number(7), number(7)), 1),
        (Within(value("a"), number(8), number(9)), 0),
    ],
)
def test_a_value(expression: Expression, expected: int) -> None:
    assert evaluate(expression, FRAME) == expected


DIVIDED = op(1, "/", value("zero"))


@pytest.mark.parametrize(
    "expression",
    [
        op(0, "&&", DIVIDED),
        op(op(1, "||", DIVIDED), "-", 1),
        Conditional(number(0), DIVIDED, number(0)),
        Conditional(number(1), number(0), DIVIDED),
    ],
)
def test_what_is_not_needed_is_not_evaluated(expression: Expression) -> None:
    assert evaluate(expression, FRAME) == 0


@pytest.mark.parametrize(
    "expression",
    [
        DIVIDED,
        op(1, "%", value("zero")),
        op(value("big"), "+", 1),
        op(-(2**63), "-", 1),
        op(value("big"), "*", 2),
        op(1, "<<", 64),
        op(2, "<<", 63),
        op(1, ">>", -1),
        Unary("-", value("big")),
        Unary("~", value("big")),
        op(1, "&&", DIVIDED),
        Within(number(0), number(1), DIVIDED),
    ],
)
def test_never_a_wrap(expression: Expression) -> None:
    with pytest.raises(Fault) as caught:
        evaluate(expression, FRAME)
    assert caught.value.code == "arithmetic"


@pytest.mark.parametrize("index", [-1, 3])
def test_an_index_outside(index: int) -> None:
    element = FieldValue(Path((MemberStep("v"), IndexStep(Constant(index), 3))), ANY)
    with pytest.raises(Fault) as caught:
        evaluate(element, FRAME)
    assert (caught.value.code, caught.value.found, caught.value.low, caught.value.high) == ("index", index, 0, 2)
