"""The checked schema: frozen dataclasses, no I/O. What emitters, oracle and compatibility rules work from."""
