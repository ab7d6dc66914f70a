"""Reads the labelled diffs of tests/data/tampering: small changes, and the rule that should see each."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from otto_bot.core.patches import ChangedFile

FOLDER = Path(__file__).parents[1] / "data" / "tampering"


@dataclass
class Labelled:
    """One diff; `rule` is None where nothing should be seen."""

    name: str
    rule: str | None = None
    files: list[ChangedFile] = field(default_factory=list)


def changed(path: str, *body: str, status: str = "modified", old_path: str | None = None) -> ChangedFile:
    """A file with one hunk a `@@` line; counts are filled in."""
    kind = {"binary": "modified"}.get(status, status)
    given = {"path": path, "status": kind, "old_path": old_path, "patch": patch(body), "binary": status == "binary"}
    return ChangedFile.model_validate(given)


def patch(body: tuple[str, ...] | list[str]) -> str:
    """Hunk headers with the right numbers for lines that start with a sign."""
    out: list[str] = []
    parts = re.split(r"^@@ ?(.*)\n", "\n".join(body) + "\n", flags=re.MULTILINE)
    start = 1
    for section, text in zip(parts[1::2], parts[2::2], strict=True):
        lines = text.split("\n")[:-1]
        old = sum(1 for line in lines if line[:1] in ("-", " ", ""))
        new = sum(1 for line in lines if line[:1] in ("+", " ", ""))
        out += [f"@@ -{start},{old} +{start},{new} @@ {section}".rstrip(), *lines]
        start += 50
    return "\n".join(out) + "\n"


def table() -> list[Labelled]:
    """Every labelled diff, those that weaken first."""
    return [one for name in ("weaker.txt", "innocent.txt") for one in _read((FOLDER / name).read_text())]


def _read(text: str) -> list[Labelled]:
    found = []
    for part in re.split(r"^## ", text, flags=re.MULTILINE)[1:]:
        name, label, *rest = part.rstrip("\n").split("\n")
        rule = label.removeprefix("hit: ")
        one = Labelled(name, None if rule == "none" else rule)
        for piece in re.split(r"^--- ", "\n".join(rest), flags=re.MULTILINE)[1:]:
            head, *body = piece.rstrip("\n").split("\n")
            where, _, old = head.partition(" < ")
            path, _, status = where.partition(" ")
            one.files.append(changed(path, *body, status=status or "modified", old_path=old or None))
        found.append(one)
    return found
