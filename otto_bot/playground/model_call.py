"""One call of the Messages API as the script sees it: who asks (`x-otto-call`), which turn, with which prompt."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from otto_bot.playground.scenario import Rule, When

HEADER = "x-otto-call"


@dataclass(frozen=True)
class Call:
    """Everything that a rule's `when` can look at. A number that the header leaves out is None."""

    run: str
    role: str
    task: str
    attempt: int | None
    gate: int | None
    try_: int
    turn: int
    prompt: str

    @property
    def identity(self) -> tuple[object, ...]:
        """What stays the same when the very same question is asked again."""
        return (self.run, self.role, self.task, self.attempt, self.gate, self.turn)

    @property
    def name(self) -> str:
        """The call in words, for errors and the log."""
        parts = [f"role={self.role or '?'}"]
        parts += [f"task={self.task}"] if self.task else []
        parts += [f"{key}={value}" for key, value in (("attempt", self.attempt), ("gate", self.gate)) if value]
        return " ".join([*parts, f"try={self.try_}", f"turn={self.turn}"])


def read_call(header: str, body: dict[str, Any]) -> Call:
    """The call behind a request. `header` is `RUN;role=…;task=…;attempt=…;gate=…;try=…`, in any order, any missing."""
    parts = [part.strip() for part in header.split(";") if part.strip()]
    pairs = dict(part.split("=", 1) for part in parts if "=" in part)
    bare = [part for part in parts if "=" not in part]
    messages = body.get("messages") or []
    spoken = [index for index, message in enumerate(messages) if message.get("role") == "assistant"]
    before = messages[: spoken[0]] if spoken else messages
    return Call(
        run=pairs.get("run", bare[0] if bare else ""),
        role=pairs.get("role", ""),
        task=pairs.get("task", "").strip(),
        attempt=_number(pairs.get("attempt")),
        gate=_number(pairs.get("gate")),
        try_=_number(pairs.get("try")) or 1,
        turn=len(spoken) + 1,
        prompt="\n".join([*texts(body.get("system")), *(text for m in before for text in texts(m.get("content")))]),
    )


def texts(content: Any) -> Iterator[str]:
    """Every text of a message's content, tool results and tool inputs included."""
    if isinstance(content, str):
        yield content
    elif isinstance(content, list):
        for block in content:
            yield from texts(block)
    elif isinstance(content, dict):
        for key in ("text", "content", "input"):
            if key == "input" and key in content:
                yield str(content[key])
            else:
                yield from texts(content.get(key))


def _number(text: str | None) -> int | None:
    match = re.search(r"[0-9]{1,9}", text or "")
    return int(match.group()) if match else None


def fits(when: When, call: Call) -> bool:
    """Whether a rule's condition holds for the call."""
    wanted = (
        (when.role, call.role),
        (when.task, call.task),
        (when.attempt, call.attempt),
        (when.gate, call.gate),
        (when.try_, call.try_),
        (when.turn, call.turn),
    )
    for want, value in wanted:
        if want is not None and value not in (want if isinstance(want, list) else [want]):
            return False
    return all(word in call.prompt for word in when.prompt_contains) and not any(
        word in call.prompt for word in when.prompt_lacks
    )


class Chooser:
    """Picks the first rule that fits. `times` is counted for each question asked again, not over the whole run."""

    def __init__(self, rules: list[Rule]) -> None:
        self._rules = rules
        self._answered: dict[tuple[object, ...], int] = {}

    def choose(self, call: Call) -> tuple[int, Rule] | None:
        """The 0-based index and the rule, or None when nothing fits."""
        for index, rule in enumerate(self._rules):
            if not fits(rule.when, call):
                continue
            key = (index, *call.identity)
            count = self._answered.get(key, 0)
            if rule.times is not None and count >= rule.times:
                continue
            self._answered[key] = count + 1
            return index, rule
        return None
