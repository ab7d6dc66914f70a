"""From CI logs to one typed, quotable failure."""
