"""What is being written: a description's braces, and what is known of structs that are done."""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.property.strategies.names import Names


@dataclass(frozen=True)
class StructType:
    """A struct that later ones may embed.

    `numbers` are the paths of scalars in it, `versions` the lowest and the highest that it reads; `owns`: it has memory
    outside of itself.
    """

    name: str
    numbers: tuple[str, ...]
    versions: tuple[int, int]
    owns: bool


@dataclass
class Body:
    """One pair of braces being written. `depth` counts the arrays of structs without a name around it.

    `conditional`: a stream may lack what stands here. `braces`: it is a struct without a name, or a `tmp`;
    `tmp`: it is a `tmp`.
    """

    names: Names
    versions: tuple[int, int]
    own: list[str]
    """Paths, from these braces, of the scalars in them."""
    indent: str = "    "
    depth: int = 0
    conditional: bool = False
    braces: bool = False
    tmp: bool = False
    lines: list[str] = field(default_factory=list)

    def line(self, text: str) -> None:
        self.lines.append(self.indent + text)
