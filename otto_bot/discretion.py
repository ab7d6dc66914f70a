"""Keeps secrets inside of a process of the host: no core dump, no look from outside, none in logs or tracebacks."""

from __future__ import annotations

import ctypes
import logging
import resource
import sys
import threading
import traceback
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import Any

from otto_bot.core.redact import Redactor
from otto_bot.observe.lines import ours

PR_SET_DUMPABLE = 4
TELL_TOO_MUCH = ("httpx", "httpcore", "httpx2", "anthropic", "githubkit")
"""Loggers of libraries whose words below a warning are whole requests: addresses, headers, bodies."""

_Error = tuple[type[BaseException] | None, BaseException | None, TracebackType | None]


def discreet(secrets: Iterable[str]) -> Redactor:
    """Hold this process to it from now on, whatever the libraries in it log.

    Returns the redactor that every log record and every traceback passes: what is minted later is registered with it.
    """
    redactor = Redactor(secrets)
    shut()
    logging.setLogRecordFactory(_records(redactor))
    for lines in ours():
        lines.clean = redactor.text
    for name in TELL_TOO_MUCH:
        logging.getLogger(name).setLevel(logging.WARNING)
    _hook(redactor)
    return redactor


def shut() -> None:
    """No core dump of this process or of what it starts; on Linux no other process of its user reads its memory or
    environment either (what it starts is as open as ever, and holds no secret)."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)


def _records(redactor: Redactor) -> Callable[..., logging.LogRecord]:
    """A factory and no filter: filters belong to handlers, and libraries bring handlers of their own, later too."""
    plain = logging.getLogRecordFactory()

    def made(*args: Any, **kwargs: Any) -> logging.LogRecord:
        record = plain(*args, **kwargs)
        said = _said(record)
        if (clean := redactor.text(said)) != said:
            record.msg, record.args = clean, ()
        if record.exc_info and (told := _traceback(record.exc_info)) != (clean := redactor.text(told)):
            record.exc_info, record.exc_text = None, clean.rstrip("\n")
        if record.exc_text:  # another factory behind this one may have written it down already
            record.exc_text = redactor.text(record.exc_text)
        if record.stack_info:
            record.stack_info = redactor.text(record.stack_info)
        return record

    return made


def _said(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except (TypeError, ValueError, KeyError):  # wrong arguments: a handler would print them all, past everything here
        record.msg, record.args = f"{record.msg} {record.args}", ()
        return str(record.msg)


def _traceback(error: Any) -> str:
    return "".join(traceback.format_exception(*error))


def _hook(redactor: Redactor) -> None:
    """What nobody catches is printed by the interpreter itself."""

    def told(error: _Error, where: str) -> None:
        if any(lines.form == "json" for lines in ours()):
            logging.getLogger("otto_bot").critical("%s", where.strip() or "nobody caught this", exc_info=error)  # type: ignore[arg-type]
        else:
            sys.stderr.write(redactor.text(where + _traceback(error)))

    def in_a_thread(hook: threading.ExceptHookArgs) -> None:
        if hook.exc_type is not SystemExit:
            name = hook.thread.name if hook.thread is not None else "a thread"
            told((hook.exc_type, hook.exc_value, hook.exc_traceback), f"Exception in thread {name}:\n")

    def ignored(hook: Any) -> None:
        told((hook.exc_type, hook.exc_value, hook.exc_traceback), f"Exception ignored in: {hook.object!r}\n")

    sys.excepthook = lambda *error: told(error, "")
    threading.excepthook = in_a_thread
    sys.unraisablehook = ignored
