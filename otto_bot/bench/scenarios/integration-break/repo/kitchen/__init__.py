"""The club's recipes."""
