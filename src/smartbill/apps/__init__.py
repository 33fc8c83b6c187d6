"""The Django apps, in the order in which a bill passes them: tables, operations (writes), queries (reads)."""
