"""What the steps of a job do, as far as their words tell: look at the code, run its tests, or keep house.

Only the choice between ways to verify rests on these words; whether a job runs at all does not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

LONGEST = 5_000
"""Characters of one script that are looked through."""
MOST_TEXT = 500_000

_RUNNERS = re.compile(
    r"(?<![\w@/.-])(?:pytest|py\.test|unittest|nose2|tox|nox|jest|vitest|mocha|ava|karma|rspec|phpunit|pest|bats|ctest"
    r"|nextest|playwright\s+test|cypress\s+run|cibuildwheel|npm\s+t|(?:\./)?(?:mvnw?|gradlew?)\s[^\n]{0,300}\b(?:build|check|install|package|verify)"
    r"|(?:\./)?gradlew?\s+build|(?:make|just|rake|task|invoke|earthly|bazel|nx|turbo)\s[^\n]{0,100}\b(?:check|ci|verify|spec|specs))(?![\w@-])"
)
_WORD = re.compile(r"(?<![A-Za-z0-9])(?:tests?|specs?|e2e)(?![A-Za-z0-9])|devtools::check|R CMD check")
_NAMED = re.compile(
    r"(?<![A-Za-z0-9])(?:(?:py|unit)?tests?|testing|specs?|e2e|ci|jest|vitest|tox|rspec|phpunit)(?![A-Za-z0-9])",
    re.IGNORECASE,
)
_COMMANDS = re.compile(r"\n|&&|\|\||;")
_EXPRESSION = re.compile(r"\$\{\{[^}]{0,500}\}\}")
_NO_TEST = re.compile(
    r"\s*(?:#|echo\b|printf\b|(?:if\s+|!\s*)?test\s|mkdir\b|cp\b|mv\b|rm\b|cd\b|(?:sudo\s+)?(?:apt|apt-get|apk|brew|choco|dnf|yum|gem)\s"
    r"|(?:uv\s+)?(?:python3?\s+-m\s+)?(?:pipx?3?|npm|yarn|pnpm|bun|poetry|uv|pdm|bundle|cargo|go|rustup|conda|mamba|composer)"
    r"\s+(?:install|i|ci|add|sync|get|config|inject)\b)"
)
_TEST_ACTION = re.compile(r"(?:^|[/._-])tests?(?:$|[/._@-])|cypress-io/|cibuildwheel", re.IGNORECASE)
_CHECKOUT = re.compile(r"(?:^|/)(?:checkout|git-checkout|clone)(?:@|$)|/(?:oss-fuzz|clusterfuzzlite)/", re.IGNORECASE)
_CLONE = re.compile(r"\b(?:git|gh\s+repo)\s+(?:clone|fetch|checkout)\b|\bgh\s+pr\s+checkout\b")
_NO_WORK = re.compile(
    r"\s*(?:$|#|(?:gh|echo|printf|curl|jq|test|if|then|else|elif|fi|export|sleep|cat)(?![\w.-])|\["
    r"|[A-Za-z_]\w*=(?:[^\s$]*\s*$|[\"']?\$(?:[\w{]|\((?:gh|echo|curl|jq)\b)))"
)
"""Commands that tell or ask something and work on no code."""
_HOUSEKEEPING = re.compile(
    r"(?<![A-Za-z0-9])(?:label(?:s|er|ler)?|stale|triage|(?:auto-?)?assign(?:ee|er|ment)?s?|welcome|greetings?|title|semantic"
    r"|cla|dco|notify|slack|backport|cherry-?pick|lock|auto-?merge|reviewers?|project)(?![A-Za-z0-9])",
    re.IGNORECASE,
)


class Scripts:
    """Which steps run tests; each script is looked at once, and no more than MOST_TEXT characters in all."""

    def __init__(self) -> None:
        self._known: dict[str, bool] = {}
        self._left = MOST_TEXT

    def tests(self, step: Mapping[str, Any]) -> bool:
        """Whether a step's command, or the action that it uses, runs tests."""
        run, uses = step.get("run"), step.get("uses")
        if not isinstance(run, str):
            return isinstance(uses, str) and bool(_TEST_ACTION.search(uses[:300]))
        script = run[:LONGEST]
        if script not in self._known and self._left > 0:
            self._left -= len(script)
            self._known[script] = _tests(script)
        return self._known.get(script, False)


def _tests(script: str) -> bool:
    commands = (one for one in _COMMANDS.split(_EXPRESSION.sub(" ", script)) if not _NO_TEST.match(one))
    return any(_RUNNERS.search(one) or _WORD.search(one) for one in commands)


def named_tests(*names: object) -> bool:
    """Whether a job's key or name says that it tests; what an expression puts in is not known."""
    return any(_NAMED.search(_EXPRESSION.sub(" ", name[:300])) for name in names if isinstance(name, str))


def works_on_code(steps: Sequence[Mapping[str, Any]]) -> bool:
    """Whether the steps take the repository's code, by a checkout, its own action or git, or run what may work on it.

    Commands without a checkout may: a runner of one's own can have the code.
    """
    return any(_works(step) for step in steps)


def _works(step: Mapping[str, Any]) -> bool:
    uses, run = step.get("uses"), step.get("run")
    if isinstance(uses, str):
        return uses.startswith("./") or bool(_CHECKOUT.search(uses[:300]))
    script = run[:LONGEST].replace("\\\n", " ") if isinstance(run, str) else ""
    return bool(_CLONE.search(script)) or not all(_NO_WORK.match(one) for one in _COMMANDS.split(script))


def is_housekeeping(*names: object) -> bool:
    """Whether a name says that it is about labels, titles, assignees and the like, and not about code."""
    return any(_HOUSEKEEPING.search(name[:300]) for name in names if isinstance(name, str))


def steps_of(job: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The steps that are mappings."""
    steps = job.get("steps")
    for step in steps if isinstance(steps, list) else ():
        if isinstance(step, dict):
            yield step
