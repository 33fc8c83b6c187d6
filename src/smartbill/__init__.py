"""Bolletta Smart: utility bills as personal links, read, heard, saved and paid on the phone."""
