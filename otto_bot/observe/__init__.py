"""What a host sees of Otto while it runs: log lines with their context, numbers, and spans."""
