"""GitHub's side of one run: the heads that were verified, what was answered, what people mended, what was commented."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime

from otto_bot.bench.answers import Answered, of_check, of_record
from otto_bot.bench.checks import Checked
from otto_bot.bench.scenario import ANY, CANDIDATE, ActionFact, BenchScenario

Check = Callable[[str], Awaitable[Checked]]
"""What the check says of a commit."""


@dataclass
class Head:
    """One commit that Actions looked at; a re-run raises `attempt` and asks anew."""

    number: int
    sha: str
    place: str
    begun: datetime
    answered: Answered
    fact: ActionFact | None = None
    """What was recorded for it, where it is not the check's own result."""
    attempt: int = 1


@dataclass
class World:
    """Mutable, one for each run."""

    scenario: BenchScenario
    check: Check
    now: Callable[[], datetime]
    heads: dict[str, Head] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    mended: set[str] = field(default_factory=set)
    comments: list[str] = field(default_factory=list)
    mistakes: list[str] = field(default_factory=list)
    """What was asked of GitHub and no scenario records."""

    async def head(self, sha: str, target: str) -> Head:
        """What Actions says of a head; `target` is its name in the run: `t1/a2`, `b1/s1`, `baseline`."""
        known = self.heads.get(sha)
        if known is None:
            place = place_of(target)
            answered, fact = await self._answer(sha, place)
            known = Head(1000 + len(self.heads), sha, place, self.now(), answered, fact)
            self.heads[sha] = known
        elif self._starts_by_itself(known):
            await self._anew(known)
        return known

    def _starts_by_itself(self, head: Head) -> bool:
        """What a person approved, or switched on again, GitHub starts without being asked."""
        mended = head.fact is not None and head.fact.until in self.mended
        return mended and not head.answered.ran and head.answered.conclusion in ("action_required", "")

    def by_number(self, number: int) -> Head:
        """The head whose workflow run has this id. Raises KeyError."""
        found = next((head for head in self.heads.values() if head.number == number), None)
        if found is None:
            raise KeyError(number)
        return found

    async def again(self, number: int) -> None:
        """The failed jobs of a workflow run run once more."""
        head = self.by_number(number)
        head.attempt += 1
        await self._anew(head)

    async def _anew(self, head: Head) -> None:
        head.begun = self.now()
        head.answered, head.fact = await self._answer(head.sha, head.place)

    async def _answer(self, sha: str, place: str) -> tuple[Answered, ActionFact | None]:
        count = self.counts[place] = self.counts.get(place, 0) + 1
        checked = await self.check(sha)
        fact = fact_at(self.scenario, place, count, checked, self.mended)
        if fact is None:
            return of_check(self.scenario, checked, self.now()), None
        return of_record(self.scenario, self.scenario.bench.answer(fact.answer), checked, self.now()), fact


def place_of(target: str) -> str:
    """Where a head stands, in the words of a scenario: its task, `baseline` or `candidate`."""
    return target if target == "baseline" else target.split("/", 1)[0] if target.startswith("t") else CANDIDATE


def fact_at(
    scenario: BenchScenario, place: str, count: int, checked: Checked, mended: set[str] | frozenset[str] = frozenset()
) -> ActionFact | None:
    """The recorded answer that replaces the check at the `count`-th verification of a place."""
    for fact in scenario.bench.actions:
        if fact.at not in (place, ANY) or fact.until in mended:
            continue
        if not fact.until and count not in fact.verifications:
            continue
        if fact.if_check != "any" and checked.green != (fact.if_check == "green"):
            continue
        return fact
    return None
