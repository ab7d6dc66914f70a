"""Whether a verdict may be believed: held against itself, the criteria, and what the harness recorded. Rule by rule."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from otto_bot.core.evidence import squeeze
from otto_bot.core.named_tests import Names
from otto_bot.core.plan import TaskSpec
from otto_bot.core.records import RUN, CommandRecord, by_number, numbers_in
from otto_bot.core.values import Frozen
from otto_bot.core.verdict import Ground, SeenTest, Verdict, VerdictItem, assess

ACTIONS = "actions"
"""Tool of the harness's own record of what Actions said; it carries an item only with the job named."""
REPORT = "report"
"""Tool of the record that lists the tests that passed; the tests carry an item, not the list."""
SHORTEST_QUOTE = 8
"""Characters below which words in quotes may be a name, and prove nothing."""
_NEVER_RAN = frozenset({126, 127})
_QUOTED = re.compile(r"\"([^\"\n]+)\"|“([^”\n]+)”")
_CUT = re.compile(r"…|\.\.\.")
_WORD = re.compile(r"[\w./:#\[\]<>=,-]*(?:[Tt]est|[Ss]pec|[Ss]hould)[\w./:#\[\]<>=,-]*|[\w./-]+::[\w:./\[\]-]+")
_TICKED = re.compile(r"[`'\"“]([^`'\"“”\n]{3,200})[`'\"”]")


@dataclass(frozen=True)
class Material:
    """What a verdict is held against, beside the records.

    `jobs`: names of the jobs of Actions that were green. `passed`, `failed`: tests of the reports they uploaded, by
    outcome (skipped counts as failed). `defined`: name → file, of the tests in test files of the very commit.
    `texts`: what may be quoted besides records. `report` names the record that lists `passed`.
    """

    task: TaskSpec
    jobs: tuple[str, ...] = ()
    passed: Names = field(default_factory=Names)
    failed: Names = field(default_factory=Names)
    defined: Mapping[str, str] = field(default_factory=dict)
    defined_names: Names = field(default_factory=Names)
    texts: tuple[str, ...] = ()
    report: str = ""

    @property
    def musts(self) -> frozenset[str]:
        """Ids of the [must] criteria."""
        return frozenset(criterion.id for criterion in self.task.criteria if criterion.level == "must")


class Problem(Frozen):
    """Why a verdict is not believed: the rule, the item (may be empty), and a sentence for the judge."""

    rule: str
    item: str
    words: str


Rule = Callable[[Verdict, Sequence[CommandRecord], Material], Iterator[Problem]]


def check(verdict: Verdict, records: Sequence[CommandRecord], material: Material) -> tuple[Problem, ...]:
    """Every reason not to believe the verdict; empty = it may be believed."""
    return tuple(problem for rule in RULES for problem in rule(verdict, records, material))


def ground_of(item: VerdictItem, records: Sequence[CommandRecord], material: Material) -> Ground:
    """What the item stands on: records that exist, tests that passed or stand in this commit's test files."""
    known = by_number(records)
    numbers = tuple(number for number in item.record_numbers if number in known)
    tests: dict[str, SeenTest] = {}
    for name in _tests_named(item):
        seen = find_test(name, material)
        if seen is not None:
            tests.setdefault(seen.id, seen)
    return Ground(item=item.id, records=numbers, tests=tuple(tests.values()))


def find_test(name: str, material: Material) -> SeenTest | None:
    """The test of this name: in a report of the green jobs, else in a test file; None where it is in neither.

    A test that a report says was skipped or failed is none, whatever the files say.
    """
    if (passed := material.passed.find(name)) is not None:
        return SeenTest(id=passed[:300], seen="report", where=material.report)
    if material.failed.find(name) is not None:
        return None
    defined = material.defined_names.find(name) or _in_its_file(name, material)
    return None if defined is None else SeenTest(id=name[:300], seen="file", where=material.defined[defined])


def _in_its_file(name: str, material: Material) -> str | None:
    """`tests/test_a.py::TestB::test_c` is found where its file defines `test_c`."""
    file, apart, rest = name.strip("`").partition("::")
    if not apart:
        return None
    path = material.defined_names.find(file)
    test = material.defined_names.find(rest.split("::")[-1])
    return test if path is not None and test is not None and path in material.defined else None


