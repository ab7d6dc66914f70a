"""What a fresh start is shown of the attempt before it: the diff of its own work."""

from __future__ import annotations

from collections.abc import Sequence

from otto_bot.core.run import Attempt
from otto_bot.git.merging import Merging
from otto_bot.git.reading import Reading
from otto_bot.jobs.context import diff_text

DIFF_SHOWN = 30_000
"""Characters of it."""


async def previous_diff(reading: Reading, merging: Merging, attempts: Sequence[Attempt], attempt: Attempt) -> str:
    """The diff of the newest pushed attempt before `attempt`; empty where there is none or `attempt` goes on from it.

    It is taken from where the two part: what other tasks brought into the run branch, before or since, is not the
    attempt's work. Both commits must be in the mirror.
    """
    earlier = [a for a in attempts if a.number < attempt.number and a.sha and a.pushed]
    if not earlier or attempt.base_sha == earlier[-1].sha:
        return ""
    last = earlier[-1]
    assert last.sha is not None
    if await merging.is_ancestor(last.sha, attempt.base_sha):
        return ""
    base = reading.merge_base(attempt.base_sha, last.sha) or last.base_sha
    return diff_text(reading, base, last.sha, DIFF_SHOWN)
