"""The Sunday ferry."""
