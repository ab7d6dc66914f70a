"""The town museum."""
