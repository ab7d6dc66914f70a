"""Where a run stands, as the pilot's and the replan's prompts say it, and orders that fit."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

_TASK = re.compile(r"\bt[1-9][0-9]{0,2}\b")
_OPEN = re.compile(r"^- (t[1-9][0-9]{0,2}): ([a-z_, ]+?)(?:; .*)?$", re.MULTILINE)
REOPENING = frozenset({"retry", "retry_different", "restart_fresh"})


@dataclass(frozen=True)
class Standing:
    """What may be done with which task: `allowed` for open failures, `fixed` moves, tasks to run, and their ties."""

    allowed: dict[str, frozenset[str]] = field(default_factory=dict)
    fixed: dict[str, str] = field(default_factory=dict)
    pending: frozenset[str] = frozenset()
    to_run: frozenset[str] = frozenset()
    needs: dict[str, frozenset[str]] = field(default_factory=dict)
    apart: frozenset[frozenset[str]] = frozenset()

    def dependents(self, roots: Iterable[str]) -> frozenset[str]:
        """Everything that waits for these, directly or not."""
        found, front = set[str](), set(roots)
        while front:
            front = {key for key, needed in self.needs.items() if needed & front} - found
            found |= front
        return frozenset(found)

    def order(self, tasks: Iterable[str]) -> list[list[str]]:
        """The earliest batches that keep every tie; what stands outside of `tasks` counts as done."""
        left = sorted(set(tasks), key=lambda key: int(key[1:]))
        result: list[list[str]] = []
        while left:
            batch: list[str] = []
            for key in left:
                free = not self.needs.get(key, frozenset()) & set(left)
                if free and not any(frozenset({key, other}) in self.apart for other in batch):
                    batch.append(key)
            batch = batch or left[:1]
            result.append(batch)
            left = [key for key in left if key not in batch]
        return result


def standing(prompt: str) -> Standing:
    """Read it from the trusted part, which comes before everything that others wrote."""
    part = prompt.partition("## Where the run stands")[2] or prompt.partition("# Order after gate")[2]
    part = part.split("\n<untrusted", 1)[0]
    opened = part.partition("Already decided by the rules")[0]
    fixed = dict(re.findall(r"(t[1-9][0-9]{0,2}) \(([a-z_]+)\)", _line(part, "Already decided by the rules")))
    ties = [item.split(" needs ") for item in _line(part, "Depends on").split(";") if " needs " in item]
    pairs = [_TASK.findall(item) for item in _line(part, "Apart").split(";")]
    return Standing(
        allowed={key: frozenset(re.findall(r"[a-z_]+", names)) for key, names in _OPEN.findall(opened)},
        fixed=fixed,
        pending=frozenset(_TASK.findall(_line(part, "Pending"))),
        to_run=frozenset(_TASK.findall(_line(part, "To run"))),
        needs={key.strip(): frozenset(_TASK.findall(needed)) for key, needed in ties},
        apart=frozenset(frozenset(pair) for pair in pairs if len(pair) == 2),
    )


def _line(text: str, name: str) -> str:
    found = re.search(rf"^{re.escape(name)}[^:\n]*: ?(.*)$", text, re.MULTILINE)
    return found.group(1) if found else ""
