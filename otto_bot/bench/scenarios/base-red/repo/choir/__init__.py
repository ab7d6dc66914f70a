"""The choir's calendar."""
