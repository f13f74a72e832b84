"""Device and Struct: what the classes of a generated module inherit from.

The state lives in native memory, laid out as the schema's C struct. Attributes read and write it there; `save` and
`restore` are one call into generated C.
"""

from __future__ import annotations

import copy as copying
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Self

from vmstate import _older  # noqa: F401  (native code calls it)
from vmstate._binding import bind, generated
from vmstate._blob import Blob, pack, unpack
from vmstate._locals import Placing, collect
from vmstate._text import state_text
from vmstate._types import State
from vmstate.errors import FramingError, UnknownNameError, VMStateError

if TYPE_CHECKING:
    from typing_extensions import Buffer


class _Described(State):
    __slots__ = ()

    wire_name: ClassVar[str]
    """Its name on the wire."""
    size_max: ClassVar[int]
    """The most bytes that a save makes."""
    versions: ClassVar[tuple[int, int]]
    """The oldest and the newest version that can be read; the newest is written."""

    def __init_subclass__(
        cls, *, native: Any = None, symbol: str | None = None, schema: str | None = None, **rest: Any
    ) -> None:
        super().__init_subclass__(**rest)
        bind(cls, native, symbol, schema)

    # Loading new ones ------------------------------------------------------------------------------------------

    @classmethod
    def load(cls, data: Buffer, version: int, *, layout: Self | None = None) -> Self:
        """A new object from the body `data`. The version must be known: the body does not carry it.

        There is no state from before: `equal` takes what comes. Elements that may be missing are there where `layout`,
        another object of the class, has them; without it all are missing. Raises a VMStateError if the data is
        refused.
        """
        new = cls()
        if layout is not None:
            new.__pattern__(layout.__pattern__(None))
        new.__take__(data, version)
        return new

    def dumps(self) -> bytes:
        """The state with all that is needed to load it again: name, version, which schema it was, and local members.

        It carries what a save of the newest version does: not the fields of a subsection that is not needed.
        """
        layout = self.__bound__().layout
        body = self.save()
        digest = bytes.fromhex(layout.digest)
        return pack(Blob(layout.wire_name, layout.versions[1], digest, body, self.__pattern__(None), collect(self)))

    @classmethod
    def loads(cls, data: Buffer) -> Self:
        """A new object from what `dumps` made, by this version of the schema or another one.

        Raises FramingError for anything else, and for other devices, or another VMStateError if the state is refused.
        """
        layout = cls.__binding__.layout
        blob = unpack(data, layout.wire_name)
        if blob.name != layout.wire_name:
            raise FramingError(
                f"{layout.wire_name}: this is a state of {blob.name!r}", device=layout.wire_name, offset=6
            )
        new = cls()
        if len(blob.pattern) == len(new.__pattern__(None)):
            new.__pattern__(blob.pattern)
        place_locals = Placing(new, blob.values, layout.wire_name)
        try:
            place_locals()
            new.__take__(blob.body, blob.version)
            place_locals()
            return new
        except VMStateError as error:
            if blob.digest.hex() != layout.digest:
                error.add_note(
                    f"it was saved by another schema (sha256 {blob.digest.hex()}…), this one is {layout.digest}…"
                )
            raise

    # Fields ------------------------------------------------------------------------------------------------------

    def update(self, values: Mapping[str, Any] | None = None, /, **fields: Any) -> None:
        """Sets many fields at once: all of them, or none if one is refused. Structs may be given as mappings."""
        self.__assign__({**(values or {}), **fields})

    def present(self, name: str) -> bool:
        """Did the subsection come with the last load? A nested one may be named `outer/inner`.

        Raises UnknownNameError, a KeyError, for a name that is none of its subsections.
        """
        names = self.__bound__().layout.subsections
        numbers = [i for i, own in enumerate(names) if own == name] or [
            i for i, own in enumerate(names) if own.rpartition("/")[2] == name
        ]
        if len(numbers) != 1:
            known = f"it has {', '.join(names)}" if names else "it has none"
            problem = "several subsections" if numbers else "no subsection"
            raise UnknownNameError(f"{self.__bound__().layout.name} has {problem} {name!r}; {known}")
        return bool(self.__present_bits__() >> numbers[0] & 1)

    @property
    def cdata(self) -> Any:
        """The state itself as a cffi pointer to its C struct. It keeps the memory alive."""
        cls: Any = generated(type(self))
        return cls.__native__.ffi.from_buffer(f"struct {cls.__symbol__} *", self.__memory__())

    # Python's own protocols -------------------------------------------------------------------------------------------

    def __repr__(self) -> str:
        return state_text(self)

    def __copy__(self) -> Self:
        new = type(self).__new__(type(self))
        new.__overwrite__(self)
        _set_rest(new, self.__getstate__())
        return new

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        new = type(self).__new__(type(self))
        memo[id(self)] = new
        new.__overwrite__(self)
        _set_rest(new, copying.deepcopy(self.__getstate__(), memo))
        return new

    def __reduce__(self) -> tuple[Any, ...]:
        if self.__bound__().layout.has_format:
            return type(self).loads, (self.dumps(),), self.__getstate__()
        return _from_fields, (type(self), self.as_dict()), self.__getstate__()


class Device(_Described):
    """A device: what has a section of its own in a stream."""

    __slots__ = ()

    priority: ClassVar[str] = "default"
    """Its place in a stream: QEMU's name of it."""
    unmigratable: ClassVar[bool] = False
    """Does it keep a machine from migrating?"""
    early_setup: ClassVar[bool] = False
    """Is its section sent before RAM?"""
    is_opaque: ClassVar[bool] = False
    """Has it no fields, only hooks that write and read its body?"""

    @property
    def needed(self) -> bool:
        """Is its section to be sent at all, as the state is now?"""
        return self.__needed__()

    def dev_unplug_pending(self) -> bool:
        """Is the device being unplugged? Saves and loads do not ask. By itself it says no."""
        return False


class Struct(_Described):
    """A struct: part of devices. One with a name can be saved and restored by itself, too."""

    __slots__ = ()


def _from_fields(cls: type[_Described], fields: dict[str, Any]) -> _Described:
    return cls(**fields)


def _set_rest(new: _Described, rest: Any) -> None:
    """What a subclass keeps beside the state: its `__dict__` and its slots, as `__getstate__` gives them."""
    attributes, slots = rest if isinstance(rest, tuple) else (rest, None)
    for name, value in {**(attributes or {}), **(slots or {})}.items():
        setattr(new, name, value)
