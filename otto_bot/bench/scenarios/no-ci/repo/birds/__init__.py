"""The reserve's log."""
