"""The stack that the issue or the repository states is kept: no technology is put in the place of another."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from otto_bot.core.plan import Plan
from otto_bot.core.plan_families import FAMILIES, Technology
from otto_bot.core.plan_problem import Intent, PlanProblem, PlanRule
from otto_bot.core.plan_words import sentences
from otto_bot.core.values import Frozen

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


class _Repository(Frozen):
    """What a repository shows: suffixes of its files, and its manifests; none where some were not read."""

    suffixes: frozenset[str]
    manifests: tuple[str, ...]


def stack(plan: Plan, intent: Intent) -> Iterator[PlanProblem]:
    """What the plan brings of a family is what the issue, or else the repository, names of it."""
    brought = list(_brought(plan))
    everything = "\n".join(text for _, text in brought)
    lower = everything.lower()
    repository = _repository(intent)
    for family, members in FAMILIES.items():
        if family not in _LANGUAGES and not any(tech.is_in(everything, lower) for tech in members):
            continue
        allowed = _stated(family, members, intent, repository)
        named = _of_family(family, members, brought, plan) if allowed else ()
        seen: set[str] = set()
        for where, name in named:
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
            mine = {_suffix(path.strip()) for path in task.files}
            for tech in members:
                # Scripts of a page stand beside any language; only the server's half is looked at by its files.
                if tech.name not in ("Node.js", "JavaScript") and mine & set(tech.suffixes):
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


def _stated(family: str, members: tuple[Technology, ...], intent: Intent, repository: _Repository) -> frozenset[str]:
    """Names of the family that people wrote, and that the repository is built with; empty = nothing is stated."""
    said = {name for text in intent.texts for name in _named(members, text)}
    if family in _LANGUAGES:
        has = {tech.name for tech in members if repository.suffixes & set(tech.suffixes)}
    else:
        has = {tech.name for tech in members if any(_depends(tech.packages, text) for text in repository.manifests)}
    mentioned = {tech.name for tech in members for text in intent.texts if tech.is_in(text, text.lower())}
    return frozenset(said | has | (mentioned if said or has else set()))


def _repository(intent: Intent) -> _Repository:
    read = {path for path, _ in intent.manifests}
    # A part of the repository may be built with something that nobody has looked at.
    unread = any(path.rsplit("/", 1)[-1] in MANIFESTS and path not in read for path in intent.paths)
    texts = [text for path, text in intent.manifests if path.rsplit("/", 1)[-1] in MANIFESTS]
    return _Repository(suffixes=frozenset(map(_suffix, intent.paths)), manifests=() if unread else tuple(texts))


def _suffix(path: str) -> str:
    name = path.rsplit("/", 1)[-1]
    return "." + name.rsplit(".", 1)[-1] if "." in name else ""


def _depends(packages: Iterable[str], manifest: str) -> bool:
    return any(re.search(rf"(?<![\w@/.-]){re.escape(name)}(?![\w/-])", manifest, re.IGNORECASE) for name in packages)


def _named(members: tuple[Technology, ...], text: str) -> Iterator[str]:
    """Members that a text names without saying that they are not meant."""
    lower = text.lower()
    there = [tech for tech in members if tech.is_in(text, lower)]
    for sentence in sentences(text) if there else ():
        for tech in there:
            if any(not _DENIED.search(sentence[: found.start()]) for found in tech.words.finditer(sentence)):
                yield tech.name
