"""Journeys by single fields and borders: what is believed of a report, and what a word makes of a round."""

from __future__ import annotations

import re
from typing import Any

import core_builders as b
import core_journeys as j
import pytest
from pydantic import ValidationError

from otto_bot.core import journey_steering
from otto_bot.core.commands import Command, Given, parse_line
from otto_bot.core.journey_rounds import rounds_allowed
from otto_bot.core.journeys import (
    Dispatched,
    Finding,
    FindingKind,
    JourneyReport,
    JourneyResult,
    JourneyRound,
    Next,
    RoundState,
    StepResult,
    better,
    finding_problems,
    fix_title,
    journeys_of,
    report_problems,
    step_of,
)
from otto_bot.core.plan import Journey, JourneyStep
from otto_bot.core.records import CommandRecord
from otto_bot.core.run import Hold, Run

THREE = Journey(id="j1", title="way", steps=tuple(JourneyStep(do=f"do {n}", see=f"see {n}") for n in (1, 2, 3)))
RAN = CommandRecord(number=1, tool="run", what="make", exit_code=0, output="fine")


def step(number: int, status: str, *refs: str) -> StepResult:
    return StepResult.model_validate({"id": f"j1.s{number}", "status": status, "refs": refs})


def told(*statuses: str, records: tuple[CommandRecord, ...] = ()) -> JourneyReport:
    refs = {"passed": ("R1",), "failed": ("R2",), "not_reached": ()}
    made = tuple(step(number, status, *refs[status]) for number, status in enumerate(statuses, 1))
    return JourneyReport(journeys=(JourneyResult(id="j1", steps=made),), records=records or j.RECORDS)


LOST, FIRST, AFTER = "no step before it failed", "the first step", "a step before it was not reached"


@pytest.mark.parametrize(
    ("statuses", "wrong"),
    [
        ("passed passed passed", []),
        ("failed passed passed", []),
        ("failed not_reached not_reached", []),
        ("passed failed not_reached", []),
        ("failed not_reached passed", [f"j1.s3: passed, although {AFTER}"]),
        ("failed not_reached failed", []),
        ("passed not_reached not_reached", [f"j1.s2: not reached, although {LOST}"]),
        ("not_reached failed failed", [f"j1.s1: {FIRST} can always be tried; say passed or failed"]),
        ("not_reached not_reached failed", [f"j1.s1: {FIRST} can always be tried; say passed or failed"]),
        (
            "not_reached passed passed",
            [
                f"j1.s2: passed, although {AFTER}",
                f"j1.s3: passed, although {AFTER}",
                f"j1.s1: {FIRST} can always be tried; say passed or failed",
            ],
        ),
    ],
)
def test_what_a_walk_can_look_like(statuses: str, wrong: list[str]) -> None:
    """A walk that cannot have happened so would let a broken product pass, or send a coder after nothing."""
    assert list(report_problems((THREE,), told(*statuses.split()))) == wrong


@pytest.mark.parametrize(
    ("said", "wrong"),
    [
        (("j1", "j2"), []),
        (("j1",), ["j2: no result"]),
        ((), ["j1: no result", "j2: no result"]),
        (("j1", "j2", "j7"), ["j7: there is no such journey"]),
        (("j1", "j2", "j2"), ["j2: it has two results"]),
    ],
)
def test_each_journey_has_one_result(said: tuple[str, ...], wrong: list[str]) -> None:
    by_id = {one.id: one for one in j.report().journeys}
    results = tuple(by_id.get(key, by_id["j1"]).model_copy(update={"id": key}) for key in said)
    assert list(report_problems(j.JOURNEYS[:2], JourneyReport(journeys=results, records=j.RECORDS))) == wrong


NEEDS = "needs the record of a command that was run for it, in `refs`"


