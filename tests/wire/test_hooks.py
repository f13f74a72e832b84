"""Hooks: which, when, and what is told of those that ran before a refusal."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from vmstate import ValidationError

BODY = bytes.fromhex("02 0005 06")
FIRST = bytes([5, 12]) + b"hooked/first" + bytes.fromhex("00000001 02")
DEEPER = bytes([5, 19]) + b"hooked/first/deeper" + bytes.fromhex("00000002 07")


def recorder(modules: SimpleNamespace, failing: str = "") -> Any:
    """An object that notes its hooks in `calls`, and raises in the one called `failing`."""
    calls: list[str] = []

    def hook(name: str) -> Any:
        def run(self: Any, version: int | None = None) -> None:
            calls.append(name if version is None else f"{name}({version})")
            if name == failing:
                raise RuntimeError(name)

        return run

    ring = type("MyRing", (modules.wire.Ring,), {"post_load": hook("ring.post_load")})
    kinds = ("pre_load", "post_load", "pre_save", "post_save")
    names = [*kinds, *(f"first_{kind}" for kind in kinds)]
    made = type("Mine", (modules.wire.Hooked,), {"Ring": ring, **{name: hook(name) for name in names}})()
    made.calls = calls
    return made


def test_order_of_a_load(modules: SimpleNamespace) -> None:
    target = recorder(modules)
    target.restore(BODY + FIRST + DEEPER, version=1)
    assert target.calls == ["pre_load", "ring.post_load(1)", "first_pre_load", "first_post_load(1)", "post_load(1)"]
    assert (target.present("first"), target.present("deeper"), target.present("second")) == (True, True, False)


def test_order_of_a_save(modules: SimpleNamespace) -> None:
    target = recorder(modules)
    target.a, target.ring.size, target.ring.frames, target.b, target.c = 2, 5, 6, 2, 7
    assert target.save() == BODY + FIRST + DEEPER
    assert target.calls == ["pre_save", "first_pre_save", "first_post_save", "post_save"]


@pytest.mark.parametrize(
    ("failing", "calls"),
    [
        ("pre_save", ["pre_save"]),
        ("first_pre_save", ["pre_save", "first_pre_save", "post_save"]),
        ("first_post_save", ["pre_save", "first_pre_save", "first_post_save", "post_save"]),
        ("post_save", ["pre_save", "first_pre_save", "first_post_save", "post_save"]),
    ],
)
def test_a_hook_that_fails_stops_a_save(modules: SimpleNamespace, failing: str, calls: list[str]) -> None:
    target = recorder(modules, failing)
    target.a = 2
    with pytest.raises(RuntimeError, match=f"^{failing}"):
        target.save()
    assert target.calls == calls


@pytest.mark.parametrize("failing", ["pre_load", "ring.post_load", "first_pre_load", "first_post_load", "post_load"])
def test_a_hook_that_fails_stops_a_load_and_the_fields_are_put_back(modules: SimpleNamespace, failing: str) -> None:
    target = recorder(modules, failing)
    target.a, target.b, target.seen = 9, 8, 7
    before = target.as_dict()
    with pytest.raises(RuntimeError, match=failing):
        target.restore(BODY + FIRST, version=1)
    assert target.calls[-1].split("(")[0] == failing
    assert target.as_dict() == before


def test_a_refusal_names_the_hooks_that_ran(modules: SimpleNamespace) -> None:
    target = recorder(modules)
    with pytest.raises(ValidationError) as refused:
        target.restore(BODY + FIRST[:-1] + b"\x0a", version=1)
    assert (refused.value.path, refused.value.found) == ("b", 10)
    told = str(refused.value) + "".join(getattr(refused.value, "__notes__", []))
    assert "pre_load" in told and "first_pre_load" in told
    assert target.a == 0


def test_needed_hook_without_an_answer_repeats_the_last_load(modules: SimpleNamespace) -> None:
    second = bytes([5, 10]) + b"hooked_2nd" + bytes.fromhex("00000002 0102")
    target = modules.wire.Hooked()
    target.restore(bytes.fromhex("00 0005 06") + second, version=1)
    assert target.save() == bytes.fromhex("00 0005 06") + second
    target.restore(bytes.fromhex("00 0005 06"), version=1)
    assert target.save() == bytes.fromhex("00 0005 06")


def test_what_the_stream_lacks_takes_its_value_before_pre_load(modules: SimpleNamespace) -> None:
    class Sets(modules.wire.Hooked):  # type: ignore[misc,name-defined]
        def pre_load(self) -> None:
            self.seen = self.b + 1
            self.c = 55

    target = Sets(b=9)
    target.restore(bytes.fromhex("00 0005 06"), version=1)
    assert (target.b, target.c, target.seen) == (0, 55, 1)


def test_needed_asks_the_version_of_its_subsection(modules: SimpleNamespace) -> None:
    asked: list[int] = []

    class Dated(modules.wire.Dated):  # type: ignore[misc,name-defined]
        def is_asked(self, version: int) -> bool:
            asked.append(version)
            return True

    data = Dated(a=1, b=2, c=3, d=4).save()
    assert data == b"\x01" + b"\x05\x09dated/own\0\0\0\x02\x02" + b"\x05\x0bdated/asked\0\0\0\x07\x04"
    assert asked == [7]
    assert Dated.load(data, version=3).present("own")
