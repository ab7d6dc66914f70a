"""Run a command in a cage."""
