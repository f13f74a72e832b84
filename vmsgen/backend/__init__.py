"""Emitters, one a file, and the writer that touches only what changed."""
