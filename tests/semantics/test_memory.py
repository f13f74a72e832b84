"""What the receiver's own memory decides, and what of it a load leaves."""

from __future__ import annotations

import pytest

from tests.semantics.conftest import MakeSide
from tests.sides import Refused
from tests.states import state_of


def test_the_receiver_decides_where_a_marker_is_expected(side: MakeSide) -> None:
    markers = side("markers")
    sent = {"slots": [1, None, 3], "pairs": [None, {"a": 4, "b": 5}]}
    wire = bytes.fromhex("01 30 03 30 04 05")
    assert markers.save(state_of(markers.device, sent)) == wire
    assert markers.load(state_of(markers.device, {"slots": [9, None, 9], "pairs": [None, {}]}), wire) is None
    assert markers.state == state_of(markers.device, sent)


def test_an_element_that_the_receiver_misses_must_be_a_marker(side: MakeSide) -> None:
    markers = side("markers")
    before = {"slots": [None, None, 9], "pairs": [None, {"a": 8, "b": 7}]}
    assert markers.load(state_of(markers.device, before), bytes.fromhex("01 30 03 30 04 05")) == Refused(
        "marker", "slots[0]", 0
    )
    assert markers.state == state_of(markers.device, before)
    before = {"slots": [9, 9, 9], "pairs": [None, None]}
    assert markers.load(state_of(markers.device, before), bytes.fromhex("01 02 03 30 31")) == Refused(
        "marker", "pairs[1]", 4
    )


def test_no_tag_tells_a_marker_from_data(side: MakeSide) -> None:
    """Where the receiver has an element that the sender misses, 30 is its first byte. Only the length can tell."""
    markers = side("markers")
    assert markers.load(state_of(markers.device, {"slots": [9, 9, 9]}), bytes.fromhex("30 02 03 30 30")) is None
    assert markers.state == state_of(markers.device, {"slots": [0x30, 2, 3]})
    receiver = state_of(markers.device, {"pairs": [{}, {}]})
    assert markers.load(receiver, bytes.fromhex("30 30 30 30 30")) == Refused("truncated", "pairs[1].a", 5)


def test_counts_are_those_in_memory(side: MakeSide) -> None:
    counts = side("counts")
    # n and m are never on the wire: two bytes of x, m_now, 3 bits in one word, and as many bytes as m_now says.
    wire = bytes.fromhex("0a 0b 02 0000000000000005 0c 0d")
    plain = {"n": 2, "m": 3, "x": [10, 11], "m_now": 2, "bits": 5, "raw": b"\x0c\x0d"}
    assert counts.save(state_of(counts.device, plain)) == wire
    assert counts.load(state_of(counts.device, {"n": 2, "m": 3}), wire) is None
    assert counts.state == state_of(counts.device, plain)
    # Another receiver takes another number of bytes.
    assert counts.load(state_of(counts.device, {"n": 1, "m": 0}), bytes.fromhex("0a 00")) is None
    assert counts.state == state_of(counts.device, {"n": 1, "x": [10]})


def test_pre_load_may_set_a_count(side: MakeSide) -> None:
    def pre_load(device: object) -> None:
        device.n = 3  # type: ignore[attr-defined]

    counts = side("counts", {"pre_load": pre_load})
    assert counts.load(state_of(counts.device, {"n": 1}), bytes.fromhex("01 02 03 00")) is None
    assert counts.state == state_of(counts.device, {"n": 3, "x": [1, 2, 3]})


@pytest.mark.parametrize(("n", "m"), [(-1, 0), (5, 0), (-(1 << 31), 0), (0, 65), (0, 0x80000000)])
def test_a_count_that_does_not_fit_is_refused(side: MakeSide, n: int, m: int) -> None:
    counts = side("counts")
    path, offset = ("x", 0) if n else ("bits", 1)
    assert counts.load(state_of(counts.device, {"n": n, "m": m}), bytes(80)) == Refused("count", path, offset)
    assert counts.save(state_of(counts.device, {"n": n, "m": m})) == Refused("count", path)


def test_more_than_is_allocated_is_not_saved(side: MakeSide) -> None:
    counts = side("counts")
    assert counts.save(state_of(counts.device, {"m_now": 3, "raw": b"ab"})) == Refused("count", "raw")
    # What is allocated beyond the count stays behind.
    assert counts.save(state_of(counts.device, {"m_now": 1, "raw": b"ab"})) == b"\1a"


ROWS = "0000000000000003 0000000000000000 0000000000000000 0000000000000020"


