"""The C: a header and a source a schema."""
