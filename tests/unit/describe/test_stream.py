"""The description at the end of a stream: literal JSON, for every kind of field."""

from __future__ import annotations

from typing import Any

import pytest

from vmsgen.describe import describe
from vmsgen.diagnostics import Diagnostics
from vmsgen.interpret import Refusal, State, reset_state
from vmsgen.model.description import Description
from vmsgen.passes import compile_text

PAIR = 'struct Pair "pair" version 2 { a : u8  b : u16 }\n'
PAIR_JSON = (
    '"vmsd_name": "pair", "version": 2, '
    '"fields": [{"name": "a", "type": "uint8", "size": 1}, {"name": "b", "type": "uint16", "size": 2}]'
)
TWO = ", ".join(f'{{"name": "a", "index": {i}, "type": "bool", "size": 1}}' for i in range(2))
MEMBERS = '{"name": "e.a", "type": "uint8", "size": 1}, {"name": "e.b", "type": "uint16", "size": 2}'
MORE = 'struct More "more" version 1 { n : u8 in 0..4  v : u8[n] }\n'


def device(text: str) -> Description:
    diagnostics = Diagnostics()
    schema = compile_text(text, diagnostics)
    assert schema and not diagnostics.found, diagnostics.found
    return schema.devices[-1]


def described(text: str, state: dict[str, Any] | None = None, hooks: Any = None, **more: Any) -> str:
    made = device(text)
    values = reset_state(made)
    values.update(state or {})
    return describe(made, values, hooks, **more).decode("ascii")


def fields(items: str, state: dict[str, Any] | None = None, before: str = "", hooks: Any = None) -> str:
    """What stands between the brackets of "fields"."""
    text = described(f"{before}device d version 3..5 {{ {items} }}", state, hooks)
    start = '{"name": "d", "instance_id": 0, "vmsd_name": "d", "version": 5, "fields": ['
    assert text.startswith(start) and text.endswith("]}")
    return text.removeprefix(start).removesuffix("]}")


@pytest.mark.parametrize(
    ("type_", "name", "size"),
    [
        ("u8", "uint8", 1),
        ("u16", "uint16", 2),
        ("u32", "uint32", 4),
        ("u64", "uint64", 8),
        ("i8", "int8", 1),
        ("i16", "int16", 2),
        ("i32", "int32", 4),
        ("i64", "int64", 8),
        ("bool", "bool", 1),
        ("timer", "timer", 8),
        ("f64", "float64", 8),
        ("cpudouble", "CPU_Double_U", 8),
        ("buffer[7]", "buffer", 7),
        ("bitmap[65]", "bitmap", 16),
        ("u8 equal", "uint8 equal", 1),
        ("u16 equal", "uint16 equal", 2),
        ("i32 equal", "int32 equal", 4),
        ('u32 equal "differs"', "uint32 equal", 4),
        ("u64 equal", "int64 equal", 8),
        ("i32 in 0..held(x)", "int32 le", 4),
        ("i32 in 0..9", "int32", 4),
        ("u16 in 0..held(x)", "uint16", 2),
    ],
)
def test_one_value(type_: str, name: str, size: int) -> None:
    assert fields(f"x : {type_}") == f'{{"name": "x", "type": "{name}", "size": {size}}}'


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        ('a "env.a[0]" : u8', '{"name": "env.a[0]", "type": "uint8", "size": 1}'),
        ("a : u16[3]", '{"name": "a", "array_len": 3, "type": "uint16", "size": 2}'),
        ("a : u16[1]", '{"name": "a", "type": "uint16", "size": 2}'),
        ("a : u16[3][5]", '{"name": "a", "array_len": 15, "type": "uint16", "size": 2}'),
        ("a : buffer[4][3]", '{"name": "a", "array_len": 3, "type": "buffer", "size": 4}'),
        ("a : bool[2] when n == 0", TWO),
        ("a : bool[2] since 4", '{"name": "a", "array_len": 2, "type": "bool", "size": 1}'),
        ("a : u8 before 5", ""),
        ("a : u8 when n == 1", ""),
        ("unused[4]", '{"name": "unused", "type": "unused_buffer", "size": 4}'),
        ("e : { a : u8  b : u16 }", MEMBERS),
        ("local m : u32[9]  send m[2 +: 3] \"m[X]\"", '{"name": "m[X]", "array_len": 3, "type": "uint32", "size": 4}'),
        ("local m : u32  send m as u8", '{"name": "m", "type": "uint8", "size": 1}'),
        ("check n == 0", ""),
    ],
)  # fmt: skip
def test_shapes(items: str, expected: str) -> None:
    own = '{"name": "n", "type": "uint8", "size": 1}'
    assert fields(f"n : u8  {items}") == own + (f", {expected}" if expected else "")


