"""One test a macro, with literal bytes, and a check that there is one for every macro."""

from __future__ import annotations

from types import ModuleType

import pytest

from tests.macros.rows import NEW, Case, Loads, NotSaved, Refuses, Row, Same
from tests.macros.table import SCHEMA, TABLE
from tests.property.native import build
from tests.sides import Native, Oracle, Refused, Side, compiled
from tests.states import empty_like, state_of

# Those with suffixes in full, each once.
MACROS = """
BOOL BOOL_V BOOL_TEST INT8 INT8_V INT8_TEST INT16 INT16_V INT16_TEST INT32 INT32_V INT32_TEST INT64 INT64_V INT64_TEST
UINT8 UINT8_V UINT8_TEST UINT16 UINT16_V UINT16_TEST UINT32 UINT32_V UINT32_TEST UINT64 UINT64_V UINT64_TEST
U8 U8_V U16 U16_V U32 U32_V U64 U64_V FLOAT64
SINGLE SINGLE_TEST SINGLE_FULL POINTER POINTER_TEST
UINT8_EQUAL UINT16_EQUAL UINT16_EQUAL_V INT32_EQUAL UINT32_EQUAL UINT32_EQUAL_V UINT64_EQUAL UINT64_EQUAL_V
INT32_POSITIVE_LE TIMER TIMER_V TIMER_TEST TIMER_PTR TIMER_PTR_V TIMER_PTR_TEST VALIDATE

ARRAY ARRAY_TEST 2DARRAY SUB_ARRAY BOOL_ARRAY BOOL_ARRAY_V BOOL_SUB_ARRAY
UINT8_ARRAY UINT8_ARRAY_V UINT8_SUB_ARRAY UINT8_2DARRAY UINT8_2DARRAY_V
UINT16_ARRAY UINT16_ARRAY_V UINT16_SUB_ARRAY UINT16_2DARRAY UINT16_2DARRAY_V
UINT32_ARRAY UINT32_ARRAY_V UINT32_SUB_ARRAY UINT32_2DARRAY UINT32_2DARRAY_V
UINT64_ARRAY UINT64_ARRAY_V UINT64_SUB_ARRAY UINT64_2DARRAY UINT64_2DARRAY_V
INT16_ARRAY INT16_ARRAY_V INT32_ARRAY INT32_ARRAY_V INT64_ARRAY INT64_ARRAY_V
CPUDOUBLE_ARRAY CPUDOUBLE_ARRAY_V TIMER_ARRAY TIMER_PTR_ARRAY

VARRAY_INT32 VARRAY_UINT32 VARRAY_UINT32_ALLOC VARRAY_UINT16_ALLOC VARRAY_UINT16_UNSAFE ARRAY_INT32_UNSAFE
VARRAY_MULTIPLY

STRUCT STRUCT_TEST VSTRUCT VSTRUCT_V VSTRUCT_TEST
STRUCT_POINTER STRUCT_POINTER_V STRUCT_POINTER_TEST STRUCT_POINTER_TEST_V
STRUCT_ARRAY STRUCT_ARRAY_TEST STRUCT_2DARRAY STRUCT_2DARRAY_TEST STRUCT_SUB_ARRAY
STRUCT_VARRAY_UINT8 STRUCT_VARRAY_INT32 STRUCT_VARRAY_UINT32 STRUCT_VARRAY_POINTER_KNOWN
STRUCT_VARRAY_POINTER_INT32 STRUCT_VARRAY_POINTER_UINT16 STRUCT_VARRAY_POINTER_UINT32 STRUCT_VARRAY_ALLOC
ARRAY_OF_POINTER ARRAY_OF_POINTER_TO_STRUCT

BUFFER BUFFER_V BUFFER_TEST PARTIAL_BUFFER STATIC_BUFFER BUFFER_START_MIDDLE BUFFER_START_MIDDLE_V
BUFFER_POINTER_UNSAFE BUFFER_UNSAFE BUFFER_UNSAFE_INFO BUFFER_UNSAFE_INFO_TEST
VBUFFER VBUFFER_UINT32 PARTIAL_VBUFFER PARTIAL_VBUFFER_UINT32 VBUFFER_MULTIPLY VBUFFER_ALLOC_UINT32
BITMAP UNUSED UNUSED_V UNUSED_TEST UNUSED_BUFFER UNUSED_VARRAY_UINT32

WITH_TMP QTAILQ_V QLIST_V GTREE_V GTREE_DIRECT_KEY_V
""".split()

DEVICES = {device.name: device for device in compiled(SCHEMA).devices}


@pytest.fixture(scope="session")
def module(tmp_path_factory: pytest.TempPathFactory) -> ModuleType:
    return build(SCHEMA, "macros", tmp_path_factory.mktemp("macros"))


def test_every_macro_has_its_row_and_no_row_is_of_nothing() -> None:
    assert sorted(row.macro for row in TABLE) == sorted(MACROS)
    assert len(set(MACROS)) == len(MACROS)


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.macro)
def test_on_the_oracle(row: Row) -> None:
    run(Oracle(DEVICES[row.device], row.methods), row)


@pytest.mark.native
@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.macro)
def test_in_native_code(row: Row, module: ModuleType) -> None:
    run(Native(module, DEVICES[row.device], row.methods), row)


def run(side: Side, row: Row) -> None:
    assert any(isinstance(case, Same) and case.version == NEW for case in row.cases)
    for case in row.cases:
        try_case(side, case)


def try_case(side: Side, case: Case) -> None:
    device = side.device
    match case:
        case Same(plain, wire, version, held):
            state, data = state_of(device, plain), bytes.fromhex(wire)
            assert side.save(state, version) == data
            receiver = state_of(device, held) if held else empty_like(device, state)
            assert side.load(receiver, data, version) is None
            assert side.state == state
        case Loads(wire, plain, version, held):
            assert side.load(state_of(device, held), bytes.fromhex(wire), version) is None
            assert side.state == state_of(device, plain)
        case Refuses(wire, code, version, held):
            receiver = state_of(device, held)
            refused = side.load(receiver, bytes.fromhex(wire), version)
            assert refused is not None and refused.code == code
            assert side.state == state_of(device, held)
        case NotSaved(plain, code, version):
            refused = side.save(state_of(device, plain), version)
            assert isinstance(refused, Refused) and refused.code == code