@pytest.mark.parametrize(
    ("status", "record", "wrong"),
    [
        ("passed", {}, ""),
        ("failed", {"exit_code": 1}, ""),
        ("passed", {"exit_code": 1}, "j1.s1: passed, but every command it names failed (R1)"),
        ("passed", {"error": True}, f"j1.s1: passed {NEEDS}"),
        ("failed", {"error": True}, f"j1.s1: failed {NEEDS}"),
        ("passed", {"tool": "browser", "exit_code": 0}, ""),
        ("failed", {"tool": "browser", "exit_code": 2}, ""),
        ("passed", {"tool": "read", "exit_code": None}, f"j1.s1: passed {NEEDS}"),
        ("failed", {"exit_code": None, "timed_out": True}, ""),
        ("failed", {"exit_code": None}, ""),
    ],
)
def test_what_shows_a_step(status: str, record: dict[str, Any], wrong: str) -> None:
    short = THREE.model_copy(update={"steps": THREE.steps[:1]})
    made = JourneyResult(id="j1", steps=(step(1, status, "R1"),))
    report = JourneyReport(journeys=(made,), records=(RAN.model_copy(update=record),))
    assert list(report_problems((short,), report)) == ([wrong] if wrong else [])


def test_one_command_that_worked_is_enough_beside_one_that_failed() -> None:
    short = THREE.model_copy(update={"steps": THREE.steps[:1]})
    made = JourneyResult(id="j1", steps=(step(1, "passed", "R1", "R2"),))
    assert report_problems((short,), JourneyReport(journeys=(made,), records=j.RECORDS)) == ()


@pytest.mark.parametrize(("length", "shown"), [(19, 19), (20, 20), (21, 20)])
def test_a_record_that_is_not_there_is_named_in_short(length: int, shown: int) -> None:
    short = THREE.model_copy(update={"steps": THREE.steps[:1]})
    made = JourneyResult(id="j1", steps=(step(1, "passed", "R1", "r" * length, "R7"),))
    report = JourneyReport(journeys=(made,), records=j.RECORDS)
    assert report_problems((short,), report) == (f"j1.s1: there is no record {'r' * shown}",)


def test_a_journey_passes_only_where_something_was_seen() -> None:
    assert not JourneyResult(id="j1", steps=()).passed
    assert told("passed", "passed").journeys[0].passed
    assert not told("passed", "failed").journeys[0].passed
    assert told("passed", "failed", "not_reached").journeys[0].broken == step(2, "failed", "R2")


def finding(**changes: Any) -> Finding:
    return j.finding("j1").model_copy(update=changes)


QUOTE, QUESTION = "j1: `quote` does not stand in R2", "j1: a scope finding needs the question a person should answer"


@pytest.mark.parametrize(
    ("findings", "wrong"),
    [
        ([finding()], []),
        ([finding(quote="  it broke\n here ")], []),
        ([finding(quote="make bad it broke")], []),
        ([finding(quote="it bent here")], [QUOTE]),
        ([finding(quote=" ")], [QUOTE]),
        ([finding(ref="R9")], ["j1: `ref` must name a record, as R1"]),
        ([finding(kind=FindingKind.SCOPE, question=" ")], [QUESTION]),
        ([finding(kind=FindingKind.SCOPE, question="in?")], []),
        ([finding(kind=FindingKind.SCOPE, question="", quote="bent")], [QUOTE, QUESTION]),
        ([], ["j1: it fails, and nothing is said about it"]),
        ([finding(), finding(journey="j2", quote="bent")], ["j2: it does not fail"]),
        ([finding(journey="j2", quote="bent"), finding(quote="bent")], ["j2: it does not fail", QUOTE]),
        ([finding(), finding()], ["j1: it is explained twice"]),
    ],
)
def test_why_an_explanation_cannot_stand(findings: list[Finding], wrong: list[str]) -> None:
    """A coder is sent after what an explanation says: it has to rest on words that were really seen."""
    assert list(finding_problems(j.report("j1"), tuple(findings))) == wrong


