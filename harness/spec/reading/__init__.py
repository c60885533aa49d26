"""From the YAML of a pack to its values: reading, checking, linting; also schemas and new packs."""
