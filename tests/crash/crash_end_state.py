"""What two runs of one scenario must have in common when they have ended, and how they differ, in words."""

from __future__ import annotations

import difflib
import json
import re
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

Json = dict[str, Any]
IDS = re.compile(r"\b(?=[0-9a-f]*[0-9])[0-9a-f]{7,40}\b")
HOST = re.compile(r"http://127\.0\.0\.1:[0-9]+")
MONEY = re.compile(r"\$[0-9]+(?:\.[0-9]+)?")
CALLS = re.compile(r"\b[0-9]+ calls?\b")
"""Of a model: a kill may cost one more of them, and each that was paid is told."""
TIMES = re.compile(r"\b[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9:.]+(?:Z|\+00:00)?|\b[0-9]{1,2}:[0-9]{2}(?::[0-9.]+)?\b")
SPANS = re.compile(r"\b[0-9]+(?:\.[0-9]+)? ?(?:s|ms|min|h|seconds|minutes)\b")
NUMBERED = re.compile(r"(/pull/|/issues/|#)([0-9]{1,5})\b")


def end_state(report: Json, repository: Path) -> Json:
    """Everything that must be the same, with branches for pull request numbers and trees for commits.

    `report` is the ledger's report together with the stand-in's state, `repository` the stand-in's bare repository.
    """
    words = _Words({row["number"]: row["head"] for row in report["pull_requests"]})
    return {
        "outcome": report["outcome"],
        "phase": report["phase"],
        "waits for": report["waits_for"],
        "tasks": report["tasks"],
        "gates": {f"gate {gate['number']}": _gate(gate) for gate in report["gates"]},
        "pull requests": _grouped((row["head"], _pull(words, row)) for row in report["pull_requests"]),
        "branches": trees(repository, "refs/heads"),
        "comments": _grouped(_comment(words, row) for row in report["comments"]),
        "issues": {
            f"issue {row['number']}": {
                "state": row["state"],
                "labels": sorted(row["labels"]),
                "reactions": _reactions(row),
            }
            for row in report["issues"]
        },
        "labels": sorted(report["labels"]),
        "checks": _checks(words, report),
    }


def doubles(report: Json) -> list[str]:
    """What is there twice and must be there once at most: checks, markers of comments, pull requests."""
    found = []
    ours = [row for row in report["checks"] if row["ours"]]
    kinds: tuple[tuple[str, list[tuple[str, ...]]], ...] = (
        ("check", [(row["head_sha"], row["external_id"]) for row in ours]),
        ("check name", [(row["head_sha"], row["name"]) for row in ours]),
        ("pull request", [(row["head"], row["base"]) for row in report["pull_requests"]]),
        ("comment", [(row["where"], mark) for row in report["comments"] if (mark := marker(row["body"]))]),
    )
    for what, keys in kinds:
        found += [f"{number} times the {what} {' '.join(key)}" for key, number in Counter(keys).items() if number > 1]
    return found


def paid(report: Json) -> Counter[str]:
    """How often each model call was answered."""
    return Counter(
        f"{row['role']} task={row['task']} attempt={row['attempt']} gate={row['gate']} turn={row['turn']}"
        for row in report["model_calls"]
        if row["status"] == 200 and not row["cut"]
    )


AT_ONCE = 3
"""Calls of a run that may be open at the same moment, and be lost with one kill."""


def paid_too_often(want: Counter[str], got: Counter[str], kills: int) -> list[str]:
    """Each kill may cost one more answer of each call that was open then, and nothing else is asked than without it."""
    lines = [f"never asked: {call}" for call in want if call not in got]
    for call, number in got.items():
        if call not in want:
            lines.append(f"asked only after a kill: {call}")
        elif number > want[call] + kills:
            lines.append(f"paid {number} times instead of {want[call]}: {call}")
    more = sum((got - want).values())
    if more > kills * AT_ONCE:
        lines.append(f"{more} answers were paid again, after {kills} kills")
    return lines


