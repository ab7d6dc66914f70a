"""As it is."""


def say(text: str) -> str:
    """The text itself."""
    return text
