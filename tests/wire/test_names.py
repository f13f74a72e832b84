"""Names that C, C++, Python or the generated code keep for themselves: a trailing `_` there, and never on the wire."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from vmstate import ValidationError

BODY = bytes.fromhex(
    "03 00000004 01 04 02 01 ffffffffffffffff 0000 00 07 00 0102 000000 00" + "05" + "00" * 10 + "00 01 09 0a"
)  # fmt: skip
VOLATILE = b"\x05\x0eclass/volatile" + bytes.fromhex("00000001 08")


def filled(modules: SimpleNamespace) -> object:
    names = modules.names
    return names.Class(
        def_=3, int_=4, self_=1, None_=names.Mode.None_, True_=names.struct_.def_, save_=True, _Bool_=7, uint8_t_=0x102,
        s=5, count=1, failed=[9], fault={"restore_": 10}, true_=8,
    )  # fmt: skip


def test_saved_and_loaded(modules: SimpleNamespace) -> None:
    made = filled(modules)
    assert made.save() == BODY + VOLATILE  # type: ignore[attr-defined]
    loaded = modules.names.Class.load(BODY + VOLATILE, version=1)
    assert loaded == made
    assert (loaded.int_, loaded.uint8_t_, loaded.true_, loaded.present("volatile")) == (4, 0x102, 8, True)


def test_errors_call_fields_what_the_schema_calls_them(modules: SimpleNamespace) -> None:
    with pytest.raises(ValidationError) as refused:
        modules.names.Class.load(b"\x04" + BODY[1:], version=1)
    error = refused.value
    assert (error.device, error.path, error.offset, error.found, error.allowed) == ("class", "def", 0, 4, (0, 3))


def test_hooks_with_such_names(modules: SimpleNamespace) -> None:
    called: list[str] = []

    class Mine(modules.names.Class):  # type: ignore[misc,name-defined]
        def register_(self) -> None:
            called.append("register")

        def load_(self, version: int) -> bool:
            called.append(f"load({version})")
            return True

        def yield_(self, version: int) -> bool:
            called.append(f"yield({version})")
            return True

    data = Mine(lambda_=6, while_={"for_": 5}).save()
    assert data.endswith(bytes.fromhex("00 06") + b"\x05\x09class/any" + bytes.fromhex("00000000 05"))
    assert called == ["register", "load(1)", "yield(0)"]


def test_constants_and_enums(modules: SimpleNamespace) -> None:
    names = modules.names
    assert (names.double_, names.NULL_, names.UINT8_MAX, names.VMS_OK, names.goto_, names.Device_) == (3, 4, 5, 6, 7, 8)
    assert [(m.name, int(m)) for m in names.Mode] == [
        ("name_", 1), ("value_", 2), ("mro_", 3), ("None_", 4), ("class_", 5), ("_missing__", 6),
    ]  # fmt: skip


def test_other_devices(modules: SimpleNamespace) -> None:
    names = modules.names
    assert names.Vms(python=1).save() == b"\x01"
    assert names.PythonD(fields_=2).save() == b"\x02"
    assert names.Buffer(buffer=b"ab").save() == b"ab"
    assert names.Elements(mapping=[{"restore_": 1}, {"restore_": 2}], type=3, property=4).save() == b"\x01\x02\x03\x04"
