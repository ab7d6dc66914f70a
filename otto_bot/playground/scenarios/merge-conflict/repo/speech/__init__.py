"""Ways to say a text."""
