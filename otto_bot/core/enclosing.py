"""How a program of ours that reads what strangers wrote is started: inside a cage, or plainly."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager

Started = tuple[list[str], tuple[int, ...]]
"""A command line, and the file descriptors that it must inherit."""
Enclose = Callable[[Sequence[str], Sequence[str]], AbstractContextManager[Started]]
"""Takes a command line and the paths that it must be able to read; what it gives is started while the context lasts."""


@contextmanager
def plainly(argv: Sequence[str], shown: Sequence[str]) -> Iterator[Started]:
    """No cage: where what is read is our own, or where the program has limits of its own that are enough."""
    yield list(argv), ()
