"""Plays a light."""

import threading
from collections.abc import Callable


def keep(flash: Callable[[], None], period: float) -> threading.Timer:
    """Flash once after `period` seconds; the timer is running already."""
    timer = threading.Timer(period, flash)
    timer.start()
    return timer
