"""Attacks a spec may name, one file each."""
