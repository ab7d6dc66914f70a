"""`/otto accept`: a person's yes to changed tests, bound to the places that were shown, posted before it counts."""

from datetime import UTC, datetime

import pytest
from core_builders import (
    T0,
    applied,
    at,
    config,
    executing,
    fold,
    gate,
    judged,
    plan,
    posted,
    said,
    spec,
    started,
    states,
    to_failed,
    to_verifying,
)
from core_builders import ended as verified

from otto_bot.core import events as e
from otto_bot.core import policy
from otto_bot.core.acceptance import SHOWN, acceptable, accepted_names, new_hits, tampering
from otto_bot.core.acceptance import held as gate_held
from otto_bot.core.asks import LEAVE_OUT, PUT_BACK, ask_for_help, reply_for
from otto_bot.core.commands import BadCommand, Command, parse_line
from otto_bot.core.decision import Action, Decider, Decision, Move
from otto_bot.core.diff_findings import Finding
from otto_bot.core.effects import EffectKind, scheduled
from otto_bot.core.evidence import Failure, Phase
from otto_bot.core.gates import fits
from otto_bot.core.invariants import broken_step
from otto_bot.core.machine import reduce
from otto_bot.core.run import Outcome, Run, RunPhase
from otto_bot.core.surfaces import surfaces
from otto_bot.core.tampering_hits import TamperHit, ids
from otto_bot.core.waits import waits_for


def hit(line: str = "def test_a():", path: str = "tests/test_a.py", rule: str = "test_removed") -> TamperHit:
    return TamperHit(rule=rule, path=path, old_line=3, line=line, why="a test is gone")


def weakened(key: str = "t1", *hits: TamperHit, attempt: int = 1) -> Failure:
    return tampering(key, attempt, f"sha-{key}-{attempt}", hits or (hit(),))


def held(run: Run | None = None, key: str = "t1") -> Run:
    """A green attempt whose judging found weakened tests, at a gate whose question is posted."""
    run = run or executing(plan("t1"))
    run = fold(run, *to_verifying(key), verified(key), judged(key, why=weakened(key)))
    return posted(asked(run, key))


def asked(run: Run, *keys: str) -> Run:
    moves = tuple(policy.fixed_move(run.task(key), run.task(key).failure) for key in keys)
    made = Decision(decided_by=Decider.RULES, moves=moves)
    number = len(run.gates) + 1
    return fold(run, e.GateOpened(at=T0, gate=number), e.DecisionMade(at=T0, gate=number, decision=made))


def accepted(run: Run, line: str = "/otto accept t1") -> Run:
    return applied(posted(fold(run, said(line, seconds=5)), 6))


def test_it_has_one_move_that_names_both_ways_out() -> None:
    run = held()
    move = run.gates[-1].decision.move("t1")
    assert (move.action, move.decided_by) == (Action.ASK, Decider.RULES)
    assert "`/otto accept t1`" in move.question
    assert f"`/otto retry t1 -- {PUT_BACK}`" in move.question
    assert "`tests/test_a.py` line 3" in move.question
    wait = waits_for(run)
    assert (wait.question, wait.reply) == (move.question, f"/otto retry t1 -- {PUT_BACK}")


def test_accepted_work_goes_on_with_the_same_commit() -> None:
    run = held()
    before = {effect.key for effect in scheduled(fold(executing(plan("t1")), *to_verifying("t1"), verified("t1")))}
    waiting = fold(run, said("/otto accept t1", seconds=5))
    assert states(waiting) == {"t1": "failed"}, "nothing goes on before the decision is posted"
    assert waiting.gate.decision.move("t1").action is Action.ACCEPT
    run = applied(posted(waiting, 6))
    task = run.task("t1")
    assert (states(run), len(task.attempts), task.failure) == ({"t1": "judging"}, 1, None)
    assert (task.accepted[0].by, task.accepted[0].hits) == ("anna", ids([hit()]))
    (effect,) = [one for one in scheduled(run) if one.kind is EffectKind.JUDGE]
    assert effect.key not in before, "a look that was made is not made again under its name"
    run = fold(run, judged("t1"))
    assert (run.outcome, policy.charged(run.task("t1"))) == (Outcome.DONE, 1)
    assert run.gates[-1].outcomes["t1"] == "attempt 1 passed"


