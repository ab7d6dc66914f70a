"""Criteria of a plan: there is a [must] in every task, and each says something that can be seen."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from otto_bot.core.plan import Plan
from otto_bot.core.plan_problem import Intent, PlanProblem, PlanRule
from otto_bot.core.plan_words import content, shown

_WELL = (
    r"(?:well|correctly|properly|fine|nicely|smoothly|reliably|flawlessly|seamlessly|perfectly|appropriately|"
    r"reasonably|gracefully|cleanly|intuitively|end[- ]to[- ]end|"
    r"as (?:expected|intended|designed|described|required|specified|needed|appropriate|it should)|"
    r"(?:if|where|when) (?:needed|necessary|appropriate)|like it should)"
)
_GOOD = (
    r"(?:clean(?:er)?|readable|maintainable|well[- ](?:structured|written|designed|documented|tested|organi[sz]ed)|"
    r"high[- ]quality|production[- ]ready|robust|scalable|performant|user[- ]friendly|intuitive|easy to use|"
    r"nice(?:r)?|good|great|modern|responsive|seamless|smooth|polished|consistent|secure|reliable|stable|fast|"
    r"efficient|idiomatic|elegant|simple|beautiful|state of the art|correct|proper|appropriate|reasonable)"
)
_BEST = r"best practices?|good (?:ux|experience|quality)|(?:user|developer) experience|code quality|edge cases"
_DONE = (
    r"(?:is|are|has been|have been|gets?) (?:fully |all |now |properly )?"
    r"(?:implemented|done|complete(?:d)?|finished|supported|handled|in place|available|added|created|built|ready|"
    r"working|integrated|there|refactored|improved|tested|covered|documented|functional)"
    r"(?=\W*$|\W*[.;,]|\s+(?:and|as|for all|everywhere|correctly|properly|well)\b)"
)
_TESTS = (
    r"(?:all |the |unit |integration |existing |new |automated |its )*(?:tests?|test suite|ci|checks?|build)\b"
    r"[^.;,]{0,30}?\b(?:pass(?:es|ing)?|(?:is|are|stays?|remains?) green|succeeds?|exists?|"
    r"(?:is|are) (?:added|written|there))|"
    r"(?:there (?:is|are)|has|have|with|write|add) (?:enough |good |unit |proper |some |new )*tests?|"
    r"(?:test )?coverage (?:is|stays|remains) (?:good|high|enough)|tests? (?:shows?|proves?) that (?:it|this) works"
)
_WORKS = r"(?:it |this |everything |all )?(?:works?|functions|behaves?|runs|is working)"
_VAGUE = re.compile(
    rf"\b(?:{_TESTS}|{_WORKS}(?: {_WELL})?(?=\W*$|\W*[.;,])|{_WORKS} {_WELL}|{_WELL}|"
    rf"(?:is|are|looks?|feels?|be|stays?|remains?) (?:very |really |more |clean,? )?{_GOOD}(?: and {_GOOD})*|"
    rf"{_GOOD} (?:test |code |user )?(?:code|coverage|ux|design|performance|architecture|documentation|structure)|"
    rf"{_BEST}|{_DONE})\b",
    re.IGNORECASE,
)
_CONCRETE = re.compile(r"\d|[`\"“«']\S|\w\(|[\w]/[\w]|/\w|\w_\w|\w\.\w{1,5}\b|--\w|==|[<>]=?|[a-z][A-Z]")
_SEEN = re.compile(
    r"\b(?:returns?|raises?|shows?|lists?|redirects?|contains?|equals?|sends?|displays?|prints?|exits?|rejects?|"
    r"refuses?|appears?|receives?|sees?|reads?|says?|opens?|gives?|gets?|turns?|writes?|counts?|stores?|keeps?|"
    r"answers?|responds?|converts?|creates?|removes?|deletes?|updates?|sorts?|marks?|names?|stops?|starts?)\b",
    re.IGNORECASE,
)
_HINT = 'say what someone does and what they then see, e.g. "an unknown code answers 404 and changes nothing"'


def vague(text: str) -> str | None:
    """The words that make a criterion say nothing that can be seen; None = it says something."""
    if (found := empty_words(text)) is not None:
        return found
    return text.strip() if len(content(text)) < 2 and not _CONCRETE.search(text) else None


@lru_cache(maxsize=2048)
def empty_words(text: str) -> str | None:
    """Praise in the place of a fact, with nothing beside it; None = there is none, or it says more."""
    found = _VAGUE.search(text)
    if found is None:
        return None
    rest = _VAGUE.sub(" ", text)
    words = len(content(rest))
    if _CONCRETE.search(rest) or words >= 6 or (words >= 3 and _SEEN.search(rest)):
        return None
    return found.group(0).strip()


def criteria(plan: Plan, _intent: Intent) -> Iterator[PlanProblem]:
    """Each task has a criterion that must hold, and none twice."""
    for task in plan.tasks:
        if not any(criterion.level == "must" for criterion in task.criteria):
            yield PlanProblem(
                rule=PlanRule.CRITERIA, where=task.key, reason=f"{task.key} has no [must] criterion; give it one"
            )
        ids = [criterion.id for criterion in task.criteria]
        texts = [" ".join(criterion.text.casefold().split()) for criterion in task.criteria]
        if len(set(ids)) != len(ids) or len(set(texts)) != len(texts):
            yield PlanProblem(
                rule=PlanRule.CRITERIA, where=task.key, reason=f"{task.key} has the same criterion id or text twice"
            )


def testable(plan: Plan, _intent: Intent) -> Iterator[PlanProblem]:
    """Each criterion can be seen to hold, or not to."""
    for task in plan.tasks:
        for criterion in task.criteria:
            if (words := vague(criterion.text)) is not None:
                where = f"{task.key} {criterion.id}"
                reason = f"{shown(words)} cannot be observed; {_HINT}"
                yield PlanProblem(rule=PlanRule.TESTABLE, where=where, reason=reason)
