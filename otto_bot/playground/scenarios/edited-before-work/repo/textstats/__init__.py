"""Small numbers about texts."""

from textstats.counts import sentences, words

__all__ = ["sentences", "words"]