@pytest.mark.parametrize(
    ("count", "expected"),
    [
        (0, ""),
        (1, ', {"name": "a", "type": "uint32", "size": 4}'),
        (2, ', {"name": "a", "array_len": 2, "type": "uint32", "size": 4}'),
    ],
)
def test_counts(count: int, expected: str) -> None:
    own = '{"name": "n", "type": "uint8", "size": 1}'
    assert fields("n : u8 in 0..3  a : u32[n]", {"n": count}) == own + expected
    assert fields("n : u8 in 0..3  a : u32[n] alloc", {"n": count, "a": [0] * 3}) == own + expected
    unused = expected.replace('"a"', '"unused"').replace("uint32", "unused_buffer").replace("4}", "1}")
    assert fields("n : u8  unused[n max 3]", {"n": count}) == own + unused
    buffer = f', {{"name": "a", "type": "buffer", "size": {count}}}'
    assert fields("n : u8 in 0..3  a : buffer[n]", {"n": count}) == own + buffer
    bitmap = f', {{"name": "a", "type": "bitmap", "size": {8 if count else 0}}}'
    assert fields("n : u8 in 0..3  a : bitmap[n]", {"n": count}) == own + bitmap


def test_names_that_several_fields_have_get_numbers_counted_over_absent_ones() -> None:
    items = 'local o : u32  send o "o" as u16 before 4  send o "o"  unused[1] before 5  group when o == 1 { unused[2] }'
    assert fields(items, {"o": 1}) == (
        '{"name": "o[1]", "type": "uint32", "size": 4}, {"name": "unused[1]", "type": "unused_buffer", "size": 2}'
    )


def test_structs() -> None:
    one = f'{{"name": "p", "type": "struct", "struct": {{{PAIR_JSON}}}, "size": 3}}'
    assert fields("p : Pair", before=PAIR) == one
    several = one.replace('"type"', '"array_len": 6, "type"', 1)
    assert fields("p : Pair[2][3]", before=PAIR) == several
    by_number = ", ".join(one.replace('"type"', f'"index": {i}, "type"', 1) for i in range(2))
    assert fields("p : Pair[2] when true", before=PAIR.replace("struct", "const true = 1\nstruct", 1)) == by_number


def test_a_pinned_struct_has_no_object_of_its_own() -> None:
    text = PAIR.replace("version 2", "version 1..2").replace("u16", "u16 since 2")
    old = PAIR_JSON.replace('"version": 2', '"version": 1').replace(', {"name": "b", "type": "uint16", "size": 2}', "")
    assert fields("p : Pair at 1", before=text) == f'{{"name": "p", "type": "vstruct", {old}, "size": 1}}'
    again = f'{{"name": "p", "array_len": 2, "type": "vstruct", {PAIR_JSON}, "size": 3}}'
    assert fields("p : Pair[2] at 2".replace("[2] at 2", " at 2").replace("Pair at 2", "Pinned[2]"),
                  before=text + "type Pinned = Pair at 2\n") == again  # fmt: skip


def test_arrays_of_structs_that_may_differ_are_shown_one_by_one() -> None:
    text = 'struct S "s" version 1 { a : u8  subsection x version 1 needed a != 0 { b : u8 } }\n'
    plain = '"vmsd_name": "s", "version": 1, "fields": [{"name": "a", "type": "uint8", "size": 1}]'
    more = (
        plain + ', "subsections": [{"vmsd_name": "s/x", "version": 1, '
        '"fields": [{"name": "b", "type": "uint8", "size": 1}]}]'
    )
    state = {"s": [State(a=0, b=0), State(a=1, b=7)]}
    assert fields("s : S[2]", state, before=text) == (
        f'{{"name": "s", "index": 0, "type": "struct", "struct": {{{plain}}}, "size": 1}}, '
        f'{{"name": "s", "index": 1, "type": "struct", "struct": {{{more}}}, "size": 11}}'
    )
    assert fields("s : S[1]", {"s": [State(a=0, b=0)]}, before=text) == (
        f'{{"name": "s", "type": "struct", "struct": {{{plain}}}, "size": 1}}'
    )


