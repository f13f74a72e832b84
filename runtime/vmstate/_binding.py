"""What happens when a class is made: it meets its extension, its elements get their classes, its hooks are found."""

from __future__ import annotations

from typing import Any, cast

from vmstate._types import Binding, Layout, State


def bind(cls: type[State], native: Any, symbol: str | None, schema: str | None) -> None:
    """Makes `cls` ready for use. With `native`, a generated module's extension, it is the class of the struct `symbol`,
    made from the schema of the digest `schema`.

    Hooks are looked up here, once: a class counts as implementing those that it, or what it inherits from, overrides.
    Raises ImportError if extension and class do not fit together, TypeError for classes that cannot be combined.
    """
    if native is not None:
        _meet_extension(cls, native, cast(str, symbol), schema)
    layouts = [vars(base)["__layout__"] for base in cls.__mro__ if "__layout__" in vars(base)]
    if not layouts:
        return
    if len(layouts) > 1:
        names = " and ".join(layout.name for layout in layouts)
        raise TypeError(f"{cls.__name__} cannot be {names} at once: their states are laid out differently")
    layout = layouts[0]
    elements = _elements(cls, layout)
    targets = tuple(_target(cls, layout, elements, owner, method) for owner, method in layout.hooks)
    cls.__binding__ = Binding(cls, layout, elements, targets)


def generated(cls: type[State]) -> type[State]:
    """The class, of those that `cls` inherits from, that a schema made."""
    return next(base for base in cls.__mro__ if "__layout__" in vars(base))


def _meet_extension(cls: type[State], native: Any, symbol: str, schema: str | None) -> None:
    try:
        table = getattr(native.lib, f"{symbol}_class")
    except AttributeError:
        raise ImportError(
            f"the extension {native.__name__} has no struct {symbol}: module and extension come from different "
            "schemas; build both again with `vmsgen build`"
        ) from None
    layout = Layout(int(native.ffi.cast("uintptr_t", table)), dict(vars(cls)))
    if schema is not None and schema != layout.digest:
        raise ImportError(
            f"the extension {native.__name__} comes from another schema (sha256 {layout.digest}…) than its module "
            f"({schema}…); build both again with `vmsgen build`"
        )
    attributes = {"__layout__": layout, "__native__": native, "__symbol__": symbol}
    if layout.has_format:
        attributes |= {"wire_name": layout.wire_name, "size_max": layout.size_max, "versions": layout.versions}
    for name, value in attributes.items():
        setattr(cls, name, value)


def _chosen(outer: type[State], element: type[State]) -> type[State]:
    """The class that `outer` names for `element`: `TxContext = MyTx` in its body, or the schema's own."""
    named = getattr(outer, element.__name__, element)
    if not isinstance(named, type):
        return element
    if not issubclass(named, element):
        raise TypeError(
            f"{outer.__name__}.{element.__name__} must be {element.__name__} or inherit from it, not {named!r}"
        )
    return named


def _elements(outer: type[State], layout: Layout) -> tuple[Binding | None, ...]:
    return tuple(None if field.element is None else _element(outer, field.element) for field in layout.fields)


def _element(outer: type[State], element: type[State]) -> Binding:
    layout = element.__binding__.layout
    if layout.has_format:
        return _chosen(outer, element).__binding__
    # A struct without a name belongs to the class around it, which names the classes of what is in it.
    return Binding(element, layout, _elements(outer, layout), ())


def _named(layout: Layout, elements: tuple[Binding | None, ...]) -> dict[str, Binding]:
    """By the schema's class names, the named structs directly in it, those in structs without a name included."""
    found: dict[str, Binding] = {}
    for field, element in zip(layout.fields, elements, strict=True):
        if element is None or field.element is None:
            continue
        if element.layout.has_format:
            found[field.element.__name__] = element
        else:
            found |= _named(element.layout, element.elements)
    return found


def _target(
    cls: type[State], layout: Layout, elements: tuple[Binding | None, ...], owner: str, method: str
) -> Binding | bool | None:
    """Where the hook's method is looked up: True for the object itself; None if nobody overrides it."""
    binding: Binding | bool = True
    for name in owner.split(".") if owner else ():
        binding = _named(layout, elements)[name]
        cls, layout, elements = binding.cls, binding.layout, binding.elements
    return None if getattr(cls, method) is getattr(generated(cls), method) else binding
