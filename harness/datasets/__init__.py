"""Data sets a spec may name, one file each."""
