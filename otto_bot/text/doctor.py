"""The doctor's sentences, filled in, and the page that lists them all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from otto_bot.core.finding import Finding, Level
from otto_bot.core.rights import Level as Right
from otto_bot.text.doctor_host import CANNOT, HOST, About
from otto_bot.text.doctor_repository import REPOSITORY
from otto_bot.text.spoken import line

MOST = 400
"""Characters of others' words in one sentence; a link needs more."""
MOST_LINK = 8_000
ALL: Mapping[str, About] = {**HOST, **REPOSITORY}
HEADS: Mapping[Level, str] = {
    "problem": "Has to be put right",
    "unknown": "Could not be looked at",
    "warning": "Worth a look",
    "note": "Good to know",
    "ok": "All right",
}
"""In the order of a report."""
HEADS_OF_MORE: Mapping[Level, str] = {**HEADS, "problem": "Have to be put right"}
"""After a number above one."""
SIGNS: Mapping[Level, str] = {"problem": "✕", "unknown": "?", "warning": "!", "note": "·", "ok": "✓"}
PERMISSIONS: Mapping[str, str] = {
    "metadata": "Metadata",
    "contents": "Contents",
    "issues": "Issues",
    "pull_requests": "Pull requests",
    "checks": "Checks",
    "actions": "Actions",
    "statuses": "Commit statuses",
}
LEVELS: Mapping[Right, str] = {"read": "read", "write": "read and write"}


def found(check: str, outcome: str, **parts: object) -> Finding:
    """The sentence of a check. What others wrote is put on one line, without what nobody would see."""
    said = ALL[check].says[outcome]
    given = {name: line(str(value), MOST_LINK if name in ("link", "page") else MOST) for name, value in parts.items()}
    return Finding(
        check=check,
        outcome=outcome,
        level=said.level,
        words=said.words.format(**given),
        advice=said.advice.format(**given),
        see=said.see,
    )


def cannot(check: str, why: tuple[str, str] | str, advice: str = "") -> Finding:
    """A check that could not be made: why, and what to do."""
    words, do = (why, advice) if isinstance(why, str) else why
    return Finding(
        check=check,
        outcome="cannot",
        level=CANNOT.level,
        words=CANNOT.words.format(why=line(words, MOST)),
        advice=line(do, MOST),
    )


def rights(missing: Mapping[str, Right]) -> str:
    """`Checks: read and write, Commit statuses: read`."""
    return ", ".join(f"{PERMISSIONS.get(name, name)}: {LEVELS[level]}" for name, level in missing.items())


def names(values: Sequence[str], most: int = 8) -> str:
    """`a`, `b` and 3 more."""
    shown = ", ".join(f"`{line(one, 80)}`" for one in values[:most])
    return shown + (f" and {len(values) - most} more" if len(values) > most else "")


def table() -> str:
    """What docs/doctor.md lists: every check with what it looks at, and each of its sentences with its level."""
    parts = []
    for title, checks in (("The host", HOST), ("A repository", REPOSITORY)):
        parts.append(f"## {title}")
        for name, about in checks.items():
            rows = ["| | it says | what to do |", "| --- | --- | --- |"]
            for said in about.says.values():
                more = f" [more]({said.see})" if said.see else ""
                advice = f"{said.advice.format_map(_Named())}{more}".strip()
                rows.append(f"| {said.level} | {said.words.format_map(_Named())} | {advice} |".replace("  |", " |"))
            parts += [f"### {name}", f"Looks at {about.looks_at}.", "\n".join(rows)]
    return "\n\n".join(parts) + "\n"


class _Named(dict[str, str]):
    """Where something is filled in stands its name."""

    def __missing__(self, key: str) -> str:
        return f"‹{key}›"
