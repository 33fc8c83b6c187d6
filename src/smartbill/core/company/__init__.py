"""What a company has settled for itself: one typed document per section of its settings."""