def differences(want: Json, got: Json) -> list[str]:
    """Where two end states differ: one line a value, a diff for longer texts."""
    left, right = _flat(want), _flat(got)
    found = []
    for path in sorted(left.keys() | right.keys()):
        a, b = left.get(path, "(not there)"), right.get(path, "(not there)")
        if a != b and "\n" in a + b:
            found += [
                f"{path}:",
                *difflib.unified_diff(a.split("\n"), b.split("\n"), "undisturbed", "disturbed", lineterm=""),
            ]
        elif a != b:
            found.append(f"{path}: {a} → {b}")
    return found


def marker(body: str) -> str:
    """The hidden first line of a comment of the App."""
    first = body.partition("\n")[0]
    return first if first.startswith("<!-- otto ") else ""


def trees(repository: Path, refs: str) -> dict[str, str]:
    """The tree that each branch points at."""
    argv = ["git", "-C", str(repository), "for-each-ref", "--format=%(refname:lstrip=2) %(tree)", refs]
    out = subprocess.run(argv, check=True, capture_output=True, text=True, timeout=30).stdout
    return dict(line.split(" ", 1) for line in out.splitlines())


class _Words:
    """Texts without what may differ between two runs."""

    def __init__(self, heads: dict[int, str]) -> None:
        self._heads = heads

    def __call__(self, text: str) -> str:
        text = HOST.sub("http://host", text)
        text = NUMBERED.sub(self._number, text)
        text = IDS.sub("ID", TIMES.sub("TIME", MONEY.sub("$", CALLS.sub("CALLS", text))))
        return SPANS.sub("SPAN", text)

    def place(self, where: str) -> str:
        kind, _, number = where.partition("/")
        return f"{kind} {self._heads.get(int(number), number)}"

    def _number(self, match: re.Match[str]) -> str:
        return match[1] + self._heads.get(int(match[2]), match[2])


def _gate(gate: Json) -> Json:
    moves = (gate["decision"] or {}).get("moves") or []
    return {
        "state": gate["state"], "decided_by": gate["decided_by"], "revision": gate["revision"],
        "failures": sorted(f"{f['task']} a{f['attempt']} {f['cause']} {f['class']}" for f in gate["failures"]),
        "moves": sorted(f"{row.get('task')} {row.get('action')}" for row in moves), "outcomes": gate["outcomes"],
    }  # fmt: skip


def _pull(words: _Words, row: Json) -> Json:
    same = ("draft", "state", "base", "files", "labels", "reviewers", "author")
    return {**{name: row[name] for name in same}, "title": words(row["title"]), "body": words(row["body"])}


def _comment(words: _Words, row: Json) -> tuple[str, Json]:
    name = f"{words.place(row['where'])} {words(marker(row['body'])) or row['author']}"
    return name, {"author": row["author"], "body": words(row["body"]), "reactions": _reactions(row)}


def _reactions(row: Json) -> list[str]:
    return sorted(f"{one['content']} of {one['user']}" for one in row.get("reactions", ()))


def _checks(words: _Words, report: Json) -> Json:
    """The last state of each check of ours. Those of earlier heads are left as they were, and that may be any state."""
    last = {row["external_id"]: row for row in sorted(report["checks"], key=lambda row: row["id"]) if row["ours"]}
    return {
        name: {**{key: row[key] for key in ("name", "status", "conclusion", "actions")}, "title": words(row["title"])}
        for name, row in last.items()
    }


def _grouped(rows: Any) -> Json:
    """Rows by name; a second one of the same name becomes `name (2)`, so that it is a difference."""
    found: Json = {}
    for name, row in rows:
        number = sum(1 for known in found if known == name or known.startswith(f"{name} ("))
        found[name if not number else f"{name} ({number + 1})"] = row
    return found


def _flat(value: Any, path: str = "") -> dict[str, str]:
    if isinstance(value, dict) and value:
        rows = [_flat(item, f"{path} / {key}" if path else str(key)) for key, item in value.items()]
        return {name: text for row in rows for name, text in row.items()}
    return {path: value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}
