"""Contacts as CSV: which mobile and e-mail belong to which customer (flow format, chapter 6)."""