def test_an_example_of_a_record_is_the_first_there_is() -> None:
    report = j.report("j1")
    later = report.model_copy(update={"records": tuple(one.model_copy(update={"number": 4}) for one in j.RECORDS)})
    none = report.model_copy(update={"records": ()})
    words = [finding_problems(one, (finding(ref="R9"),)) for one in (later, none)]
    assert words == [("j1: `ref` must name a record, as R4",), ("j1: `ref` must name a record, as R1",)]


ROUND = JourneyRound(number=1, head="h", report=j.report("j1", "j2"))


@pytest.mark.parametrize(
    ("earlier", "failing", "counts"),
    [
        ((), ("j1", "j2", "j3"), True),
        ((ROUND,), ("j1",), True),
        ((ROUND,), ("j1", "j3"), False),
        ((ROUND,), ("j1", "j2", "j3"), False),
        ((ROUND.model_copy(update={"waived": ("j2",)}),), ("j1",), False),
        ((ROUND.model_copy(update={"report": j.report("j1")}), ROUND), ("j1",), True),
        ((ROUND, ROUND.model_copy(update={"report": j.report("j1")})), ("j1",), False),
        ((ROUND, ROUND.model_copy(update={"report": JourneyReport()})), ("j1",), True),
        ((ROUND.model_copy(update={"report": JourneyReport()}),), ("j1", "j2"), True),
    ],
)
def test_only_fewer_failing_journeys_than_in_the_last_walk_are_better(
    earlier: tuple[JourneyRound, ...], failing: tuple[str, ...], counts: bool
) -> None:
    """Otherwise money would be spent on tries that help nothing. A round that nobody walked says nothing."""
    assert better(earlier, failing) is counts


def test_nobody_has_to_ask_for_three_walks_and_each_word_allows_one_more() -> None:
    run = j.built()
    assert [rounds_allowed(run.model_copy(update={"journey_grants": grants})) for grants in (0, 1, 2)] == [3, 4, 5]
    again = "as many journeys fail"
    assert j.triaged(j.walked(run, "j1"), j.finding("j1")).journeys[-1].next is Next.FIX
    for number, following in [(2, Next.FIX), (3, Next.ASK), (4, Next.ASK)]:
        late = run.with_round(run.journeys[-1]).model_copy(
            update={"journeys": (run.journeys[-1].model_copy(update={"number": number}),)}
        )
        one = j.triaged(j.walked(late, "j1"), j.finding("j1")).journeys[-1]
        assert (one.next, again in one.why) == (following, False)


@pytest.mark.parametrize(("replans", "following"), [(0, Next.REPLAN), (1, Next.ASK)])
def test_failing_journeys_lead_to_one_new_plan_at_most(replans: int, following: Next) -> None:
    run = j.walked(j.built(), "j1").model_copy(update={"journey_replans": replans})
    assert j.triaged(run, j.finding("j1", "planning")).journeys[-1].next is following


def test_the_title_of_a_repair_fits_a_title() -> None:
    assert fix_title(2, ("j1", "j3")) == "Mend what journey j1 and j3 found in round 2"
    for length in (119, 120, 121):
        room = length - len(fix_title(2, ("",)))
        assert len(fix_title(2, ("j" * room,))) == min(length, 120)


def test_a_step_is_known_by_its_name() -> None:
    plan = j.product()
    assert [step_of(plan, name) for name in ("j1.s1", "j2.s2", "j9.s1", "")] == [
        ("a", "b"),
        ("c", "d"),
        *[("", "")] * 2,
    ]
    assert journeys_of(None) == () == journeys_of(b.plan("t1"))
    assert journeys_of(plan) == j.JOURNEYS


