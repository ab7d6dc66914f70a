"""Times of day as text."""
