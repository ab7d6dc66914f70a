"""The tide gauge at the harbour mouth."""