def test_it_works_from_the_resting_state() -> None:
    run = applied(fold(held(), said("/otto approve", seconds=4)), 5)
    assert (run.outcome, states(run)) == (Outcome.NEEDS_HUMAN, {"t1": "asked"})
    run = fold(run, said("/otto accept t1", seconds=6))
    assert (run.gates[-1].number, states(run)) == (2, {"t1": "asked"})
    run = applied(posted(run, 7))
    assert (run.phase, run.outcome, states(run)) == (RunPhase.EXECUTING, None, {"t1": "judging"})
    assert fold(run, judged("t1")).outcome is Outcome.DONE


def test_where_nobody_judges_it_is_merged() -> None:
    run = accepted(held(executing(plan("t1"), config(qa=False))))
    assert fold(run, judged("t1")).outcome is Outcome.DONE


def test_put_back_codes_it_again() -> None:
    run = applied(posted(fold(held(), said(f"/otto retry t1 -- {PUT_BACK}", seconds=5)), 6))
    assert (states(run), run.task("t1").next_guidance) == ({"t1": "reopened"}, PUT_BACK)
    assert run.task("t1").accepted == ()


def test_only_what_was_shown_is_accepted() -> None:
    run = accepted(held())
    moved = hit().model_copy(update={"old_line": 90})
    assert new_hits(run, [moved]) == (), "the same line elsewhere in the file"
    other = hit("def test_b():")
    assert new_hits(run, [hit(), other]) == (other,)
    assert len(new_hits(run, [hit(), hit()])) == 1, "the same text once more is one more"
    for change in ({"path": "tests/test_b.py"}, {"rule": "test_skipped"}):
        assert new_hits(run, [hit().model_copy(update=change)])


@pytest.mark.parametrize(
    ("run", "line", "key"),
    [
        (held, "/otto accept t9", "cannot_accept"),
        (lambda: fold(executing(plan("t1")), started("t1")), "/otto accept t1", "cannot_accept"),
        (lambda: posted(gate(fold(executing(plan("t1")), *to_failed("t1")), {"t1": "ask"})), "/otto accept t1",
         "cannot_accept"),
        (lambda: accepted(held()), "/otto accept t1", "cannot_accept"),
        (lambda: fold(executing(plan("t1")), *to_verifying("t1"), verified("t1"), judged("t1", why=weakened()),
                      e.GateOpened(at=T0, gate=1)), "/otto accept t1", "still_deciding"),
        (lambda: asked(fold(executing(plan("t1")), *to_verifying("t1"), verified("t1"), judged("t1", why=weakened())),
                       "t1"), "/otto accept t1", "not_posted"),
    ],
)  # fmt: skip
def test_it_is_refused_with_a_reason(run, line: str, key: str) -> None:
    before = run()
    after = fold(before, said(line, seconds=20))
    assert [reply.key for reply in after.replies] == [key]
    assert (states(after), after.gates) == (states(before), before.gates)


def test_a_word_from_before_the_lines_could_be_read_does_not_count() -> None:
    early = said("/otto accept t1", seconds=9)
    early = early.model_copy(
        update={"given": early.given.model_copy(update={"said_at": datetime(2020, 1, 1, tzinfo=UTC)})}
    )
    after = fold(held(), early)
    assert [reply.key for reply in after.replies] == ["not_posted"]


def test_two_tasks_are_accepted_by_one_word() -> None:
    run = executing(plan("t1", "t2"))
    for key in ("t1", "t2"):
        run = fold(run, *to_verifying(key), verified(key), judged(key, why=weakened(key)))
    run = accepted(posted(asked(run, "t1", "t2")), "/otto accept t1 t2")
    assert states(run) == {"t1": "judging", "t2": "judging"}


def test_the_other_task_still_waits_for_its_answer() -> None:
    run = executing(plan("t1", "t2"))
    for key in ("t1", "t2"):
        run = fold(run, *to_verifying(key), verified(key), judged(key, why=weakened(key)))
    run = posted(fold(posted(asked(run, "t1", "t2")), said("/otto accept t1", seconds=5)), 6)
    assert run.gate.deadline is None, "t2 is still a machine's question"
    assert waits_for(run).kind == "gate"


