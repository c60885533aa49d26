"""The content of a pack: recipes, claims and assumptions as values, read from YAML and checked."""
