"""What is being worked on: ids that every log line carries, through tasks and `to_thread`."""

from __future__ import annotations

from collections.abc import Mapping
from contextvars import ContextVar, Token
from types import MappingProxyType, TracebackType

Value = str | int | float | bool | None
"""What a field of a log line or an attribute of a span may be. None and an empty text are left out."""

FIELDS = (
    "run", "task", "attempt", "gate", "effect", "generation", "delivery", "installation", "repository_id", "repository",
    "issue", "request", "github_request_id",
)  # fmt: skip
"""Every field that is bound somewhere, in the order in which a line shows them."""

# A context variable can only be one of the module: it holds nothing by itself, each task and thread has its own.
_BOUND: ContextVar[Mapping[str, Value]] = ContextVar("otto_bound", default=MappingProxyType({}))


class bound:  # noqa: N801 - reads as a word: `with bound(run=7):`
    """Within the block, and in tasks and threads that begin in it, these fields are said with each log line.

    Fields of a block around it stay; the same name again replaces the value.
    """

    __slots__ = ("_fields", "_token")

    def __init__(self, **fields: Value) -> None:
        self._fields = fields
        self._token: Token[Mapping[str, Value]] | None = None

    def __enter__(self) -> None:
        self._token = _BOUND.set({**_BOUND.get(), **self._fields})

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._token is not None:
            _BOUND.reset(self._token)


def fields() -> Mapping[str, Value]:
    """What is bound here and now."""
    return _BOUND.get()