LIMITS = [
    (StepResult, {"id": "j1.s1", "status": "passed"}, "seen", "x", 600),
    (StepResult, {"id": "j1.s1", "status": "passed"}, "refs", ("R1",), 20),
    (Finding, {"journey": "j1", "kind": "scope"}, "summary", "x", 600),
    (Finding, {"journey": "j1", "kind": "scope", "summary": "s"}, "ref", "x", 8),
    (Finding, {"journey": "j1", "kind": "scope", "summary": "s"}, "quote", "x", 600),
    (Finding, {"journey": "j1", "kind": "scope", "summary": "s"}, "guidance", "x", 1000),
    (Finding, {"journey": "j1", "kind": "scope", "summary": "s"}, "question", "x", 500),
]


@pytest.mark.parametrize(
    ("kind", "given", "field", "one", "most"), LIMITS, ids=[f"{row[0].__name__}.{row[2]}" for row in LIMITS]
)
def test_what_a_tester_may_say_is_bounded(kind: Any, given: dict[str, Any], field: str, one: Any, most: int) -> None:
    """It is kept with the run, posted and told to the next model: what is longer is asked for again, shorter."""
    assert kind.model_validate({**given, field: one * most})
    with pytest.raises(ValidationError):
        kind.model_validate({**given, field: one * (most + 1)})


def test_an_explanation_says_something() -> None:
    with pytest.raises(ValidationError):
        Finding.model_validate({"journey": "j1", "kind": "scope", "summary": ""})


def test_a_round_begins_with_nothing_asked_paid_or_posted() -> None:
    bare = JourneyRound(number=1, head="h")
    assert (bare.dispatches, bare.polls, bare.calls, bare.usd, bare.revision) == (0, 0, 0, 0.0, 0)
    assert bare.posted_revision < bare.revision, "its first comment is due"
    assert (bare.state, bare.next) == (RoundState.TESTING, Next.NOTHING)
    assert (bare.comment_id, bare.deadline, bare.next_at, bare.dispatched) == (None, None, None, None)
    assert Dispatched(script="s", at=b.T0).run_id is None


def test_what_a_person_took_as_it_is_fails_no_more() -> None:
    assert ROUND.open_failing == ("j1", "j2") == ROUND.report.failing
    assert ROUND.model_copy(update={"waived": ("j1",)}).open_failing == ("j2",)


def at_comment(*failing: str, kind: str = "implementation") -> Run:
    run = j.walked(j.built(), *failing)
    return j.posted(j.triaged(run, *(j.finding(key, kind) for key in failing)), seconds=5)


def given(line: str, guidance: str = "") -> Given:
    command = parse_line(line, guidance)
    assert isinstance(command, Command)
    return Given(key=line, command=command, by=b.ANNA)


def newest(run: Run | tuple[str, str]) -> JourneyRound:
    assert isinstance(run, Run), run
    return run.journeys[-1]


def held(run: Run) -> Run:
    return run.model_copy(update={"hold": Hold(kind="paused", number=1, reason="r", since=b.T0)})


def test_a_round_is_spoken_of_only_while_the_run_is_at_its_journeys() -> None:
    assert journey_steering.at_journeys(j.built()) is not None
    assert journey_steering.at_journeys(b.executing(b.plan("t1"))) is None
    assert journey_steering.at_journeys(j.failed_round(j.built(), "j1")) is None


def test_a_yes_to_a_plan_of_repair_is_remembered_and_takes_nothing_as_it_is() -> None:
    run = at_comment("j1")
    one = newest(journey_steering.approve(run, given("/otto approve"), run.journeys[-1], b.at(9)))
    assert (one.state, one.approved_by, one.deadline) == (RoundState.APPROVED, "anna", b.at(9))
    assert (one.waived, one.why) == ((), run.journeys[-1].why)


def test_a_yes_to_a_question_takes_the_product_as_it_is() -> None:
    run = at_comment("j1", "j2", kind="scope")
    one = newest(journey_steering.approve(run, given("/otto approve"), run.journeys[-1], b.at(9)))
    assert (one.waived, one.why, one.state) == (("j1", "j2"), "@anna takes it as it is", RoundState.APPROVED)


