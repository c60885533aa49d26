"""Doing: walks a plan and measures."""
