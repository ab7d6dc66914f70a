"""Which parts of a log failed, for runners other than GitHub's: Travis CI and GitLab mark their commands in the log.

Such logs come to `otto-bot explain` as files, and inside of Actions logs where a job wraps an older system.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal, NamedTuple

HEAD = 64 * 1024

_AFTER = re.compile(rb"(?:after_(?!success)|cache\.[2-9]|before_cache|before_deploy|deploy)")
_SETUP = re.compile(
    rb"(?:system_info|worker_info|git\.|announce|resolvconf|docker_mtu|cache\.|rvm\b|services|nvm|apt|gvm)"
)
_ENDED = re.compile(rb'" (?:failed and )?exited with (\d+)(?: during [^\n]{0,80})?\.')
_NAME = re.compile(rb"[\w.-]{1,80}")
_OWN = (b"prepare_executor", b"prepare_script", b"get_sources", b"step_script", b"build_script")
_GITLAB = re.compile(rb"section_(start|end):\d+:([\w-]+)")

Outcome = Literal["failed", "passed", "unknown", "setup", "after"]


class Part(NamedTuple):
    """Bytes `start:end` of a log and how what was written there ended."""

    start: int
    end: int
    outcome: Outcome


def failed_parts(log: bytes) -> tuple[tuple[int, int], ...]:
    """Byte ranges of the commands that failed; empty where no known runner marked its log."""
    if log.find(b"travis_", 0, HEAD) >= 0 or log.find(b"Done. Your build exited with", max(0, len(log) - 8192)) >= 0:
        return _chosen(tuple(_travis(log)))
    if log.find(b"section_start:", 0, HEAD) >= 0:
        return _gitlab(log)
    return ()


def _chosen(parts: tuple[Part, ...]) -> tuple[tuple[int, int], ...]:
    """Parts known to have failed; else those nothing is known of, neighbours joined; else an unfinished setup."""
    failed = [(part.start, part.end) for part in parts if part.outcome == "failed"]
    if failed:
        return tuple(failed)
    joined: list[tuple[int, int]] = []
    for part in parts:
        if part.outcome != "unknown":
            continue
        if joined and joined[-1][1] == part.start:
            joined[-1] = (joined[-1][0], part.end)
        else:
            joined.append((part.start, part.end))
    last = [part for part in parts if part.outcome != "after"][-1:]
    if last and last[0].outcome == "setup":
        return ((last[0].start, last[0].end),)
    return tuple(joined)


def _travis(log: bytes) -> Iterator[Part]:
    """Parts between fold marks, command starts and `The command "…" exited with N.`"""
    phase: Outcome = "unknown"
    start = 0
    for at, kind, word in sorted(_travis_marks(log)):
        if kind == "end" and phase == "setup":
            yield Part(start, at, "setup")
            start, phase = at, "unknown"
        elif kind == "fold" and phase != "after" and _AFTER.match(word):
            yield Part(start, at, phase)
            start, phase = at, "after"
        elif kind == "fold" and phase == "unknown" and _SETUP.match(word):
            yield Part(start, at, phase)
            start, phase = at, "setup"
        elif kind == "time" and phase == "unknown":
            yield Part(start, at, phase)
            start = at
        elif kind == "exit" and phase != "after":
            yield Part(start, at, "passed" if word == b"0" else "failed")
            start, phase = at, "unknown"
        elif kind == "done":
            yield Part(start, at, phase)
            start, phase = at, "after"
    yield Part(start, len(log), phase)


def _travis_marks(log: bytes) -> Iterator[tuple[int, str, bytes]]:
    for literal, kind in ((b"travis_fold:start:", "fold"), (b"travis_fold:end:", "end")):
        for at in found(log, literal):
            name = _NAME.match(log, at + len(literal))
            yield at, kind, name.group() if name else b""
    for at in found(log, b"travis_time:start:"):
        yield at, "time", b""
    for at in found(log, b" exited with "):
        ended = _ENDED.match(log, log.rfind(b'"', max(0, at - 12), at))
        if ended:
            yield ended.end(), "exit", ended.group(1)
    for at in found(log, b"Done. Your build exited with"):
        yield at, "done", b""


def _gitlab(log: bytes) -> tuple[tuple[int, int], ...]:
    """The step that ran when the job failed: the last one of the job's own script that was begun."""
    own: list[tuple[int, int]] = []
    for at in found(log, b"section_start:"):
        mark = _GITLAB.match(log, at)
        if mark and mark.group(2) in _OWN:
            end = log.find(b":" + mark.group(2), mark.end())
            own.append((at, end if end >= 0 else len(log)))
    return tuple(own[-1:])


def found(log: bytes, literal: bytes, start: int = 0, end: int | None = None) -> Iterator[int]:
    """Every place of the literal."""
    end = len(log) if end is None else end
    at = log.find(literal, start, end)
    while at >= 0:
        yield at
        at = log.find(literal, at + len(literal), end)
