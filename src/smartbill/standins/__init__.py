"""Local speakers of the providers' protocols, for a newcomer and for tests. They import nothing of the product, keep
their own SQLite file, and so tell the truth about what was handed to them.
"""
