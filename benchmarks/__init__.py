"""Measures generated modules against the other ways to save and restore the same states, in one run."""
