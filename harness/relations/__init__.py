"""Relations a claim may name, a file for each family."""
