"""Writes of the archive: bills as they are read, publishing them, customers and their contacts."""
