"""The lists."""

EVERYDAY = ("bread", "door", "garden", "rain", "salt", "window", "spoon")
