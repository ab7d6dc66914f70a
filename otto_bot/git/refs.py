"""Which names of branches git is given: other people's where they are plain, Otto's own in plain letters."""

from __future__ import annotations

import re
import unicodedata

LONGEST = 240
"""Bytes of a whole ref name."""
_BAD = re.compile(r"[\x00-\x20\x7f~^:?*\[\\]|\.\.|//|@\{|/[.-]|/@(?:/|$)|\.lock(?:/|$)|[/.]$", re.IGNORECASE)
_SHOWN = frozenset({"L", "M", "N", "P", "S"})
"""Letters, marks, numbers, punctuation, symbols: no controls, directions, joiners, spaces, letters of no script."""


def checked_ref(ref: str) -> str:
    """`ref` if it is a full, well-formed ref name (`refs/…`), else ValueError.

    People's branches may have letters of any script; one that cannot be seen, or that has two spellings of which a
    disk or a server may take the other, is refused. No part begins with a dash.
    """
    if not ref.startswith("refs/") or _BAD.search(ref) or len(ref.encode("utf-8", "replace")) > LONGEST:
        raise ValueError(f"not a usable ref name: {ref[:80]!a}")
    if not ref.isascii() and not _plain(ref):
        raise ValueError(f"not a usable ref name, it has hidden or ambiguous letters: {ref[:80]!a}")
    return ref


def own_ref(branch: str) -> str:
    """The ref of a branch that Otto makes (without `refs/heads/`): in ASCII, so that none looks like another.

    Raises ValueError.
    """
    ref = checked_ref(f"refs/heads/{branch}")
    if not ref.isascii():
        raise ValueError(f"a branch of Otto's has only plain letters: {ref[:80]!a}")
    return ref


def _plain(ref: str) -> bool:
    if any(unicodedata.category(char)[0] not in _SHOWN for char in ref):
        return False
    return unicodedata.is_normalized("NFC", ref)