def _tests_named(item: VerdictItem) -> Iterator[str]:
    """Words that may name a test: references, and what the sentence holds."""
    yield from (ref for ref in item.refs if not _is_number(ref))
    yield from (word.strip(".,:;") for word in _WORD.findall(item.evidence))
    yield from _TICKED.findall(item.evidence)


def _is_number(ref: str) -> bool:
    return bool(re.fullmatch(r"R[0-9]+", ref.strip()))


def carries(record: CommandRecord, item: VerdictItem, material: Material) -> bool:
    """Whether a record says anything of a criterion: a list of all tests does not, green jobs only with their name."""
    if record.tool == REPORT:
        return False
    if record.tool == ACTIONS:
        return any(job in item.evidence or job in item.refs for job in material.jobs)
    return True


def _carriers(item: VerdictItem, records: Sequence[CommandRecord], material: Material) -> list[CommandRecord]:
    numbers = ground_of(item, records, material).records
    return [record for record in records if record.number in numbers and carries(record, item, material)]


def _judged(verdict: Verdict, material: Material, *statuses: str) -> Iterator[VerdictItem]:
    """The items of [must] criteria with one of these statuses."""
    return (item for item in verdict.items if item.id in material.musts and item.status in statuses)


def missing_item(verdict: Verdict, _records: Sequence[CommandRecord], material: Material) -> Iterator[Problem]:
    """Each criterion has an item."""
    said = {item.id for item in verdict.items}
    for criterion in material.task.criteria:
        if criterion.id not in said:
            yield Problem(rule="missing_item", item=criterion.id, words=f"{criterion.id} has no item")


def unknown_criterion(verdict: Verdict, _records: Sequence[CommandRecord], material: Material) -> Iterator[Problem]:
    """No item about what is no criterion of this task."""
    for key in assess(material.task, verdict).unknown:
        yield Problem(rule="unknown_criterion", item=key, words=f"{key} is no criterion of this task")


def said_twice(verdict: Verdict, _records: Sequence[CommandRecord], _material: Material) -> Iterator[Problem]:
    """No criterion has two statuses."""
    statuses: dict[str, set[str]] = {}
    for item in verdict.items:
        statuses.setdefault(item.id, set()).add(item.status)
    for key, found in statuses.items():
        if len(found) > 1:
            yield Problem(
                rule="said_twice", item=key, words=f"{key} is said to be {' and '.join(sorted(found))}: say one"
            )


def total_contradicts(verdict: Verdict, _records: Sequence[CommandRecord], material: Material) -> Iterator[Problem]:
    """What the judge says of the whole follows from its own items."""
    if verdict.passed is None:
        return
    not_met = sorted({item.id for item in _judged(verdict, material, "not_met", "unclear")})
    if verdict.passed and not_met:
        words = f"`passed` is true, but {', '.join(not_met)} must be met and is not"
        yield Problem(rule="total_contradicts", item="", words=words)
    if not verdict.passed and not not_met and assess(material.task, verdict).passed:
        yield Problem(
            rule="total_contradicts", item="", words="`passed` is false, but every [must] criterion is said to be met"
        )


def unknown_reference(verdict: Verdict, records: Sequence[CommandRecord], material: Material) -> Iterator[Problem]:
    """What `refs` name exists: a record of this examination, or a test."""
    known = by_number(records)
    for item in verdict.items:
        for ref in item.refs:
            named = numbers_in(ref)
            lost = [number for number in named if number not in known]
            if lost:
                words = f"{item.id}: there is no record R{lost[0]}; there are {_there_are(records)}"
                yield Problem(rule="unknown_reference", item=item.id, words=words)
            elif not named and item.id in material.musts and ref.strip() not in material.jobs:
                yield from _unknown_test(item, ref, material)


def _there_are(records: Sequence[CommandRecord]) -> str:
    return "none" if not records else f"R{records[0].number} to R{records[-1].number}"


