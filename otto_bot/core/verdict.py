"""The judge's verdict: one status for each criterion, with its ground; the total is computed, never believed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field

from otto_bot.core.plan import TaskSpec
from otto_bot.core.records import CommandRecord, numbers_in
from otto_bot.core.values import Frozen

ITEM_CHARS = 2_000
"""Characters of recorded output that one item keeps in the state of a run."""


class VerdictItem(Frozen):
    """What the judge says of one criterion. `refs` name its ground: records (`R3`) and tests."""

    id: Annotated[str, Field(max_length=8)]
    status: Literal["met", "not_met", "unclear"]
    evidence: Annotated[str, Field(max_length=1000)] = ""
    refs: Annotated[tuple[Annotated[str, Field(max_length=300)], ...], Field(max_length=20)] = ()

    @property
    def record_numbers(self) -> tuple[int, ...]:
        """Numbers of the records that it names, in `refs` or in the sentence."""
        return numbers_in(" ".join([*self.refs, self.evidence]))


class Verdict(Frozen):
    """The judge's words. `summary` and `passed` are only said; the items count."""

    items: tuple[VerdictItem, ...]
    summary: Annotated[str, Field(max_length=1000)] = ""
    passed: bool | None = None

    def once(self) -> Verdict:
        """The verdict with one item for each id, the first: what contradicts it is not believed before."""
        kept = {item.id: item for item in reversed(self.items)}
        return self.model_copy(update={"items": tuple(item for item in self.items if kept[item.id] is item)})


class SeenTest(Frozen):
    """A test that an item names. `seen`: it passed in a report that Actions uploaded, or it stands in a test file of
    the very commit whose jobs were green; `where` is the report or the file."""

    id: str
    seen: Literal["report", "file"]
    where: str = ""


class Ground(Frozen):
    """What carries one item: numbers of records, and tests."""

    item: str
    records: tuple[int, ...] = ()
    tests: tuple[SeenTest, ...] = ()


class Proof(Frozen):
    """The ground of a whole verdict: what each item stands on, and the records that the items cite, shortened."""

    grounds: tuple[Ground, ...] = ()
    records: tuple[CommandRecord, ...] = ()

    def ground(self, item: str) -> Ground:
        """What carries an item; an empty ground where nothing is known."""
        return next((ground for ground in self.grounds if ground.item == item), Ground(item=item))

    def cited(self, item: str) -> tuple[CommandRecord, ...]:
        """The records that an item cites."""
        numbers = self.ground(item).records
        return tuple(record for record in self.records if record.number in numbers)


def proof_of(grounds: Sequence[Ground], records: Sequence[CommandRecord]) -> Proof:
    """The ground as it is kept: only what is cited, at most about `ITEM_CHARS` of output for each item."""
    room: dict[int, int] = {}
    for ground in grounds:
        for number in ground.records:
            room[number] = max(room.get(number, 0), ITEM_CHARS // len(ground.records))
    kept = tuple(record.brief(room[record.number]) for record in records if record.number in room)
    return Proof(grounds=tuple(grounds), records=kept)


class Assessment(Frozen):
    """A verdict held against the task: what fails, and what the judge left out."""

    passed: bool
    failing: tuple[VerdictItem, ...]
    forgotten: tuple[str, ...]
    unknown: tuple[str, ...]


def assess(task: TaskSpec, verdict: Verdict) -> Assessment:
    """Passed only if every [must] criterion is met. A forgotten one is the judge's fault: ask again."""
    said = {item.id: item for item in verdict.items}
    musts = [criterion.id for criterion in task.criteria if criterion.level == "must"]
    known = {criterion.id for criterion in task.criteria}
    failing = tuple(said[key] for key in musts if key in said and said[key].status != "met")
    forgotten = tuple(key for key in musts if key not in said)
    unknown = tuple(sorted(set(said) - known))
    return Assessment(passed=not failing and not forgotten, failing=failing, forgotten=forgotten, unknown=unknown)
