"""What a small shop sells."""
