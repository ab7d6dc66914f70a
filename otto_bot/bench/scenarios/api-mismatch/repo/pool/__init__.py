"""The open-air pool's till."""
