"""The old display on platform 2."""
