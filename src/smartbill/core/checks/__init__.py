"""Checks before the go-ahead (R35): what they are, which of them hold it up, what a person has accepted."""
