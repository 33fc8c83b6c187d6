"""One module a reader, each with its `TARGET`; found by being here."""