def test_tasks_apart_are_not_judged_side_by_side() -> None:
    run = executing(plan("t1", "t2", apart=[("t1", "t2")]))
    run = fold(run, *to_verifying("t1"), verified("t1"), judged("t1", why=weakened("t1")))
    run = applied(fold(posted(asked(run, "t1")), said("/otto approve", seconds=4)), 5)
    run = fold(run, *to_verifying("t2"), verified("t2"), judged("t2", why=weakened("t2")))
    run = accepted(posted(asked(run, "t2")), "/otto accept t1 t2")
    assert sorted(states(run).values()) in (["asked", "judging"], ["failed", "judging"])


def test_no_machine_may_accept() -> None:
    run = fold(executing(plan("t1")), *to_verifying("t1"), verified("t1"), judged("t1", why=weakened()))
    run = fold(run, e.GateOpened(at=T0, gate=1))
    for by in (Decider.PILOT, Decider.RULES, Decider.REPLAN):
        made = Decision(decided_by=by, moves=(Move(task="t1", action=Action.ACCEPT, decided_by=by),))
        assert not fits(run, run.gates[-1], made)
        assert fold(run, e.DecisionMade(at=T0, gate=1, decision=made)).gates[-1].decision is None


def test_a_yes_that_nobody_posted_is_refused_by_the_house() -> None:
    run = fold(held(), said("/otto accept t1", seconds=5))
    sly = run.with_task(applied(posted(run, 6)).task("t1"))
    assert broken_step(run, sly) == ("1: changed tests of t1 are accepted without a posted decision",)
    assert reduce(run, e.DecisionApplied(at=at(9), gate=1, revision=run.gate.revision)) is run


def test_dependents_wait_and_then_go_on() -> None:
    run = held(executing(plan("t1", spec("t2", "t1"))))
    run = accepted(run)
    assert states(run)["t2"] in ("pending", "blocked")
    run = fold(run, judged("t1"))
    assert run.phase is RunPhase.INTEGRATING


def test_the_words_are_bounded_and_name_only_plain_paths() -> None:
    many = [hit(f"def test_{n}():", path=f"tests/`{n}` @all.py") for n in range(300)]
    failure = weakened("t1", *many)
    assert (len(failure.excerpts), len(failure.hits), failure.more) == (SHOWN, SHOWN, 300 - SHOWN)
    assert "300 places in 300 files" in failure.detail
    assert f"the first {SHOWN} are shown" in failure.detail
    question = ask_for_help("t1", failure)
    assert question is not None
    assert len(question) <= 500
    assert "@all" not in question
    assert reply_for("t1", failure) == f"/otto retry t1 -- {PUT_BACK}"


def test_without_known_places_someone_must_think() -> None:
    """Ledgers of earlier releases have the cause without places."""
    assert ask_for_help("t1", weakened().model_copy(update={"hits": ()})) is None


def test_the_grammar() -> None:
    assert parse_line("/otto accept t2, t3") == Command(verb="accept", tasks=("t2", "t3"))
    for line in ("/otto accept", "/otto accept everything", "/otto accept t1 -- because"):
        assert isinstance(parse_line(line), BadCommand)


def test_people_see_that_something_was_accepted() -> None:
    before = held()
    assert surfaces(accepted(before))["pull"] != surfaces(before)["pull"]


def test_places_that_nobody_was_shown_are_asked_about_after_a_yes() -> None:
    many = [hit(f"def test_{n}():") for n in range(SHOWN + 3)]
    run = fold(executing(plan("t1")), *to_verifying("t1"), verified("t1"), judged("t1", why=weakened("t1", *many)))
    run = accepted(posted(asked(run, "t1")))
    left = tampering("t1", 1, "sha-t1-1", many, accepted_names(run))
    assert [one.text.rpartition("\n")[2] for one in left.excerpts] == [f"- def test_{n}():" for n in (20, 21, 22)]
    assert (left.hits, left.more) == (ids(many)[SHOWN:], 0)
    old = weakened("t1", *many).model_copy(update={"hits": ids(many), "more": 0})
    run = fold(executing(plan("t1")), *to_verifying("t1"), verified("t1"), judged("t1", why=old))
    assert len(accepted_names(accepted(posted(asked(run, "t1"))))) == SHOWN, "nor does an old ledger's yes cover more"


