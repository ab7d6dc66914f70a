"""From nothing to a registered App: a local page, GitHub's manifest flow, and files for what came of it."""
