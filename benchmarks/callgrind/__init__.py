"""Exact instruction counts of the generated C, from valgrind's callgrind."""
