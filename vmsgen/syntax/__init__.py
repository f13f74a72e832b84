"""Text to tree: the grammar, the parser, and a frozen tree whose every node knows its place in the source."""

from vmsgen.syntax.parser import parse

__all__ = ["parse"]
