"""A GitHub stand-in for demos and tests; started as a process, never imported by the bot."""
