"""A small machine that moves to another process while it runs."""
