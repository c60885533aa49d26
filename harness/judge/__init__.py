"""Judging: measurement and expectation in, verdict out; reads and writes the record."""