def test_of_structs_with_counts_of_their_own_the_first_is_shown() -> None:
    state = {"m": [State(n=1, v=[0] * 4), State(n=4, v=[0] * 4)]}
    assert fields("m : More[2]", state, before=MORE) == (
        '{"name": "m", "array_len": 2, "type": "struct", "struct": {"vmsd_name": "more", "version": 1, "fields": ['
        '{"name": "n", "type": "uint8", "size": 1}, {"name": "v", "type": "uint8", "size": 1}]}, "size": 2}'
    )


def test_an_array_of_structs_without_a_name_is_called_like_the_field() -> None:
    assert fields("r : { addr : u64  cfg : u8 }[3]") == (
        '{"name": "r", "array_len": 3, "type": "struct", "struct": {"vmsd_name": "r", "version": 5, "fields": ['
        '{"name": "addr", "type": "uint64", "size": 8}, {"name": "cfg", "type": "uint8", "size": 1}]}, "size": 9}'
    )


def test_missing_elements() -> None:
    here, gone = State(a=1, b=2), None
    shown = f'{{"name": "p", "array_len": 2, "type": "struct", "struct": {{{PAIR_JSON}}}, "size": 3}}'
    empty = '{"name": "p", "array_len": 2, "type": "struct", "struct": {}, "size": 1}'
    assert fields("p : Pair?[2]", {"p": [here, gone]}, before=PAIR) == shown
    assert fields("p : Pair?[2]", {"p": [gone, here]}, before=PAIR) == empty
    assert fields("t : timer?[2]", {"t": [None, 1]}) == '{"name": "t", "array_len": 2, "type": "timer", "size": 1}'
    assert fields("t : timer?[2]", {"t": [1, None]}) == '{"name": "t", "array_len": 2, "type": "timer", "size": 8}'


def test_lists_and_maps_have_the_keys_of_every_element_in_one_object() -> None:
    two = [State(a=1, b=2), State(a=3, b=4)]
    assert fields("q : list<Pair max 4> since 2", before=PAIR.replace("version 2", "version 0")) == (
        '{"name": "q", "type": "qtailq", "size": 1}'
    )
    text = PAIR.replace("version 2", "version 0")
    inner = PAIR_JSON.replace('"version": 2', '"version": 0')
    assert fields("q : list<Pair max 4>", {"q": two}, before=text) == (
        f'{{"name": "q", "type": "qtailq", {inner}, {inner}, "size": 9}}'
    )
    assert fields("m : map<u64, Pair max 4>", {"m": [(5, two[0])]}, before=text) == (
        f'{{"name": "m", "type": "gtree", {inner}, "size": 17}}'
    )
    assert fields("m : map<Pair, Pair max 4>", {"m": [(two[0], two[1])]}, before=text) == (
        f'{{"name": "m", "type": "gtree", {inner}, {inner}, "size": 12}}'
    )


def test_tmp() -> None:
    items = 'fp "fp_tmp" : tmp { mant "tmp_mant" : u64  expo : u16 }'
    assert fields(items) == (
        '{"name": "tmp", "type": "tmp", "vmsd_name": "fp_tmp", "version": 0, "fields": ['
        '{"name": "tmp_mant", "type": "uint64", "size": 8}, {"name": "expo", "type": "uint16", "size": 2}], "size": 10}'
    )