FOUND = Finding(rule="protected_path", path="CODEOWNERS", detail="who has to review what", line=2, content="blob")


def stopped(run: Run | None = None, key: str = "t1") -> Run:
    """An attempt whose push the diff gate held, at a gate whose question is posted."""
    run = fold(run or executing(plan("t1")), *to_coded(key))
    sha = run.task(key).last.sha
    failed = e.AttemptFailed(at=T0, task=key, attempt=1, failure=gate_held(key, 1, sha, Phase.PUSH, [FOUND]))
    return posted(asked(fold(run, failed), key))


def to_coded(key: str) -> tuple[e.Event, ...]:
    return tuple(one for one in to_verifying(key) if not isinstance(one, e.AttemptPushed))


def test_what_the_gate_held_asks_and_names_every_way_out() -> None:
    run = stopped()
    move = run.gates[-1].decision.move("t1")
    assert (move.action, move.decided_by) == (Action.ASK, Decider.RULES)
    assert "`CODEOWNERS` line 2" in move.question
    for reply in ("`/otto accept t1`", f"`/otto retry t1 -- {LEAVE_OUT}`", "`/otto skip t1`"):
        assert reply in move.question
    assert "secret" not in move.question
    token = FOUND.model_copy(update={"rule": "secret"})
    assert "Never accept a real secret" in ask_for_help("t1", gate_held("t1", 1, "s", Phase.PUSH, [token]))
    assert waits_for(run).reply == f"/otto retry t1 -- {LEAVE_OUT}"


def test_what_is_worst_is_shown_first_and_nothing_beyond_it_is_accepted() -> None:
    odd = [Finding(rule="binary", path=f"{n}.bin", detail="5 bytes", content="b") for n in range(SHOWN + 5)]
    token = Finding(rule="secret", path="z", line=3, detail="a GitHub token", content="z")
    other = token.model_copy(update={"line": 9})
    failure = gate_held("t1", 1, "s", Phase.PUSH, [*odd, FOUND, token, other, token])
    assert [one.source for one in failure.excerpts[:4]] == ["z", "z", "CODEOWNERS", "0.bin"]
    assert (len(failure.excerpts), len(failure.hits), failure.more) == (SHOWN, SHOWN, 8)
    assert failure.hits[:3] == (token.name, other.name, FOUND.name), "two tokens of one file are two"
    assert odd[-1].name not in failure.hits


def test_a_yes_pushes_the_same_commit_under_a_new_name() -> None:
    before = {one.key for one in scheduled(fold(executing(plan("t1")), *to_coded("t1")))}
    run = accepted(stopped())
    task = run.task("t1")
    assert (states(run), len(task.attempts), task.failure, task.last.pushed) == ({"t1": "coding"}, 1, None, False)
    assert (task.accepted[0].what, task.accepted[0].hits) == ("change", (FOUND.name,))
    assert accepted_names(run) == {FOUND.name}
    (effect,) = [one for one in scheduled(run) if one.kind is EffectKind.PUSH]
    assert effect.key not in before


def test_without_a_yes_it_is_coded_again_and_nothing_was_accepted() -> None:
    run = applied(posted(fold(stopped(), said(f"/otto retry t1 -- {LEAVE_OUT}", seconds=5)), 6))
    assert (states(run), accepted_names(run)) == ({"t1": "reopened"}, frozenset())


def test_a_hold_of_old_ledgers_that_names_nothing_is_no_question() -> None:
    bare = gate_held("t1", 1, "s", Phase.PUSH, [FOUND]).model_copy(update={"hits": ()})
    assert ask_for_help("t1", bare) is None
    assert not acceptable(bare)
    assert not acceptable(gate_held("t1", 1, "s", Phase.PUSH, [FOUND]).model_copy(update={"sha": None}))


def test_what_is_on_github_already_is_looked_at_once_more() -> None:
    """The gate held the candidate, not the attempt's own branch: nothing of it is pushed again."""
    run = executing(plan("t1"))
    run = fold(run, *to_verifying("t1"), verified("t1"))
    why = gate_held("t1", 1, run.task("t1").last.sha, Phase.INTEGRATION, [FOUND])
    run = accepted(posted(asked(fold(run, judged("t1", why=why)), "t1")))
    assert states(run) == {"t1": "judging"}
