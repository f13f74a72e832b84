"""Every macro that makes a field of a VMState description: how a schema says it, and its bytes."""

from __future__ import annotations

from tests.macros import arrays, buffers, containers, scalars, structs
from tests.macros.rows import Row

TABLE: tuple[Row, ...] = (*scalars.ROWS, *arrays.ROWS, *structs.ROWS, *buffers.ROWS, *containers.ROWS)

SCHEMA = "\n".join([structs.DECLARATIONS, containers.DECLARATIONS, *(row.text for row in TABLE)])
"""A device for each row, and the structs that they use."""
