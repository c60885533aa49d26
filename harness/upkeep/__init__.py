"""Upkeep of a store: what is in it, whether it is whole, what no record needs, and how results move to another store."""
