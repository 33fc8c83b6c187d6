"""Staff: signing in."""
