"""Flow formats: bytes in, bills and findings out. One package per format."""
