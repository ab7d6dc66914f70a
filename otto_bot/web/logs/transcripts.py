"""Transcripts of coders as logs: turns are written behind each other as they are recorded, so that a log grows live."""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Callable, Iterator
from datetime import datetime
from threading import Lock
from typing import Any

import sqlalchemy as sa

from otto_bot.core.attempt import Attempt, TaskState
from otto_bot.core.run import Run
from otto_bot.store.transcripts import KeptTranscripts, KeptTurn
from otto_bot.web.logs.source import Source
from otto_bot.web.logs.spool import Spool, SpoolFull, Writing

AT_HAND = 20
"""Transcripts that are kept open; others are written anew when somebody looks."""
BLOCK = 100_000
"""Characters of one answer of a tool, or of one text."""
_BOLD, _BLUE, _RED, _PLAIN = "\x1b[1m", "\x1b[34m", "\x1b[31m", "\x1b[0m"


class _Open:
    def __init__(self, writing: Writing, at: datetime) -> None:
        self.writing, self.at, self.last = writing, at, 0


class Transcripts:
    """Of all attempts that somebody reads. One reader at a time writes; it takes milliseconds."""

    def __init__(self, engine: sa.Engine, spool: Spool, now: Callable[[], datetime]) -> None:
        self._kept, self._spool, self._now = KeptTranscripts(engine), spool, now
        self._open: OrderedDict[str, _Open] = OrderedDict()
        self._lock = Lock()

    def look(self, run: Run, key: str, number: int) -> Source:
        """The transcript as it is now."""
        attempt = attempt_of(run, key, number)
        if attempt is None:
            return Source("foreign", self._now())
        try:
            with self._lock:
                return self._written(run, key, number, working(run, key, attempt))
        except SpoolFull as error:
            return Source("full", self._now(), words=str(error))

    def _written(self, run: Run, key: str, number: int, live: bool) -> Source:
        name = f"coder-{run.id}-{key}-a{number}"
        count, newest = self._kept.count(run.id, key, number)
        found = self._open.get(name)
        # Its work was lost with a machine, and begun anew; or somebody has tidied the folder up.
        if found is not None and (count < found.last or not found.writing.log.path.exists()):
            self._close(name)
            found = None
        if found is None:
            found = self._open[name] = _Open(self._spool.begin(name), newest or self._now())
            while len(self._open) > AT_HAND:
                self._close(next(iter(self._open)))
        self._open.move_to_end(name)
        for turn in self._kept.turns(run.id, key, number, found.last):
            found.writing.add(turn_text(turn).encode("utf-8", "replace"))
            found.last, found.at = turn.number, turn.at
        return Source("live" if live else "final", found.at, found.writing.log)

    def close(self) -> None:
        """Nothing of them stays: they are written anew when somebody looks."""
        with self._lock:
            while self._open:
                self._close(next(iter(self._open)))

    def _close(self, name: str) -> None:
        self._open.pop(name).writing.drop()


def attempt_of(run: Run, key: str, number: int) -> Attempt | None:
    """An attempt of a task."""
    task = run.tasks.get(key)
    return next((one for one in task.attempts if one.number == number), None) if task is not None else None


def working(run: Run, key: str, attempt: Attempt) -> bool:
    """Whether its coder is, or will be, at work."""
    task = run.tasks[key]
    newest = task.last is not None and task.last.number == attempt.number
    return newest and task.state is TaskState.CODING and attempt.sha is None and not run.ended


def turn_text(turn: KeptTurn) -> str:
    """A turn in lines: what it cost, what was said, which tools were used and what they answered."""
    body = turn.body
    usage = body["usage"] if isinstance(body.get("usage"), dict) else {}
    tokens = sum(number_in(usage, name) for name in ("input_tokens", "cache_read_tokens", "cache_write_tokens"))
    head = (
        f"── turn {turn.number} · {turn.at:%Y-%m-%d %H:%M:%S} · {number_in(body, 'seconds'):.1f} s · "
        f"${number_in(usage, 'usd'):.4f} · {tokens:,.0f} tokens in, {number_in(usage, 'output_tokens'):,.0f} out"
    )
    return "\n".join([f"{_BOLD}{head}{_PLAIN}", *_said(body), *_answered(body), "", ""])


def _said(body: dict[str, Any]) -> Iterator[str]:
    for block in blocks(body.get("reply_content")):
        if block.get("type") == "tool_use":
            given = json.dumps(block.get("input"), ensure_ascii=False)
            yield f"{_BLUE}▶ {plain_name(block.get('name'))}{_PLAIN} {_short(given)}"
        elif isinstance(block.get("text"), str):
            yield _short(str(block["text"]).rstrip("\n"))
    if body.get("stop_reason") not in (None, "", "tool_use", "end_turn"):
        yield f"{_RED}ended by {plain_name(body.get('stop_reason'))}{_PLAIN}"


def _answered(body: dict[str, Any]) -> Iterator[str]:
    for block in blocks(body.get("tool_results")):
        colour = _RED if block.get("is_error") else _BLUE
        yield f"{colour}◀{_PLAIN} {_short(words_of(block.get('content')).rstrip())}"


def words_of(content: Any) -> str:
    """The text of a block's content."""
    if isinstance(content, str):
        return content
    return "\n".join(str(one.get("text", "")) for one in blocks(content))


def plain_name(name: Any) -> str:
    """A tool's name, short."""
    return "".join(char for char in str(name)[:60] if char.isprintable())


def _short(text: str) -> str:
    return text if len(text) <= BLOCK else f"{text[:BLOCK]}\n[… {len(text) - BLOCK:,} more characters …]"


def blocks(value: Any) -> list[dict[str, Any]]:
    """Content blocks; nothing where there are none."""
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def number_in(told: dict[str, Any], name: str) -> float:
    """A number of a recorded turn; 0 where it is none."""
    value = told.get(name)
    return float(value) if isinstance(value, (int, float)) else 0.0
