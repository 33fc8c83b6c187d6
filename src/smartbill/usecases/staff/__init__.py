"""What staff ask: whether a login works, reads that span stages, looks at personal data that are put on record."""
