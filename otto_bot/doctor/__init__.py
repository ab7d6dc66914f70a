"""Checks of a host and of a repository: each is one small function; they run side by side, with deadlines."""
