"""The record: its types, its file, and how measurements are gathered, merged and pruned; nothing is judged here."""
