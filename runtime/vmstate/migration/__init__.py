"""Live migration: a machine that moves while it runs."""

from vmstate.migration.connections import CancelledError
from vmstate.migration.outgoing import Migration
from vmstate.migration.return_path import PeerError
from vmstate.migration.stats import Stats, Status

__all__ = ["CancelledError", "Migration", "PeerError", "Stats", "Status"]