def test_what_is_in_a_tmp() -> None:
    text = "struct Pair version 0 { a : u8 }\n"
    items = """fp "fp_tmp" : tmp {
        queue : list<Pair max 4>
        unused[2]
        subsection more version 2 needed x != 0 { x : u8  subsection deeper needed x == 3 { y : u8 } }
    }"""
    pair = '"vmsd_name": "Pair", "version": 0, "fields": [{"name": "a", "type": "uint8", "size": 1}]'
    start = (
        '{"name": "tmp", "type": "tmp", "vmsd_name": "fp_tmp", "version": 0, "fields": ['
        f'{{"name": "queue", "type": "qtailq", {pair}, "size": 3}}, '
        '{"name": "unused", "type": "unused_buffer", "size": 2}]'
    )
    more = (
        ', "subsections": [{"vmsd_name": "fp_tmp/more", "version": 2, "fields": '
        '[{"name": "x", "type": "uint8", "size": 1}]'
    )
    deeper = (
        ', "subsections": [{"vmsd_name": "fp_tmp/more/deeper", "version": 0, "fields": '
        '[{"name": "y", "type": "uint8", "size": 1}]}]'
    )
    queue = [{"a": 1}]
    for x, behind in ((0, ', "size": 5}'), (1, more + '}], "size": 23}'), (3, more + deeper + '}], "size": 48}')):
        assert fields(items, {"fp": {"queue": queue, "x": x, "y": 0}}, before=text) == start + behind


def test_types_with_names() -> None:
    types = 'type Config "pci config" = buffer[8]\ntype Level "level" = u32\ntype Levels "levels" = u32[4]\n'
    assert fields("c : Config  l : Level  s : Levels  a : Level[2]", before=types) == (
        '{"name": "c", "type": "pci config", "size": 8}, {"name": "l", "type": "level", "size": 4}, '
        '{"name": "s", "type": "levels", "size": 16}, {"name": "a", "array_len": 2, "type": "level", "size": 4}'
    )


def test_arrays_of_types_that_are_arrays() -> None:
    types = 'type Avr "avr" = u64[2]\ntype Rows "rows" = u8[2][3]\ntype Square "square" = Avr[2]\n'
    assert fields("v : Avr[3]  w : Avr[2][2]  r : Rows[2]  s : Square", before=types) == (
        '{"name": "v", "array_len": 3, "type": "avr", "size": 16}, '
        '{"name": "w", "array_len": 4, "type": "avr", "size": 16}, '
        '{"name": "r", "array_len": 2, "type": "rows", "size": 6}, '
        '{"name": "s", "type": "square", "size": 32}'
    )
    assert fields("local n : u8  v : Avr[3] when n == 0", before=types) == ", ".join(
        f'{{"name": "v", "index": {number}, "type": "avr", "size": 16}}' for number in range(3)
    )


@pytest.mark.parametrize(
    ("n", "shown"),
    [
        (0, ""),
        (1, '{"name": "unused", "type": "unused_buffer", "size": 4}'),
        (3, '{"name": "unused", "array_len": 3, "type": "unused_buffer", "size": 4}'),
    ],
)
def test_unused_elements_of_several_bytes(n: int, shown: str) -> None:
    for count in ("n * 4", "4 * n"):
        assert fields(f"local n : u8  unused[{count} max 40]", {"n": n}) == shown


def test_custom_fields_have_the_size_that_the_hook_makes() -> None:
    hooks = {"put_x": lambda state, writer: writer.put_buffer(b"12345")}
    assert fields("hook get_x, put_x  x : custom", hooks=hooks) == '{"name": "x", "type": "unknown", "size": 5}'
    named = 'type Irqs "irqs" = custom\n'
    assert fields("hook get_x, put_x  x : Irqs", before=named, hooks=hooks) == (
        '{"name": "x", "type": "irqs", "size": 5}'
    )
    with pytest.raises(Refusal) as caught:
        fields("hook get_x, put_x  x : custom")
    assert (caught.value.code, caught.value.path) == ("no-hook", "x")


