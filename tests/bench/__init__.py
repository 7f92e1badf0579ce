"""Benchmarks: scripts that print a table, run by `make bench`."""
