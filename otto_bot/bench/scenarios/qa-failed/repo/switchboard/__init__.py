"""The town hall's switchboard."""
