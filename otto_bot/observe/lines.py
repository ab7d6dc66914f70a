"""One record, one bounded line: JSON for machines, text for people; the same ids in both, and nothing secret."""

from __future__ import annotations

import json
import logging
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Literal

from otto_bot.observe.context import FIELDS, Value, fields
from otto_bot.observe.events import Named
from otto_bot.observe.spans import trace_id

Form = Literal["auto", "text", "json"]

MOST_WORDS = 4_000
"""Characters of a message that are shown."""
MOST_OF_A_FIELD = 300
MOST_TRACEBACK = 16_000
"""Of a traceback the end is kept: there is the error."""
CUT = "… [cut]"


class Lines(logging.Formatter):
    """Writes records of every library. `clean` takes secrets out of what no record holds yet: fields and names.

    `steady` are fields of the process itself, such as the worker's name.
    """

    def __init__(self, form: Literal["text", "json"]) -> None:
        super().__init__()
        self.form = form
        self.clean: Callable[[str], str] = str
        self.steady: dict[str, Value] = {}

    def format(self, record: logging.LogRecord) -> str:
        """The line, without its end. Text keeps a traceback as lines of its own, each marked as going on."""
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        try:
            words = _cut(record.getMessage(), MOST_WORDS)
        except Exception:  # noqa: BLE001 - a library's mistake in its own words must not lose the line
            words = _cut(f"{record.msg}", MOST_WORDS)
        told, context = self._told(record), self._context(record)
        trace = self.clean(_traceback(record))
        if len(trace) > MOST_TRACEBACK:
            trace = CUT + trace[-MOST_TRACEBACK:]
        if self.form == "json":
            return self._json(record, at, words, {**context, **told}, trace)
        inside = "".join(f" {name}={_plain(str(value))}" for name, value in told.items())
        around = " ".join(f"{name}={_plain(str(value))}" for name, value in context.items())
        place = f" [{around}]" if around else ""
        line = f"{at} {record.levelname} {_plain(record.name)}{place}: {_plain(words)}{inside}"
        # Nobody's text can look like a line of ours: what follows begins with a mark.
        return "\n".join([line, *(f"  | {_plain(part)}" for part in trace.splitlines())])

    def _json(self, record: logging.LogRecord, at: str, words: str, more: Mapping[str, Value], trace: str) -> str:
        line: dict[str, Any] = {"time": at, "level": record.levelname.lower(), "logger": record.name}
        named = getattr(record, "otto", None)
        if isinstance(named, Named):
            line["event"] = named.event.value
        line["message"] = words
        for name, value in {**self.steady, **more}.items():
            line.setdefault(name, value)
        if trace:
            line["traceback"] = trace
        return json.dumps(line, ensure_ascii=True)

    def _context(self, record: logging.LogRecord) -> dict[str, Value]:
        now = fields()
        found = {name: now[name] for name in FIELDS if now.get(name) not in (None, "", 0)}
        if request := _request_of(record):
            found["github_request_id"] = request
        if trace := trace_id():
            found["trace_id"] = trace
        return self._tidy(found)

    def _told(self, record: logging.LogRecord) -> dict[str, Value]:
        named = getattr(record, "otto", None)
        return self._tidy(named.fields) if isinstance(named, Named) else {}

    def _tidy(self, found: Mapping[str, Value]) -> dict[str, Value]:
        return {
            name: _cut(self.clean(value), MOST_OF_A_FIELD) if isinstance(value, str) else value
            for name, value in found.items()
            if value not in (None, "")
        }


def install(level: str, form: Form) -> None:
    """Everything that is logged in this process goes to standard error as `Lines`. Once set up, it stays."""
    chosen: Literal["text", "json"] = form if form != "auto" else "text" if sys.stderr.isatty() else "json"
    handler = logging.StreamHandler()
    handler.setFormatter(Lines(chosen))
    logging.basicConfig(level=level.upper(), handlers=[handler])
    logging.captureWarnings(True)  # the interpreter writes them as lines of its own otherwise


def ours() -> Iterator[Lines]:
    """The formatters of this process that are ours."""
    for handler in logging.getLogger().handlers:
        if isinstance(handler.formatter, Lines):
            yield handler.formatter


def every_line_says(**steady: Value) -> None:
    """Fields of the whole process, in each line of JSON from now on."""
    for lines in ours():
        lines.steady.update(steady)


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[:most] + CUT


def _plain(text: str) -> str:
    """One line of printable characters: nothing moves a terminal's cursor, and nothing begins a line."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape", "replace").decode("ascii") for c in text)


def _traceback(record: logging.LogRecord) -> str:
    told = record.exc_text or ""
    if not told and record.exc_info and record.exc_info[0] is not None:
        told = "".join(traceback.format_exception(*record.exc_info)).rstrip("\n")
    if record.stack_info:
        told = f"{told}\n{record.stack_info}".strip("\n")
    return told


def _request_of(record: logging.LogRecord) -> str:
    """GitHub's name of the request, where an error of GitHub's is in the record. Libraries' errors have none."""
    said = record.args.values() if isinstance(record.args, Mapping) else record.args or ()
    raised = record.exc_info[1] if record.exc_info else None
    for one in (*said, raised):
        found = getattr(one, "github_request_id", "") if isinstance(one, BaseException) else ""
        if isinstance(found, str) and found:
            return found
    return ""
