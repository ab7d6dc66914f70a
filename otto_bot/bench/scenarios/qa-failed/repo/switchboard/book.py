"""The book."""

EXTENSIONS = {101: "Entrance", 204: "Post room", 311: "Registry", 312: "Registry, second desk"}


class Unknown(LookupError):
    """There is no such entry; its text is for the operator."""
