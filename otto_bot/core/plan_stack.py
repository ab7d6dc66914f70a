"""The stack that the issue or the repository states is kept: no technology is put in the place of another."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath

from otto_bot.core.plan import Plan
from otto_bot.core.plan_families import FAMILIES, Technology
from otto_bot.core.plan_problem import Intent, PlanProblem, PlanRule
from otto_bot.core.plan_words import sentences

MANIFESTS = frozenset(
    {
        "pyproject.toml", "setup.py", "setup.cfg", "requirements.txt", "package.json", "Cargo.toml", "go.mod",
        "pom.xml", "build.gradle", "Gemfile", "composer.json", "mix.exs",
    }
)  # fmt: skip
"""Files that name what a project is built with."""

_DENIED = re.compile(
    r"\b(?:not|no|never|without|instead of|rather than|away from|drop|avoid|replac(?:e|es|ing)|like in)\s+"
    r"(?:[\w'-]+\s+){0,3}[\"'`(]*$",
    re.IGNORECASE,
)
_LANGUAGES = ("language", "script language")


def stack(plan: Plan, intent: Intent) -> Iterator[PlanProblem]:
    """What the plan brings of a family is what the issue, or else the repository, names of it."""
    brought = list(_brought(plan))
    for family, members in FAMILIES.items():
        allowed = _stated(family, members, intent)
        if not allowed:
            continue
        seen: set[str] = set()
        for where, name in _of_family(family, members, brought, plan):
            if name not in allowed and name not in seen:
                seen.add(name)
                reason = f"{name} instead of {' or '.join(sorted(allowed))}: the {family} is stated; keep it"
                yield PlanProblem(rule=PlanRule.STACK, where=where, reason=reason)


def _of_family(
    family: str, members: tuple[Technology, ...], brought: list[tuple[str, str]], plan: Plan
) -> Iterator[tuple[str, str]]:
    for where, text in brought:
        for name in _named(members, text):
            yield where, name
    if family in _LANGUAGES:
        for task in plan.tasks:
            mine = [PurePosixPath(path.strip()).suffix for path in task.files]
            for tech in members:
                # Scripts of a page stand beside any language; only the server's half is looked at by its files.
                if tech.name not in ("Node.js", "JavaScript") and set(mine) & set(tech.suffixes):
                    yield task.key, tech.name


def _brought(plan: Plan) -> Iterator[tuple[str, str]]:
    """Texts in which a plan says what it builds with; what it decides against stands elsewhere."""
    yield "summary", plan.summary
    for item in plan.stack:
        yield "stack", item
    for choice in plan.architecture:
        yield "architecture", choice.decision
    for task in plan.tasks:
        yield task.key, task.title
        yield task.key, task.goal
        for criterion in task.criteria:
            yield f"{task.key} {criterion.id}", criterion.text


def _stated(family: str, members: tuple[Technology, ...], intent: Intent) -> frozenset[str]:
    """Names of the family that people wrote, and that the repository is built with; empty = nothing is stated."""
    said = {name for text in intent.texts for name in _named(members, text)}
    mentioned = {tech.name for tech in members for text in intent.texts if tech.words.search(text)}
    has = _in_repository(family, members, intent)
    return frozenset(said | has | (mentioned if said or has else set()))


def _in_repository(family: str, members: tuple[Technology, ...], intent: Intent) -> set[str]:
    if family in _LANGUAGES:
        suffixes = {PurePosixPath(path).suffix for path in intent.paths}
        return {tech.name for tech in members if suffixes & set(tech.suffixes)}
    read = {path for path, _ in intent.manifests}
    if any(PurePosixPath(path).name in MANIFESTS and path not in read for path in intent.paths):
        # A part of the repository may be built with something that nobody has looked at.
        return set()
    texts = [text for path, text in intent.manifests if PurePosixPath(path).name in MANIFESTS]
    return {tech.name for tech in members if any(_depends(tech.packages, text) for text in texts)}


def _depends(packages: Iterable[str], manifest: str) -> bool:
    return any(re.search(rf"(?<![\w@/.-]){re.escape(name)}(?![\w/-])", manifest, re.IGNORECASE) for name in packages)


def _named(members: tuple[Technology, ...], text: str) -> Iterator[str]:
    """Members that a text names without saying that they are not meant."""
    for sentence in sentences(text):
        for tech in members:
            if any(not _DENIED.search(sentence[: found.start()]) for found in tech.words.finditer(sentence)):
                yield tech.name
