"""Every word a user reads on GitHub."""
