"""What computes: plain Python, with no Django, no network, no clock and no files."""
