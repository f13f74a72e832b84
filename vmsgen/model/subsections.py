"""Whose a subsection is taken for, by the names alone."""

from __future__ import annotations


def is_looked_at(name: str, owner: str) -> bool:
    """Does a loader behind the fields of `owner` look at a subsection of this name? Both are names on the wire.

    One with the very name of the owner is left to whatever comes next, as is any that does not begin with it.
    """
    return name != owner and name.startswith(owner)
