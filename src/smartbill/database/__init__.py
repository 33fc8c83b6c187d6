"""Django without an app: company context, roles, row-level security, encrypted field, partitions, abstract models."""
