"""Trainings a network may name, one file each."""
