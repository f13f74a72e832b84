"""What is demanded, and of which workload: the only numbers in the reports that do not come from the run."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Bar:
    """The least ratio of a peer's time to vmsgen's. Of a family with several ways the fastest counts."""

    state: str
    operation: str
    family: str
    least: float


@dataclass(frozen=True)
class CostBar:
    """The most that another way of our own may cost: its time over that of the plain one. None: nothing is demanded."""

    state: str
    operation: str
    family: str
    most: float | None


@dataclass(frozen=True)
class InstructionBar:
    """The most instructions that one call may take, reader or writer set up beforehand. `avx2`: in code for AVX2."""

    state: str
    operation: str
    avx2: bool
    most: int


WORKLOADS = {
    "T": "4 x u8",
    "M": "60 mixed scalars, 8 x {u32, u64, u16}, u32[64], 100 counted bytes, one subsection sent",
    "L": "u32[0x8000] and u8[65536]",
    "Q": "a list of 1000 structs of u8, u16, u32",
    "V": "a list of 1000 structs of u8, u16, u32, half of them with another u32",
    "N": "a list of 1000 structs around structs around a u8 and, in half of them, another u8",
}

BARS = (
    Bar("T", "save", "struct object", 1.0),
    Bar("T", "restore", "struct object", 1.0),
    Bar("M", "save", "struct object", 12),
    Bar("M", "save", "construct compiled", 250),
    Bar("M", "restore", "struct object", 22),
    Bar("M", "restore", "construct compiled", 160),
    Bar("L", "save", "struct object", 40),
    Bar("L", "save", "numpy", 1.1),
    Bar("L", "restore", "struct object", 40),
    Bar("Q", "save", "construct compiled", 20),
    Bar("Q", "restore", "construct compiled", 10),
)

DESCRIBED = "vmsgen with description"
"""A save, and what stands at a stream's end about it: of a state that holds the same things as at the last save."""
DESCRIBED_OF_TWO = "vmsgen with one of two descriptions"
"""The same, but each time with something there that was not, or gone: back and forth between two texts, both kept."""
DESCRIBED_ANEW = "vmsgen with another description"
"""The same with texts that are too long for that, and are made anew."""
COPIED = "vmsgen and a copy of that text"
"""What the longest of these costs at least: the save, and to have the text once more."""

COST_BARS = (
    *(CostBar(state, "save", DESCRIBED, 3.0) for state in WORKLOADS),
    CostBar("M", "save", DESCRIBED_OF_TWO, 3.0),
    *(CostBar(state, "save", DESCRIBED_ANEW, 3.0) for state in ("V", "N")),
    CostBar("N", "save", COPIED, None),
)

INSTRUCTION_BARS = (
    InstructionBar("T", "save", False, 30),
    InstructionBar("T", "load", False, 30),
    InstructionBar("M", "save", False, 900),
    InstructionBar("M", "load", False, 950),
    InstructionBar("L", "save", False, 300_000),
    InstructionBar("L", "load", False, 300_000),
    InstructionBar("L", "save", True, 110_000),
    InstructionBar("L", "load", True, 110_000),
)
