"""What a paper says: recipes, claims and assumptions as values, read from YAML and checked."""
