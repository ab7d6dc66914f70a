"""The amounts of a till."""
