"""Tasks that bring nothing by themselves: only tests, only documents, only looking, designing or setting up."""

from __future__ import annotations

import re
from collections.abc import Iterator

from otto_bot.core.plan import Plan, TaskSpec
from otto_bot.core.plan_problem import Intent, PlanProblem, PlanRule
from otto_bot.core.plan_slices import own_features

_WRITE = r"(?:write|add|create|extend|improve|provide|increase|update|more|implement|complete)"
_SOME = r"(?:[\w/-]+\s+){0,4}?"
_TITLES = {
    "tests": re.compile(
        rf"^(?:{_WRITE}\s+{_SOME}|(?:(?:unit|integration|end[- ]to[- ]end|e2e|acceptance|regression|automated|"
        r"functional|system|api|ui|and)[\s,&]*){0,4})(?:tests?|testing|test (?:suite|coverage|cases?)|coverage)"
        r"(?=\W*$|\s+(?:for|of|to|on|covering|around|and|that|across|in)\b)",
        re.IGNORECASE,
    ),
    "documents": re.compile(
        rf"^{_WRITE}\s+{_SOME}(?:docs?|documentation|readme|changelog|user guide|release notes?)\b|"
        rf"^write\s+{_SOME}guide\b|^documentation\b|^document\s+(?:the|how|all|every|new|our|usage|it)\b|^(?:docs?|readme)(?:\W|$)",
        re.IGNORECASE,
    ),
    "looking": re.compile(
        r"^(?:research|investigate|analy[sz]e|evaluate|study|spike|look (?:at|into)|find out|assess|understand|"
        r"explore (?:the|how|options|existing|possible)|audit (?:the|our|existing)|review (?:the|our|existing)|"
        r"decide (?:on|which|how|whether|between)|choose (?:the|a|an|between) (?:[\w-]+ ){0,2}?(?:library|framework|"
        r"technology|stack|database|approach|provider))\b",
        re.IGNORECASE,
    ),
    "designing": re.compile(
        rf"^(?:design|plan|draft|specify|define|sketch|agree on)\s+{_SOME}(?:architecture|schema|data model|api|"
        r"interfaces?|contracts?|solution|structure|approach|database|layout|types)\b",
        re.IGNORECASE,
    ),
    "setting up": re.compile(
        rf"^(?:set ?up|scaffold|bootstrap|initiali[sz]e|configure|prepare|install|lay)\s+{_SOME}(?:project|repository|"
        r"repo|environment|skeleton|scaffold(?:ing)?|boilerplate|tooling|dependencies|ci|pipeline|infrastructure|"
        r"database|schema|packages?|codebase|workspace|build|foundations?|groundwork|structure)\b|"
        r"^(?:project|initial) (?:set ?up|scaffold(?:ing)?|skeleton)\b",
        re.IGNORECASE,
    ),
    "tidying": re.compile(r"^(?:refactor|clean ?up|tidy|restructure|reorgani[sz]e)\b", re.IGNORECASE),
}
_ASKED = {
    "tests": r"\btest|\bcoverage|\bflak",
    "documents": r"\bdoc|\breadme|\bguide|\bchangelog|\bexample|\btypo|\bwording|\btutorial",
    "looking": r"\bresearch|\binvestigat|\banaly|\bevaluat|\bexplor|\baudit|\breview|\bfind out",
    "designing": r"\bdesign|\bschema|\bspecif|\barchitecture|\bcontract",
    "setting up": r"\bset ?up|\bscaffold|\bconfigur|\binstall|\bpipeline|\bci\b|\bpackag|\bbootstrap|\bskeleton",
    "tidying": r"\brefactor|\bclean|\btid[iy]|\brestructur|\breorgani|\bduplicat|\bsplit|\bmove",
}
"""What the issue says where it asks for nothing else than such work."""


_WANTED = r"\b(?:fix|add|write|make|improve|update|extend|miss|need|want|please)\w*\b"


def test_only(plan: Plan, intent: Intent) -> Iterator[PlanProblem]:
    """Tests, documents and preparations belong to the slice they are for, unless the issue asks for nothing else."""
    for task in plan.tasks:
        for kind in _kinds(task):
            if not _is_asked(kind, plan, task, intent):
                rest = "the task that it is for" if len(plan.tasks) > 1 else "what the issue asks for"
                reason = f"only {kind} is no slice: it belongs to {rest}"
                yield PlanProblem(rule=PlanRule.TEST_ONLY, where=task.key, reason=reason)


def _kinds(task: TaskSpec) -> Iterator[str]:
    """What the title says, and what the files say."""
    title = task.title.strip()
    yield from (kind for kind, pattern in _TITLES.items() if pattern.search(title))
    if task.files and all(_is_test(path) for path in task.files):
        yield "tests"
    elif task.files and all(_is_document(path) for path in task.files):
        yield "documents"


def _is_test(path: str) -> bool:
    *folders, name = path.strip().lower().split("/")
    named = re.search(r"^tests?[_.]|[_.-](?:tests?|spec)\.\w+$|^conftest\.py$", name) is not None
    return named or bool(set(folders) & {"test", "tests", "spec", "specs", "__tests__", "e2e", "cypress"})


def _is_document(path: str) -> bool:
    low = path.strip().lower()
    return low.endswith((".md", ".rst", ".adoc")) or low.startswith(("docs/", "doc/"))


def _is_asked(kind: str, plan: Plan, task: TaskSpec, intent: Intent) -> bool:
    if len(plan.tasks) == 1:
        if re.search(_ASKED[kind], intent.title, re.IGNORECASE):
            return True
        # "Tests are in Vitest" asks for no tests; "please make the test take …" does.
        pattern = rf"{_WANTED}[^.\n]{{0,60}}(?:{_ASKED[kind]})"
        return any(re.search(pattern, text, re.IGNORECASE) for text in (intent.body, intent.guidance))
    own = set(own_features(plan, task))
    texts = [feature.asked for feature in plan.spec.features if feature.id in own] if plan.spec else []
    return any(re.search(_ASKED[kind], text, re.IGNORECASE) for text in texts)
