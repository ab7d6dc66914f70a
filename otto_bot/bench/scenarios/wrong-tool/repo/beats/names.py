"""What tempi are called."""

NAMES = ((60, "largo"), (76, "adagio"), (108, "andante"), (120, "moderato"), (168, "allegro"))


def name(bpm: float) -> str:
    """The usual name of a tempo.

    >>> name(72)
    'adagio'
    >>> name(200)
    'presto'
    """
    return next((word for top, word in NAMES if bpm < top), "presto")