def test_a_bitmap_has_as_many_words_as_its_bits_need(side: MakeSide) -> None:
    marked = side("marked")
    for n, seen, words in (
        (0, 0, ""),
        (1, 1, "0000000000000001"),
        (64, 1 << 63, "8000000000000000"),
        (65, 1 << 64 | 2, "0000000000000002 0000000000000001"),
        (130, 1 << 129, "0000000000000000 0000000000000000 0000000000000002"),
    ):
        plain = {"n": n, "seen": seen, "rows": [3, 1 << 69]}
        state = state_of(marked.device, plain)
        assert [len(state["seen"]), state["rows"]] == [(n + 63) // 64, [[3, 0], [0, 32]]]
        wire = bytes([n]) + bytes.fromhex(words + ROWS)
        assert marked.save(state) == wire
        held = {"n": 3, "seen": 7, "rows": [1, 1]}
        assert marked.load(state_of(marked.device, held), wire) is None
        assert marked.state == state
        for length in range(len(wire)):
            refused = marked.load(state_of(marked.device, held), wire[:length])
            assert isinstance(refused, Refused) and refused.code == "truncated"
            assert marked.state == state_of(marked.device, held)


def test_a_bitmap_with_a_count_out_of_bounds_is_refused(side: MakeSide) -> None:
    marked = side("marked")
    held = {"n": 3, "seen": 7}
    assert marked.load(state_of(marked.device, held), bytes.fromhex("83" + 80 * "00")) == Refused("count", "seen", 1)
    assert marked.state == state_of(marked.device, held)
    assert marked.save(state_of(marked.device, {"n": 131, "seen": 7})) == Refused("count", "seen")


def test_more_bits_than_are_allocated_are_not_saved(side: MakeSide) -> None:
    marked = side("marked")
    plain = {"n": 65, "seen": 7, "rows": [0, 0]}
    assert marked.save(state_of(marked.device, plain)) == Refused("count", "seen")
    assert marked.save(state_of(marked.device, {**plain, "n": 64, "rows": [0]})) == Refused("count", "rows")
    # Words beyond the bits in use stay behind.
    wire = bytes.fromhex("40 0000000000000007" + 64 * "0")
    assert marked.save(state_of(marked.device, {**plain, "n": 64, "seen": 7 | 1 << 64})) == wire


def test_a_bitmap_that_a_stream_lacks_is_empty(side: MakeSide) -> None:
    marked = side("marked")
    plain = {"n": 2, "seen": 1, "rows": [1, 2]}
    assert marked.load(state_of(marked.device, plain), bytes.fromhex("02 0000000000000003"), 1) is None
    assert marked.state == state_of(marked.device, {"n": 2, "seen": 3})
    assert marked.save(state_of(marked.device, {"n": 2, "seen": 3}), 1) == bytes.fromhex("02 0000000000000003")


def test_what_a_stream_lacks(side: MakeSide) -> None:
    lacking = side("lacking")
    before = {"a": 9, "b": 9, "c": 9, "d": 9, "e": 9}
    assert lacking.load(state_of(lacking.device, before), b"\2", 1) is None
    assert lacking.state == state_of(lacking.device, {"a": 2, "b": 0, "c": 5, "d": 9, "e": 6})
    assert lacking.load(state_of(lacking.device, before), bytes.fromhex("01 02 03 04 05")) is None
    assert lacking.state == state_of(lacking.device, {"a": 1, "b": 2, "c": 3, "d": 4, "e": 5})


def test_what_a_stream_lacks_keeps_its_pattern_and_nothing_else(side: MakeSide) -> None:
    vanishing = side("vanishing")
    held = {"slots": [9, None], "due": [5, None], "queue": [{"a": 1}], "words": [1, 2]}
    kept = [held, {"words": [3, 4]}]
    before = {"a": 9, "holder": held, "holders": kept, "ratios": [None, 0.5], "weights": [2.0, 3.0], "later": [{}]}
    assert vanishing.load(state_of(vanishing.device, before), b"\2", 1) is None
    empty = {"slots": [0, None], "due": [-1, None]}
    after = {"a": 2, "holder": empty, "holders": kept, "ratios": [None, 0.0], "weights": [-1.0, -1.0]}
    assert vanishing.state == state_of(vanishing.device, after)


def test_a_device_without_any_state(side: MakeSide) -> None:
    bare = side("bare")
    assert bare.save(state_of(bare.device, {})) == b"\0\0"
    assert bare.load(state_of(bare.device, {}), b"\1\2") is None
    assert bare.load(state_of(bare.device, {}), b"\1") == Refused("truncated", "unused", 0)


@pytest.mark.parametrize("byte", [1, 2, 0x80, 0xFF])
def test_any_byte_but_zero_is_true_and_written_as_one(side: MakeSide, byte: int) -> None:
    truth = side("truth")
    assert truth.load(state_of(truth.device, {}), bytes([byte, 0, byte])) is None
    assert truth.state == state_of(truth.device, {"a": 1, "b": [0, 1]})
    assert truth.save(truth.state) == b"\1\0\1"
