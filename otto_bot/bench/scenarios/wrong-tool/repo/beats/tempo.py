"""Tempo and time."""


def beat_seconds(bpm: float) -> float:
    """How long one beat takes.

    >>> beat_seconds(120)
    0.5
    """
    return 60 / bpm


def bar_seconds(bpm: float, beats: int) -> float:
    """How long a bar takes.

    >>> bar_seconds(90, 3)
    2.0
    """
    return beats * 60 / bpm