STATES = (*RoundState,)


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("revision", [None, 3, 4])
def test_a_yes_counts_once_for_what_stands_in_the_comment(state: RoundState, revision: int | None) -> None:
    run = at_comment("j1")
    one = run.journeys[-1].model_copy(update={"state": state, "revision": 3})
    said = given("/otto approve" + (f" r{revision}" if revision else ""))
    answer = journey_steering.approve(run.with_round(one), said, one, b.at(9))
    if state in (RoundState.TESTING, RoundState.TESTED):
        assert answer == ("nothing_to_approve", "")
    elif revision == 4:
        assert answer == ("stale_revision", "r3")
    elif state is RoundState.APPROVED:
        assert answer == ("nothing_to_approve", "")
    elif state is RoundState.POSTED:
        assert newest(answer).state is RoundState.APPROVED
    else:
        assert answer == ("not_posted", "r3")


def test_where_nothing_follows_there_is_nothing_to_say_yes_to() -> None:
    run = at_comment("j1")
    one = run.journeys[-1].model_copy(update={"next": Next.NOTHING})
    answer = journey_steering.approve(run.with_round(one), given("/otto approve"), one, b.T0)
    assert answer == ("nothing_to_approve", "")


REVISED = {
    "/otto retry": (Next.FIX, ("j1", "j2"), (), 1),
    "/otto retry j2": (Next.FIX, ("j2",), (), 1),
    "/otto replan": (Next.REPLAN, (), (), 1),
    "/otto skip j1": (Next.FIX, ("j2",), ("j1",), 0),
    "/otto skip j1 j2": (Next.NOTHING, (), ("j1", "j2"), 0),
}


@pytest.mark.parametrize("line", REVISED)
@pytest.mark.parametrize("guidance", ["", "do so"])
def test_what_a_person_changes_is_a_decision_of_its_own(line: str, guidance: str) -> None:
    """It is posted anew under the next number, and what was agreed to before holds no more."""
    run = at_comment("j1", "j2")
    old = run.journeys[-1].model_copy(
        update={"approved_by": "bert", "deadline": b.at(7), "state": RoundState.APPROVED, "guidance": "as before"}
    )
    run = run.with_round(old)
    act = {"retry": journey_steering.mend, "replan": journey_steering.replan, "skip": journey_steering.leave}
    after = act[line.split()[1]](run, given(line, guidance), old)
    one = newest(after)
    following, fixing, waived, grants = REVISED[line]
    assert (one.next, one.fixing, one.waived) == (following, fixing, waived)
    assert isinstance(after, Run)
    assert (after.journey_grants, after.revision) == (run.journey_grants + grants, run.revision + 1)
    assert (one.state, one.revision, one.deadline, one.approved_by) == (RoundState.DECIDED, after.revision, None, "")
    assert one.why == f"@anna changed what follows; r{one.revision} replaces r{old.revision}"
    assert one.guidance == ("as before" if "skip" in line else guidance or "as before")
    assert one.decided_by == ("human" if line != "/otto skip j1" else old.decided_by), "the rest was decided before"


@pytest.mark.parametrize("line", ["/otto retry", "/otto replan", "/otto skip j1"])
@pytest.mark.parametrize("state", [RoundState.TESTING, RoundState.TESTED, RoundState.DECIDED])
def test_nothing_is_changed_before_something_is_decided(line: str, state: RoundState) -> None:
    run = at_comment("j1")
    one = run.journeys[-1].model_copy(update={"state": state})
    act = {"retry": journey_steering.mend, "replan": journey_steering.replan, "skip": journey_steering.leave}
    answer = act[line.split()[1]](run.with_round(one), given(line), one)
    assert (answer == ("still_deciding", "")) is (state is not RoundState.DECIDED)
    certifies = run.with_round(one).model_copy(update={"kind": "certify"})
    answer = act[line.split()[1]](certifies, given(line), one)
    early = "skip" in line and state is not RoundState.DECIDED
    assert answer == (("still_deciding", "") if early else ("only_certifies", ""))