def test_arrays_of_custom_have_the_size_of_their_first_element() -> None:
    """Of those that are shown one by one each has its own, and what is one thing that of all of it."""
    hooks = {"put_x": lambda state, writer, *indices: writer.put_buffer(bytes(1 + sum(indices)))}

    def shown(type_: str, more: str = "", n: int = 0) -> str:
        named = 'type Irqs "irqs" = custom\ntype Lines "lines" = custom[3]\ntype Some "some" = custom[n max 4]\n'
        return fields(f"local n : u8  hook get_x, put_x  x : {type_} {more}", {"n": n}, named, hooks)

    assert shown("custom[3]") == '{"name": "x", "array_len": 3, "type": "unknown", "size": 1}'
    assert shown("custom[2][3]", "since 5") == '{"name": "x", "array_len": 6, "type": "unknown", "size": 1}'
    assert shown("custom[1]") == '{"name": "x", "type": "unknown", "size": 1}'
    assert shown("custom[n max 4]", "", 4) == '{"name": "x", "array_len": 4, "type": "unknown", "size": 1}'
    assert shown("custom[n max 4]", "", 1) == '{"name": "x", "type": "unknown", "size": 1}'
    assert shown("custom[n max 4]") == ""
    assert shown("custom[2][2]", "when n == 1", 1) == ", ".join(
        f'{{"name": "x", "index": {index}, "type": "unknown", "size": {size}}}'
        for index, size in enumerate((1, 2, 2, 3))
    )
    assert shown("custom[n max 4]", "before 6", 1) == '{"name": "x", "type": "unknown", "size": 1}'
    assert shown("Irqs[2]") == '{"name": "x", "array_len": 2, "type": "irqs", "size": 1}'
    assert shown("Lines") == '{"name": "x", "type": "lines", "size": 6}'
    assert shown("Lines[2]") == '{"name": "x", "array_len": 2, "type": "lines", "size": 6}'
    assert shown("Lines[2]", "when n == 0") == (
        '{"name": "x", "index": 0, "type": "lines", "size": 6}, {"name": "x", "index": 1, "type": "lines", "size": 9}'
    )
    assert shown("Some", "", 2) == '{"name": "x", "type": "some", "size": 3}'
    assert shown("Some") == '{"name": "x", "type": "some", "size": 0}'
    with pytest.raises(Refusal) as caught:
        fields("hook get_x, put_x  x : custom[2]")
    assert (caught.value.code, caught.value.path) == ("no-hook", "x[0]")


def test_an_opaque_device_is_one_buffer() -> None:
    hooks = {"save_state": lambda state, writer: writer.put_buffer(bytes(131))}
    assert described("device slirp version 4 opaque", hooks=hooks) == (
        '{"name": "slirp", "instance_id": 0, "size": 131, "fields": [{"name": "data", "size": 131, "type": "buffer"}]}'
    )


def test_subsections_nest_and_are_listed_if_sent() -> None:
    text = """device d version 1 {
        a : u8
        subsection x version 2 needed a > 0 { b : u8  subsection y version 3 needed a > 1 { } }
        subsection z "dz" version 4 needed a > 2 { c : u8 }
    }"""
    head = '{"name": "d", "instance_id": 0, "vmsd_name": "d", "version": 1, '
    head += '"fields": [{"name": "a", "type": "uint8", "size": 1}]'
    field = '"fields": [{"name": "b", "type": "uint8", "size": 1}]'
    assert described(text) == head + "}"
    x = f'{{"vmsd_name": "d/x", "version": 2, {field}'
    assert described(text, {"a": 1}) == head + f', "subsections": [{x}}}]}}'
    y = '"subsections": [{"vmsd_name": "x/y", "version": 3, "fields": []}]'.replace("x/y", "d/x/y")
    z = f'{{"vmsd_name": "dz", "version": 4, {field}}}'.replace('"b"', '"c"')
    assert described(text, {"a": 3}) == head + f', "subsections": [{x}, {y}}}, {z}]}}'


def test_other_versions_and_names() -> None:
    text = 'device d "dé" version 1..2 { a : u8  b : u8 since 2 }'.replace("dé", "d")
    a, b = ('{"name": "a", "type": "uint8", "size": 1}', '{"name": "b", "type": "uint8", "size": 1}')
    assert described(text, version=1, name='0:\u00e9"x', instance_id=4294967295) == (
        '{"name": "0:\\u00e9\\"x", "instance_id": 4294967295, "vmsd_name": "d", "version": 1, "fields": [' + a + "]}"
    )
    assert described(text, version=2).endswith(f"[{a}, {b}]}}")


def test_what_a_pre_save_does_decides() -> None:
    text = "device d version 1 { hook pre_save  a : u8  subsection x version 1 needed a != 0 { b : u8 } }"
    assert '"d/x"' in described(text, hooks={"pre_save": lambda state: state.update(a=1)})
    assert '"d/x"' not in described(text)
