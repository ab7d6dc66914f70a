"""The plan bench: intents with the expected mode, good plans for them, and mutations that a rule must reject."""
