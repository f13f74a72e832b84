"""What a stream consists of, as frozen data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["Configuration", "Page", "RamBlock", "Section", "Stream"]


@dataclass(frozen=True, slots=True)
class Configuration:
    """The configuration element: which machine wrote the stream. All but `machine` are None when not sent."""

    machine: str
    page_bits: int | None = None
    capabilities: tuple[str, ...] | None = None
    uuid: bytes | None = None


@dataclass(frozen=True, slots=True)
class RamBlock:
    """One RAM block as the stream announces it; `used_length` in bytes."""

    name: str
    used_length: int


@dataclass(frozen=True, slots=True)
class Page:
    """One page record: `length` bytes at `start` of `block`, either `data` or all bytes equal to `fill`."""

    block: RamBlock
    start: int
    length: int
    data: memoryview | None
    fill: int

    def contents(self) -> bytes:
        """The page as it will be in memory, `length` bytes."""
        return bytes([self.fill]) * self.length if self.data is None else bytes(self.data)


@dataclass(frozen=True, slots=True)
class Section:
    """One device's section.

    `offset` is where the section's type byte stands in the stream, `body_offset` where its first body byte does;
    `body` is a view of the stream's own bytes, header and footer left out. `description` is what the stream's
    closing JSON says about this device (keys `name`, `instance_id`, `vmsd_name`, `version`, `fields`, ...).
    """

    name: str
    instance_id: int
    version_id: int
    section_id: int
    offset: int
    body_offset: int
    body: memoryview
    description: Mapping[str, Any]

    @property
    def vmsd_name(self) -> str | None:
        """Name of the device's description, without bus path; None for a section whose body is opaque."""
        name = self.description.get("vmsd_name")
        return name if isinstance(name, str) else None


@dataclass(frozen=True, slots=True)
class Stream:
    """A whole stream. `footers`: does every section end in a footer; `description_offset`: where the JSON starts."""

    size: int
    configuration: Configuration | None
    footers: bool
    page_size: int
    blocks: tuple[RamBlock, ...]
    sections: tuple[Section, ...]
    description_offset: int

    def find(self, name: str, instance_id: int = 0) -> Section:
        """The section of that name and instance; `KeyError` if the stream has none."""
        for section in self.sections:
            if section.name == name and section.instance_id == instance_id:
                return section
        raise KeyError(f"the stream has no section {name!r}, instance {instance_id}")
