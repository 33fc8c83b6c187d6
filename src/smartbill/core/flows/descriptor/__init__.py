"""Flows of other systems, read by a description: a TOML file that says where each value stands (data, never code)."""
