"""Execution: does the jobs of a plan."""