@pytest.mark.parametrize(
    ("line", "waived", "answer"),
    [
        ("/otto retry j3 j8", (), ("cannot_retry", "j3 is no failing journey of round 1")),
        ("/otto skip j3 j8", (), ("cannot_skip", "j3 is no failing journey of round 1")),
        ("/otto retry j1", ("j1",), ("cannot_retry", "j1 is no failing journey of round 1")),
        ("/otto skip j1", ("j1",), ("cannot_skip", "j1 is no failing journey of round 1")),
        ("/otto retry", ("j1", "j2"), ("nothing_failed", "")),
    ],
)
def test_only_what_still_fails_is_mended_or_left(line: str, waived: tuple[str, ...], answer: tuple[str, str]) -> None:
    run = at_comment("j1", "j2")
    one = run.journeys[-1].model_copy(update={"waived": waived})
    act = journey_steering.mend if "retry" in line else journey_steering.leave
    assert act(run.with_round(one), given(line), one) == answer


@pytest.mark.parametrize(("fixing", "following"), [(("j1",), Next.ASK), (("j1", "j2"), Next.FIX), (("j2",), Next.FIX)])
def test_where_what_was_to_be_mended_is_left_a_person_is_asked_about_the_rest(
    fixing: tuple[str, ...], following: Next
) -> None:
    """No task is made that mends nothing, and nothing that fails is forgotten."""
    run = at_comment("j1", "j2")
    one = run.journeys[-1].model_copy(update={"fixing": fixing, "next": Next.FIX})
    after = newest(journey_steering.leave(run.with_round(one), given("/otto skip j1"), one))
    assert (after.next, after.fixing) == (following, tuple(key for key in fixing if key != "j1"))


@pytest.mark.parametrize("kind", ["replan", "ask"])
def test_what_else_is_planned_stays_where_one_journey_is_left(kind: str) -> None:
    run = at_comment("j1", "j2")
    one = run.journeys[-1].model_copy(update={"next": Next(kind), "fixing": ()})
    assert newest(journey_steering.leave(run.with_round(one), given("/otto skip j1"), one)).next == kind


@pytest.mark.parametrize("state", [RoundState.TESTING, RoundState.TESTED])
def test_journeys_that_nobody_can_test_are_left_where_the_run_rests_over_them(state: RoundState) -> None:
    run = held(j.built())
    one = run.journeys[-1].model_copy(update={"state": state})
    run = run.with_round(one)
    after = newest(journey_steering.leave(run, given("/otto skip j2"), one))
    assert (after.state, after.skipped) == (RoundState.APPLIED, "@anna left them out")
    assert journey_steering.leave(run, given("/otto skip j8 j9"), one) == ("cannot_skip", "there is no journey j8")


@pytest.mark.parametrize(
    ("following", "waived", "words"),
    [
        (Next.FIX, ("j1", "j2"), r"Journey j3 fails. Is what is planned \(r\d+\) right\?"),
        (Next.FIX, ("j2",), "first, in or out"),
        (Next.FIX, (), "first, in or out"),
        (Next.FIX, ("j1",), "second, in or out"),
        (Next.ASK, ("j1", "j2"), r"Journey j3 fails: why. What should happen\?"),
    ],
)
def test_a_person_is_asked_one_thing(following: Next, waived: tuple[str, ...], words: str) -> None:
    scope = [j.finding(key, "scope").model_copy(update={"question": f"{n}, in or out"}) for key, n in
             (("j1", "first"), ("j2", "second"))]  # fmt: skip
    one = JourneyRound(
        number=1, head="h", report=j.report("j1", "j2", "j3"), findings=(*scope, j.finding("j3")), next=following,
        waived=waived, why="why", revision=4,
    )  # fmt: skip
    assert re.fullmatch(words, journey_steering.question_of(one))