def _unknown_test(item: VerdictItem, ref: str, material: Material) -> Iterator[Problem]:
    if find_test(ref, material) is not None:
        return
    short = ref[:100]
    if material.failed.find(ref) is not None:
        words = f"{item.id}: {short} did not pass in Actions: its report says that it failed or was skipped"
    else:
        words = (
            f"{item.id}: {short!r} is no evidence: it is no record (R1, R2, …), and no test of that name passed in a "
            "report or stands in a test file of this commit"
        )
    yield Problem(rule="unknown_reference", item=item.id, words=words)


def no_evidence(verdict: Verdict, records: Sequence[CommandRecord], material: Material) -> Iterator[Problem]:
    """`met` and `not_met` stand on a record or a test; the diff and what it claims are neither."""
    for item in _judged(verdict, material, "met", "not_met"):
        if not ground_of(item, records, material).tests and not _carriers(item, records, material):
            words = (
                f"{item.id}: {item.status} without evidence. Name a record of something you looked at or ran (R…), or "
                "a test in Actions; the diff alone, a claim, or the list of green jobs without the name of the job "
                "that shows it is none"
            )
            yield Problem(rule="no_evidence", item=item.id, words=words)


def rests_on_failure(verdict: Verdict, records: Sequence[CommandRecord], material: Material) -> Iterator[Problem]:
    """`met` does not stand on commands alone that failed."""
    for item in _judged(verdict, material, "met"):
        found = _carriers(item, records, material)
        if found and all(one.failed for one in found) and not ground_of(item, records, material).tests:
            ends = ", ".join(f"{one.ref} ({one.ending})" for one in found)
            words = f"{item.id}: met rests only on what failed: {ends}"
            yield Problem(rule="rests_on_failure", item=item.id, words=words)


def no_answer(verdict: Verdict, records: Sequence[CommandRecord], material: Material) -> Iterator[Problem]:
    """`not_met` does not stand on commands alone that were cut off or never ran: that says nothing of the work."""
    for item in _judged(verdict, material, "not_met"):
        found = _carriers(item, records, material)
        if found and all(map(_silent, found)) and not ground_of(item, records, material).tests:
            ends = ", ".join(f"{one.ref} ({one.ending})" for one in found)
            words = f"{item.id}: not_met rests only on what gave no answer: {ends}. Look in another way"
            yield Problem(rule="no_answer", item=item.id, words=words)


def _silent(record: CommandRecord) -> bool:
    if record.error or record.timed_out:
        return True
    return record.tool == RUN and (record.exit_code is None or record.exit_code in _NEVER_RAN)


def unclear_unseen(verdict: Verdict, records: Sequence[CommandRecord], material: Material) -> Iterator[Problem]:
    """`unclear` is said only after looking: it fails the work as `not_met` does."""
    if any(record.tool not in (ACTIONS, REPORT) and not record.error for record in records):
        return
    for item in _judged(verdict, material, "unclear"):
        words = f"{item.id}: unclear without having looked. Use a tool, then say met or not_met where it shows"
        yield Problem(rule="unclear_unseen", item=item.id, words=words)


def quote_not_recorded(verdict: Verdict, records: Sequence[CommandRecord], material: Material) -> Iterator[Problem]:
    """Words in quotes beside a record stand in one of the records that the item names."""
    known = by_number(records)
    others = [squeeze(text) for text in (*material.texts, *(c.text for c in material.task.criteria))]
    for item in verdict.items:
        cited = [known[number] for number in item.record_numbers if number in known]
        places = [squeeze(f"{one.what} {one.output}") for one in cited]
        for quote in _quotes(item.evidence) if cited else ():
            parts = [squeeze(part) for part in _CUT.split(quote)]
            if not all(any(part in place for place in [*places, *others]) for part in parts if part):
                names = ", ".join(one.ref for one in cited)
                words = f"{item.id}: {quote[:100]!r} stands in quotes, but not in {names}"
                yield Problem(rule="quote_not_recorded", item=item.id, words=words)


def _quotes(evidence: str) -> list[str]:
    found = [first or second for first, second in _QUOTED.findall(evidence)]
    return [quote for quote in found if len(quote) >= SHORTEST_QUOTE]


RULES: tuple[Rule, ...] = (
    missing_item,
    unknown_criterion,
    said_twice,
    total_contradicts,
    unknown_reference,
    no_evidence,
    rests_on_failure,
    no_answer,
    unclear_unseen,
    quote_not_recorded,
)
