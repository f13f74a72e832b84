"""The oracle on its own: what must hold of every schema, state and stream."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tests.property.strategies.schemas import SchemaText, schemas
from tests.property.strategies.values import altered, states
from tests.sides import compiled
from tests.states import empty_like
from vmsgen.interpret import Refusal, State, decode, encode, lost, same
from vmsgen.interpret.errors import CODES
from vmsgen.interpret.state import copy_value
from vmsgen.model.description import Description
from vmsgen.model.types import is_allocated, may_miss, structs_in
from vmsgen.passes.project import at_version


def load(device: Description, into: State, data: bytes, version: int) -> Refusal | None:
    """Loads, and asserts that a refusal leaves no trace and makes sense."""
    before = copy_value(into)
    refusal = refusal_of(device, into, data, version)
    if refusal is None:
        return None
    assert same(into, before)
    assert present_everywhere(into) == present_everywhere(before)
    assert refusal.code in CODES
    assert 0 <= refusal.offset <= len(data)
    if refusal.code == "truncated":
        assert refusal.found == len(data) - refusal.offset
        assert refusal.found < refusal.low == refusal.high
    if refusal.code == "trailing":
        assert refusal.found == len(data) - refusal.offset > 0
    return refusal


def refusal_of(device: Description, into: State, data: bytes, version: int) -> Refusal | None:
    try:
        decode(device, into, data, version)
    except Refusal as refusal:
        return refusal
    return None


def present_everywhere(value: object) -> list[frozenset[str]]:
    if isinstance(value, State):
        return [frozenset(value.present), *(p for inner in value.values() for p in present_everywhere(inner))]
    if isinstance(value, list | tuple):
        return [p for inner in value for p in present_everywhere(inner)]
    return []


def is_expected(device: Description, code: str) -> bool:
    """What a save accepts and a load does not: elements that a load makes miss what may be missing of them, and what
    begins with a subsection is taken for one more of what is before it."""
    if code == "marker":
        return new_ones_may_miss(device)
    return code in ("repeated-subsection", "unknown-subsection") and some_begin_with_a_subsection(device)


def some_begin_with_a_subsection(description: Description) -> bool:
    return any(
        (inner.description.subsections and not at_version(inner.description.wire, inner.version))
        or some_begin_with_a_subsection(inner.description)
        for member in description.members
        for inner in structs_in(member.type)
    )


def new_ones_may_miss(description: Description) -> bool:
    """Are there lists, maps or allocated arrays whose elements have elements that may be missing?"""
    return any(
        (is_allocated(member.type) and may_miss(inner)) or new_ones_may_miss(inner.description)
        for member in description.members
        for inner in structs_in(member.type)
    )


@given(schemas(devices=2))
def test_every_drawn_schema_compiles(drawn: SchemaText) -> None:
    assert len(compiled(drawn.text).devices) == 2


@given(schemas(devices=1, plain=True), st.data())
def test_what_a_save_accepts_comes_back(drawn: SchemaText, data: st.DataObject) -> None:
    device = compiled(drawn.text).devices[0]
    state = data.draw(states(device))
    for version in range(device.minimum_version, device.version + 1):
        try:
            body = encode(device, state, version=version)
        except Refusal:
            continue
        loaded = copy_value(state)
        refusal = load(device, loaded, body, version)
        if refusal is not None:
            assert is_expected(device, refusal.code), refusal
            continue
        assert encode(device, loaded, version=version) == body
        expect_same_if_nothing_is_lost(device, state, body, version)


def expect_same_if_nothing_is_lost(device: Description, state: State, body: bytes, version: int) -> None:
    """Whoever loads the older version's bytes then holds what he would hold had he loaded the newest ones."""
    try:
        newest = encode(device, state)
        what = lost(device, state, version)
    except Refusal:
        return
    if what is None:
        again = empty_like(device, state)
        decode(device, again, body, version, receiver=False)
        assert encode(device, again) == newest


@given(schemas(devices=1), st.data())
def test_every_cut_and_every_change_loads_or_is_refused_without_a_trace(drawn: SchemaText, data: st.DataObject) -> None:
    device = compiled(drawn.text).devices[0]
    state = data.draw(states(device))
    try:
        body = encode(device, state)
    except Refusal:
        return
    receiver = data.draw(states(device))
    for length in range(len(body)):
        load(device, copy_value(receiver), body[:length], device.version)
    load(device, copy_value(receiver), data.draw(altered(body)), device.version)


@given(schemas(devices=1, plain=True), st.data())
def test_a_stream_that_ends_early_is_cut_and_one_too_long_has_bytes_left(
    drawn: SchemaText, data: st.DataObject
) -> None:
    device = compiled(drawn.text).devices[0]
    state = data.draw(states(device))
    try:
        body = encode(device, state)
    except Refusal:
        return
    if load(device, copy_value(state), body, device.version) is not None:
        return  # elements that a load makes are new: which of theirs may be missing is not what the sender's say
    if body:
        refusal = load(device, copy_value(state), body[:-1], device.version)
        assert refusal is not None
        assert refusal.code == "truncated"
    refusal = load(device, copy_value(state), body + b"\0", device.version)
    assert refusal is not None
    assert (refusal.code, refusal.offset) == ("trailing", len(body))
