"""The hidden first line by which Otto finds its own comments again."""

from __future__ import annotations

import re


def marker(run_id: int, surface: str) -> str:
    """A one-line HTML comment naming the run and the surface; the client puts it before the body."""
    safe = re.sub(r"-{2,}", "-", re.sub(r"[^A-Za-z0-9/._-]", "_", surface))[:150]
    return f"<!-- otto run={run_id} surface={safe} -->"


def shows(run_id: int, body: str) -> bool:
    """Whether a comment's text begins with a marker of this run. Anybody can write one: it says where to look."""
    return body.lstrip().startswith(f"<!-- otto run={run_id} surface=")
