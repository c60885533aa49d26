"""Commands in files of their own, and what all commands share."""
