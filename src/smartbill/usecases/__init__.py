"""What happens on a click or by itself. A use case owns its transaction, calls operations in order, defers the tasks
that follow inside it, and writes the audit entry of what a person did."""
