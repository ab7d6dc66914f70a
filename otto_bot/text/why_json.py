"""Why CI logs failed, as plain JSON for scripts; docs/explain.md describes each field."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from otto_bot.core.evidence import Excerpt, FailingTest
from otto_bot.text.why import Told, class_of, next_move, sentence

SCHEMA = 1
"""Version of the JSON; it changes when a field goes or changes its meaning, not when one is added."""

Json = dict[str, Any]


def log_json(told: Told) -> Json:
    """A log that failed."""
    failure, class_ = told.failure, class_of(told.failure)
    move, sentence_of_move = next_move(told)
    return {
        "schema": SCHEMA,
        "kind": "log",
        "name": told.name,
        "why": sentence(told),
        "cause": failure.cause.value,
        "class": class_.value if class_ else None,
        "signals": list(failure.signals),
        "detail": failure.detail,
        "conclusion": failure.conclusion,
        "ended": told.ended,
        "job": failure.failing_jobs[0],
        "step": told.step or None,
        "exit_code": failure.exit_code,
        "fingerprint": failure.fingerprint,
        "failing_tests": [_test_json(test) for test in failure.failing_tests],
        "suspected_files": list(failure.suspected_files),
        "quotes": [_quote_json(*pair) for pair in zip(failure.excerpts, told.numbers, strict=True)],
        "next": {"move": move, "text": sentence_of_move},
    }


def _test_json(test: FailingTest) -> Json:
    return {
        "id": test.id,
        "message": test.message,
        "file": test.file,
        "line": test.line,
        "frames": list(test.frames),
    }


def _quote_json(excerpt: Excerpt, numbers: Sequence[int]) -> Json:
    return {"source": excerpt.source, "kind": excerpt.kind, "line_numbers": list(numbers), "text": excerpt.text}


def cluster_json(group: Sequence[Told]) -> Json:
    """Logs that failed for one reason; the first of them stands for it."""
    first = group[0]
    class_ = class_of(first.failure)
    return {
        "schema": SCHEMA,
        "kind": "cluster",
        "fingerprint": first.failure.fingerprint,
        "why": sentence(first),
        "cause": first.failure.cause.value,
        "class": class_.value if class_ else None,
        "logs": [told.name for told in group],
    }
