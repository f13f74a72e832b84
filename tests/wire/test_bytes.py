"""Literal bytes, both ways."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from vmstate import TrailingError, TruncatedError, ValidationError, VersionError


def test_scalars(modules: SimpleNamespace) -> None:
    data = bytes.fromhex("01 0203 04050607 08090a0b0c0d0e0f ff fffe fffffffd fffffffffffffffc 01 00 ffffffffffffffff")
    values = {
        "a": 1, "b": 0x203, "c": 0x4050607, "d": 0x08090A0B0C0D0E0F, "e": -1, "f": -2, "g": -3, "h": -4,
        "t": True, "u": False, "deadline": None,
    }  # fmt: skip
    assert modules.wire.Scalars(**values).save() == data
    assert modules.wire.Scalars.load(data, version=1).as_dict() == values


def test_any_byte_but_zero_is_true_and_is_saved_as_one(modules: SimpleNamespace) -> None:
    data = bytes(30) + b"\x02\x00" + bytes(8)
    loaded = modules.wire.Scalars.load(data, version=1)
    assert (loaded.t, loaded.u) == (True, False)
    assert loaded.save() == bytes(30) + b"\x01\x00" + bytes(8)


def test_an_armed_timer(modules: SimpleNamespace) -> None:
    assert modules.wire.Scalars(deadline=5).save()[-8:] == bytes.fromhex("0000000000000005")


def test_arrays_of_every_rank_and_counted_ones(modules: SimpleNamespace) -> None:
    data = bytes.fromhex(
        "0001 0002  010203 040506  00000007 fffffff8  010001  aabb  0000000000000009"
        "02  000a 000b  c0c1c2  01 0002  03 0004  0005 06  0007 08  0009 0a"
    )
    loaded = modules.wire.Arrays.load(data, version=1)
    assert loaded.as_dict() == {
        "one": [1, 2], "two": [[1, 2, 3], [4, 5, 6]], "three": [[[7], [-8]]], "flags_": [True, False, True],
        "raw": b"\xaa\xbb", "wide": [9], "n": 2, "some": [10, 11], "rest": b"\xc0\xc1\xc2",
        "pairs": [{"x": 1, "y": 2}, {"x": 3, "y": 4}], "ring": {"size": 5, "frames": 6},
        "rings": [{"size": 7, "frames": 8}, {"size": 9, "frames": 10}],
    }  # fmt: skip
    assert loaded.save() == data


@pytest.mark.parametrize("cut", range(45))
def test_every_cut_is_refused_and_leaves_no_trace(modules: SimpleNamespace, cut: int) -> None:
    data = bytes.fromhex(
        "0001000201020304050600000007fffffff8010001aabb0000000000000009"
        "02000a000bc0c1c201000203000400050600070800090a"
    )  # fmt: skip
    target = modules.wire.Arrays(n=1, some=[77], two=[[9, 9, 9], [8, 8, 8]])
    before = target.as_dict()
    with pytest.raises(TruncatedError) as refused:
        target.restore(data[: min(cut, len(data) - 1)], version=1)
    assert refused.value.code == "truncated"
    assert refused.value.offset <= cut
    assert target.as_dict() == before


def test_bytes_left_over_are_refused(modules: SimpleNamespace) -> None:
    target = modules.pckbd.Pckbd(status=3)
    with pytest.raises(TrailingError) as refused:
        target.restore(b"\x00\x18\x00\x00\x99", version=3)
    assert (refused.value.offset, refused.value.code, target.status) == (4, "trailing", 3)


@pytest.mark.parametrize(
    ("version", "hex_", "expected"),
    [
        (1, "01 05 06", {"a": 1, "b": 7, "c": 5, "d": 0, "k": 33, "e": 6, "f": 0, "g": 0, "h": 0}),
        (2, "02 0008 05 06 0a0b dead", {"a": 2, "b": 8, "c": 5, "d": 0, "k": 33, "e": 6, "f": 0, "g": 10, "h": 11}),
        (3, "00 0008 00000009 44 beef", {"a": 0, "b": 8, "c": 1, "d": 9, "k": 0x44, "e": 9, "f": 0, "g": 0, "h": 0}),
    ],
)
def test_versions(modules: SimpleNamespace, version: int, hex_: str, expected: dict[str, int]) -> None:
    target = modules.wire.Versions(k=33, c=1, d=44, e=44, g=44)
    expected = {**expected, "c": 0 if version == 3 else expected["c"]}
    target.restore(bytes.fromhex(hex_), version)
    assert target.as_dict() == expected


def test_a_save_is_of_the_newest_version(modules: SimpleNamespace) -> None:
    assert (
        modules.wire.Versions(a=2, b=1, d=3, k=4, e=5, g=6, h=7).save().hex(" ")
        == "02 00 01 00 00 00 03 04 05 06 07 00 00"
    )


def test_other_versions_are_refused(modules: SimpleNamespace) -> None:
    for version in (0, 4, 0xFFFFFFFF):
        with pytest.raises(VersionError) as refused:
            modules.wire.Versions().restore(b"", version)
        assert (refused.value.found, refused.value.device, refused.value.code) == (version, "versions", "version")


def test_a_predicate_of_the_device_model(modules: SimpleNamespace) -> None:
    class Mine(modules.wire.Versions):  # type: ignore[misc,name-defined]
        def has_f(self, version: int) -> bool:
            return version == 3

    assert Mine(f=0x66).save().hex() == "00" + "0007".replace("7", "0") + "00000000" + "00" + "66" + "0000"


def test_sends(modules: SimpleNamespace) -> None:
    sends = modules.wire.Sends(regs=[0, 1, 2, 3, 4, 5, 6, 7], offset=65536, x=200)
    assert sends.save().hex(" ") == "00 02 00 03 00 04 00 01 00 00 00 c8 c8"
    old = modules.wire.Sends.load(bytes.fromhex("000a000b000c 1234 0102 03"), version=1)
    assert (list(old.regs), old.offset, old.x) == ([1, 1, 10, 11, 12, 1, 1, 1], 0x1234, 3)
    with pytest.raises(ValidationError) as refused:
        modules.wire.Sends(x=256).save()
    assert (refused.value.path, refused.value.code, refused.value.found) == ("x", "range", 256)
    with pytest.raises(ValidationError) as refused:
        modules.wire.Sends().restore(bytes.fromhex("000000000000 00011171 0000 00"), version=2)
    assert (refused.value.path, refused.value.offset, refused.value.found) == ("offset", 6, 70001)
