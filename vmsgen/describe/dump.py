"""What `qemu -dump-vmstate` writes: all that could be sent, with versions, and sizes in memory."""

from __future__ import annotations

from dataclasses import dataclass

from vmsgen.describe.abi import element_size, sized
from vmsgen.describe.json import Json, Object, indented
from vmsgen.describe.names import Known, Owner, known
from vmsgen.model.description import Description, Subsection
from vmsgen.model.expressions import MemberStep, Path
from vmsgen.model.types import Array, Bitmap, Buffer, List, Map, Scalar, Struct, Type, innermost, is_allocated
from vmsgen.model.wire import Custom, Field, Repeat, Tmp, Unused

MACHINE = "vmschkmachine"


def dump(devices: tuple[Description, ...], machine: str) -> str:
    """JSON, the devices by their names. `machine` is what the checker warns of when it differs.

    Opaque devices have no description; QEMU leaves them out too.
    """
    return indented(Object([(MACHINE, Object([("Name", machine)])), *(_device(d) for d in devices if not d.opaque)]))


def _device(device: Description) -> tuple[str, Object]:
    versions = _versions(device)
    entry = Object([("Name", device.wire_name), *versions.keys, ("Description", _description(device, device))])
    return device.wire_name, entry


@dataclass(frozen=True)
class _Versions:
    newest: int
    oldest: int

    @property
    def keys(self) -> list[tuple[str, Json]]:
        return [("version_id", self.newest), ("minimum_version_id", self.oldest)]


def _versions(owner: Description | Subsection) -> _Versions:
    return _Versions(owner.version, owner.minimum_version)


def _description(owner: Description | Subsection, home: Description) -> Object:
    """`home` has the storage: a subsection's fields are those of what it belongs to."""
    versions = _versions(owner)
    made = Object([("name", owner.wire_name), *versions.keys])
    _add_fields(made, owner, home, versions)
    _add_subsections(made, owner, home)
    return made


def _add_subsections(made: Object, owner: Description | Subsection | Tmp, home: Description) -> None:
    if owner.subsections:
        made.append(("Subsections", [_description(subsection, home) for subsection in owner.subsections]))


def _plain(owner: Tmp | Repeat, home: Description, versions: _Versions) -> Object:
    """What has no declaration of its own; a struct without a name has the versions of what it stands in."""
    made = Object([("name", owner.wire_name), *versions.keys])
    _add_fields(made, owner, home, versions)
    if isinstance(owner, Tmp):
        _add_subsections(made, owner, home)
    return made


def _add_fields(made: Object, owner: Owner, home: Description, versions: _Versions) -> None:
    """Where there are none, too: a checker complains of what lacks the list that the other side has."""
    made.append(("Fields", [_field(entry, home, versions) for entry in known(owner)]))


def _field(entry: Known, home: Description, versions: _Versions) -> Object:
    field = Object([("field", entry.name), ("version_id", entry.since), ("field_exists", entry.optional)])
    field.append(("size", _size(entry.item, home)))
    inner = _inner(entry.item, home, versions)
    if inner is not None:
        field.append(("Description", inner))
    return field


def _inner(item: Field | Unused | Repeat | Custom | Tmp, home: Description, versions: _Versions) -> Object | None:
    match item:
        case Tmp():
            return _plain(item, home, _Versions(0, 0))
        case Repeat():
            return _plain(item, home, versions)
        case Field(type=type_):
            match innermost(type_):
                case Struct(description) | List(Struct(description)) | Map(_, Struct(description)):
                    return _description(description, description)
    return None


def _size(item: Field | Unused | Repeat | Custom | Tmp, home: Description) -> int:
    """Bytes in memory of one element. 0 where the state decides how many, and where only a hook knows."""
    match item:
        case Unused(size, count):
            return size if count is None else item.unit
        case Custom():
            return 0
        case Tmp():
            return element_size(home.member(item.name).type)
        case Repeat():
            return element_size(_stored(home, item.target))
        case Field(storage=Scalar() as storage):
            return element_size(storage)  # on the wire it may have another width
        case Field(type=Buffer() | Bitmap() as type_) if type_.count is not None or is_allocated(type_):
            return 0
        case Field(codec=codec) if codec is not None and (codec.rank or not isinstance(item.type, Array)):
            return sized(_thing(item))[0]
    return element_size(item.type)


def _thing(field: Field) -> Type:
    """The type of what descriptions take for one thing."""
    type_ = field.type
    for _ in field.things:
        assert isinstance(type_, Array)
        type_ = type_.element
    return type_


def _stored(home: Description, path: Path) -> Type:
    """The type of what is at a path."""
    type_: Type = Struct(home)
    for step in path.steps:
        if isinstance(step, MemberStep):
            assert isinstance(type_, Struct)
            type_ = type_.description.member(step.name).type
        else:
            assert isinstance(type_, Array)
            type_ = type_.element
    return type_
