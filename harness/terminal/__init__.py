"""Everything that prints in a terminal: the console, progress, and what each command shows (rich)."""
