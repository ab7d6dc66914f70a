"""What people do on GitHub and what becomes of it: labels, commands, boxes, buttons, endings, pushes."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from otto_bot.core import events as e
from otto_bot.core import quota
from otto_bot.core.allowance import RUNS_OF_ISSUE
from otto_bot.core.learnings import Proposal
from otto_bot.core.run import Outcome
from otto_bot.intake.permission import Actor
from otto_bot.intake.said import BoxEdit
from otto_bot.intake.starting import NotYetKnown
from otto_bot.text.markers import marker


def types(events: list[Any]) -> list[str]:
    return [event.type for event in events]


async def test_the_label_starts_a_run_once(started: Any) -> None:
    run = started.run

    assert (run.issue, run.ordinal, run.title, run.body) == (1, 1, "Add a thing", "Please.")
    assert (run.actor.login, run.repo.full_name, run.plan_only) == ("dev", "octo/demo", False)
    assert started.reactions() == ["eyes"]
    assert started.answers() == []


@pytest.mark.slow
async def test_a_label_that_comes_and_goes_is_told_once_and_begins_by_itself_later(bench: Any) -> None:
    """Six runs within an hour; then one comment, whatever is done with the label, and a run when its time has come."""
    for _ in range(RUNS_OF_ISSUE):
        await bench.do(label={"name": "otto"})
        await bench.do(unlabel={"name": "otto"})
    assert len(bench.ledger.run_ids()) == RUNS_OF_ISSUE
    for _ in range(3):
        await bench.do(label={"name": "otto"})
        await bench.do(unlabel={"name": "otto"})
    await bench.do(label={"name": "otto"})
    await bench.catch_up()

    assert len(bench.ledger.run_ids()) == RUNS_OF_ISSUE
    assert [text.split(":")[0] for text in bench.answers()] == ["Not begun"]
    bench.now.ahead += timedelta(hours=1)
    await bench.catch_up()
    assert len(bench.ledger.run_ids()) == RUNS_OF_ISSUE + 1


async def test_an_issue_that_got_enough_comments_is_not_answered_any_more_and_nothing_waits(
    bench: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quota, "CONTENT_OF_PLACE", 2)
    for number in range(4):
        await bench.do(comment=f"/otto nonsense{number}")

    assert len(bench.answers()) == 2
    assert {row.state for row in bench.rows()} == {"done"}
    assert bench.reactions()[-1] == "confused"


async def test_another_label_does_nothing(bench: Any) -> None:
    await bench.do(label={"name": "bug"})
    await bench.do(label={"name": "Otto"})

    assert bench.ledger.run_ids() == []
    assert {row.state for row in bench.rows()} == {"done"}


async def test_the_repository_names_its_own_label(open_bench: Any) -> None:
    async with open_bench({".github/otto.yml": "label: robot\n"}) as bench:
        await bench.do(label={"name": "otto"})
        assert bench.ledger.run_ids() == []
        await bench.do(label={"name": "robot"})
        assert bench.run.issue == 1
        await bench.do(unlabel={"name": "robot"})
        assert bench.run.outcome is Outcome.CANCELLED


async def test_with_a_broken_configuration_a_run_starts_and_can_say_so(open_bench: Any) -> None:
    async with open_bench({".github/otto.yml": "labell: robot\nlabel: [\n"}) as bench:
        await bench.do(label={"name": "otto"})
        assert bench.run.issue == 1


async def test_a_label_is_not_guessed_while_github_does_not_answer(open_bench: Any) -> None:
    async with open_bench({".github/otto.yml": "label: robot\n"}) as bench:
        bench.fault(kind="status", status=502, match={"path": "otto.yml", "count": 3})
        await bench.do(label={"name": "robot"})
        assert bench.ledger.run_ids() == []
        bench.now.ahead += bench.now.ahead.__class__(seconds=30)
        await bench.work()
        assert bench.run.issue == 1


async def test_on_a_pull_request_the_label_gets_one_answer(bench: Any) -> None:
    await bench.branch("feature", "dev")
    pull = await bench.repository.open_pull_request("feature", "main", "Mine", "B")

    for _ in range(2):
        await bench.do(label={"name": "otto", "where": f"pull/{pull.number}"})
        await bench.do(unlabel={"name": "otto", "where": f"pull/{pull.number}"})

    assert bench.ledger.run_ids() == []
    (answer,) = bench.answers()
    assert "Otto works on issues, not on pull requests" in answer


async def test_a_reader_cannot_start_a_run(bench: Any) -> None:
    await bench.do("reader", label={"name": "otto"})
    await bench.do("reader", unlabel={"name": "otto"})
    await bench.do("reader", label={"name": "otto"})

    (answer,) = bench.answers()
    assert "write permission" in answer
    assert "reader" in answer
    assert bench.ledger.run_ids() == []


async def test_a_bot_cannot_start_a_run_and_gets_no_answer(bench: Any) -> None:
    await bench.do("bot", label={"name": "otto"})

    assert bench.ledger.run_ids() == []
    assert bench.answers() == []


async def test_a_label_that_is_told_twice_is_one_run_and_no_second_label(started: Any) -> None:
    courier = started.stand_in.hub.courier
    delivery = started.stand_in.hub.world.deliveries[-1]
    courier.redeliver(delivery)
    await started.work()
    assert len([row for row in started.rows() if row.event == "issues"]) == 1

    await started.put("issues", "labeled", delivery.body)
    assert len(started.ledger.run_ids()) == 1
    assert types(started.told()) == []
    assert started.reactions() == ["eyes"]


async def test_a_label_while_a_run_is_active_is_said_and_starts_nothing(started: Any) -> None:
    started.fault(kind="drop", event="issues", action="unlabeled")
    await started.do(unlabel={"name": "otto"})
    await started.do(label={"name": "otto"})

    assert len(started.ledger.run_ids()) == 1
    assert types(started.told()) == ["IssueRelabelled"]
    assert started.reactions() == ["eyes", "confused"]


async def test_a_new_label_after_the_end_starts_another_run(started: Any) -> None:
    await started.do(unlabel={"name": "otto"})
    assert started.run.outcome is Outcome.CANCELLED
    await started.do(label={"name": "otto"})

    assert [started.ledger.load(n).ordinal for n in started.ledger.run_ids()] == [1, 2]


async def test_the_end_of_a_run_waits_where_github_does_not_say_who_asks_for_it(started: Any) -> None:
    started.now.ahead += timedelta(minutes=2)  # what was known of the person is not believed any more
    started.fault(kind="status", status=502, match={"path": "/permission", "count": 3})
    await started.do(unlabel={"name": "otto"})
    assert started.run.outcome is None
    started.now.ahead += timedelta(seconds=30)
    await started.work()
    assert started.run.outcome is Outcome.CANCELLED


async def test_a_command_carries_the_time_its_comment_was_written(started: Any) -> None:
    """Also where it is only found by looking."""
    await started.do(comment="/otto status")
    started.drop("issue_comment")
    await started.do(comment="/otto help")
    await started.catch_up()

    rows = [row for row in started.stand_in.hub.world.comments if row.body.startswith("/otto")]
    told = [event.given for event in started.told() if isinstance(event, e.CommandGiven)]
    assert [given.said_at for given in told] == [row.created_at.replace(microsecond=0) for row in rows]


async def test_text_that_no_database_takes_reaches_the_ledger_mended(started: Any) -> None:
    """In an issue that is labelled, and in a comment with guidance."""
    labelled = json.loads(started.stand_in.hub.world.deliveries[-1].body)
    issue = {**labelled["issue"], "title": "a\ud800b", "body": "c\x00d"}
    await started.do(unlabel={"name": "otto"})
    started.fault(kind="drop", event="issues")
    await started.do(label={"name": "otto"})
    await started.put("issues", "labeled", json.dumps({**labelled, "issue": issue}).encode())

    assert (started.run.ordinal, started.run.title, started.run.body) == (2, "a\ufffdb", "c\ufffdd")
    commented = {
        **{key: labelled[key] for key in ("installation", "repository", "sender")},
        "action": "created",
        "issue": issue,
        "comment": {"id": 77, "body": "/otto replan -- use \udc00\x00 dicts", "user": labelled["sender"]},
    }
    await started.put("issue_comment", "created", json.dumps(commented).encode())
    (told,) = started.told()
    assert isinstance(told, e.CommandGiven)
    assert told.given.command.guidance == "use \ufffd\ufffd dicts"


async def test_a_command_is_seen_and_reaches_the_run_once(started: Any) -> None:
    await started.do(comment="/otto pause\nthanks")
    await started.put("issue_comment", "created", started.stand_in.hub.world.deliveries[-1].body)

    assert started.reactions() == ["eyes", "eyes"]
    assert started.run.hold is not None
    assert started.run.hold.reason == "@dev asked for a pause"
    assert started.run.replies == ()
    event = started.told()[0]
    assert (event.given.by.login, event.given.where) == ("dev", 1)


LOOKALIKES = (
    "> /otto stop",
    "```\n/otto stop\n```",
    "    /otto stop",
    "please /otto stop",
    "Hello\n/otto stop",
    "/ottomatic stop",
    "- /otto stop",
)


async def test_what_only_looks_like_a_command_does_nothing(started: Any) -> None:
    for body in LOOKALIKES:
        await started.do(comment=body)

    assert started.told() == []
    assert started.answers() == []
    assert started.reactions() == ["eyes"]
    assert not any(row.reactions for row in started.stand_in.hub.world.comments)


async def test_an_edit_is_no_command(started: Any) -> None:
    await started.do(comment="please stop")
    await started.do(edit_comment={"contains": "please", "find": "please stop", "replace": "/otto stop"})

    assert started.told() == []


async def test_bots_give_no_commands_and_get_no_answer(started: Any) -> None:
    await started.do("bot", comment="/otto stop")

    assert started.told() == []
    assert started.answers() == []


NOT_UNDERSTOOD = (
    ("/otto aprove", "Did you mean `/otto approve`?"),
    ("/otto", "say what to do"),
    ("/otto skip", "name the tasks to skip"),
    ("/otto retry seven", "`seven` is no task"),
    ("/otto budget", "say how much more"),
    ("/otto approve 2", "name one revision"),
    ("/otto pause now", "takes no words after it"),
    ("/otto stop -- now", "takes no text after"),
)


async def test_what_is_not_understood_gets_a_confused_face_and_one_reply(started: Any) -> None:
    for number, (line, said) in enumerate(NOT_UNDERSTOOD, start=1):
        await started.do(comment=line)
        assert started.reactions() == ["eyes", "confused"]
        assert len(started.answers()) == number
        assert said.lower() in started.answers()[-1].lower()
    await started.put("issue_comment", "created", started.stand_in.hub.world.deliveries[-2].body)

    assert len(started.answers()) == len(NOT_UNDERSTOOD)
    assert started.told() == []


async def test_a_reader_is_refused_with_the_reason_and_then_by_one_face_a_day(started: Any) -> None:
    await started.do("reader", comment="/otto stop")
    assert started.reactions() == ["eyes"]
    await started.do("reader", comment="/otto nonsense")
    assert started.reactions() == ["eyes", "confused"]
    await started.do("reader", comment="/otto stop")

    assert [("write permission" in answer) for answer in started.answers()] == [True]
    assert started.told() == []
    assert started.reactions() == ["eyes"]


async def test_a_word_that_was_refused_stays_so(started: Any) -> None:
    """Also where its writer may write by now, and it is told again or found by looking."""
    await started.do("reader", comment="/otto stop")
    started.stand_in.hub.world.users["reader"].permission = "write"
    started.now.ahead += timedelta(minutes=2)
    await started.put("issue_comment", "created", started.stand_in.hub.world.deliveries[-2].body)
    await started.catch_up()

    assert started.told() == []
    assert len(started.answers()) == 1
    await started.do("reader", comment="/otto stop")
    assert started.given() == ["stop"]


async def test_a_word_that_was_refused_without_an_answer_stays_so_too(started: Any) -> None:
    """The third of a day: the first got a reason, the second a face."""
    for _ in range(3):
        await started.do("reader", comment="/otto stop")
    started.stand_in.hub.world.users["reader"].permission = "write"
    started.now.ahead += timedelta(minutes=2)
    await started.catch_up()

    assert started.told() == []
    assert len(started.answers()) == 1


async def test_an_outage_of_github_refuses_nobody(started: Any) -> None:
    """Whether somebody may is asked again: their word waits, and their first refusal still tells the reason."""
    started.now.ahead += timedelta(minutes=2)  # what was known of the person is not believed any more
    for login, words in (("dev", "/otto pause"), ("reader", "/otto stop")):
        started.fault(kind="status", status=502, match={"path": "/permission", "count": 3})
        await started.do(login, comment=words)
        assert (started.given(), started.answers()) == ([] if login == "dev" else ["pause"], [])
        started.now.ahead += timedelta(seconds=30)
        await started.work()
    assert started.given() == ["pause"]
    assert ["write permission" in answer for answer in started.answers()] == [True]


async def test_without_a_run_help_helps_and_others_say_so(bench: Any) -> None:
    await bench.do(comment="/otto help")
    await bench.do(comment="/otto retry")

    helped, nothing = bench.answers()
    assert "`/otto pause`" in helped
    assert "no run here" in nothing
    assert bench.ledger.run_ids() == []


async def test_plan_on_an_issue_without_a_run_starts_one_that_only_plans(bench: Any) -> None:
    await bench.do(comment="/otto plan")
    await bench.put("issue_comment", "created", bench.stand_in.hub.world.deliveries[-1].body)

    assert bench.run.plan_only
    assert len(bench.ledger.run_ids()) == 1


async def test_commands_in_the_pull_request_and_its_reviews_are_the_runs(started: Any) -> None:
    run = await started.opened()
    await started.do(comment={"where": f"pull/{run.pull_request}", "body": "/otto status"})
    await started.do(review={"body": "/otto help"})
    await started.do(review_comment={"path": "README.md", "line": 1, "body": "/otto pause"})

    assert started.given() == ["status", "help", "pause"]
    assert [reply.where for reply in started.run.replies] == [run.pull_request] * 2


async def test_one_ticked_box_is_its_command(started: Any) -> None:
    await started.planned(plan={"approval": "always"})
    await started.do(edit_comment={"tick": "/otto approve r1"})

    (event,) = [event for event in started.told() if isinstance(event, e.CommandGiven)]
    assert (event.given.command.verb, event.given.command.revision, event.given.by.login) == ("approve", 1, "dev")
    assert started.run.plan_approved_by == "dev"


EDITS = (
    {"append": "\n- [x] `/otto budget +40`"},
    {"find": "- [ ] `/otto approve r1`", "replace": "- [x] `/otto budget +40`"},
    {"find": "Tick a box", "replace": "Tick no box"},
)


async def test_any_other_edit_of_our_comment_is_put_back(started: Any) -> None:
    await started.planned(plan={"approval": "always"})
    (before,) = started.answers()
    for edit in EDITS:
        await started.do(edit_comment={"contains": "/otto approve", **edit})
        assert started.answers() == [before]

    assert started.given() == []


async def test_a_reader_ticks_no_box(started: Any) -> None:
    await started.planned(plan={"approval": "always"})
    await started.do("reader", edit_comment={"tick": "/otto approve r1"})

    assert started.given() == []
    assert "write permission" in started.answers()[-1]


async def test_a_box_in_somebody_elses_comment_is_none(started: Any) -> None:
    await started.planned(plan={"approval": "always"})
    await started.do(comment="- [ ] `/otto approve r1` go")
    await started.do(edit_comment={"author": "dev", "tick": "/otto approve r1"})

    assert started.given() == []


async def test_a_box_ticked_before_its_comment_is_recorded_comes_again(started: Any) -> None:
    """A worker may die between the comment and its record; what a person ticks meanwhile is not lost."""
    run = await started.planned(plan={"approval": "always"})
    before = f"{marker(run.id, 'gate/g1')}\n- [ ] `/otto skip t2` leave it out"
    after = before.replace("[ ]", "[x]")

    def edited(old: str, new: str) -> Any:
        edit = BoxEdit(key="box/1", repo=run.repo, number=run.issue, comment_id=987654, before=old, after=new)
        return started.desk.box(edit, Actor(person=run.actor))

    with pytest.raises(NotYetKnown):
        await edited(before, after)
    await edited(before.replace(f"run={run.id} ", "run=999 "), after.replace(f"run={run.id} ", "run=999 "))
    await edited(before, f"{before}\nmore")
    assert started.given() == []


async def check(bench: Any, external_id: str, *buttons: str) -> None:
    from otto_bot.github.ci_models import CheckAction

    actions = [CheckAction(label=b.partition(":")[0], description="d", identifier=b) for b in buttons]
    await bench.repository.upsert_check(
        bench.run.head, "Otto / t2", external_id, status="completed", conclusion="failure", title="t", summary="s",
        actions=actions,
    )  # fmt: skip
    await bench.work()


async def test_buttons_of_our_checks_are_commands(started: Any) -> None:
    run = await started.opened()
    await check(started, f"run/{run.id}/check/t2/a1", "retry:t2", "explain:t2")
    await started.do(button={"check": "t2", "action": "explain:t2"})
    await started.do(button={"check": "t2"})
    await started.do("reader", button={"check": "t2", "action": "retry:t2"})

    commands = [event.given.command for event in started.told() if isinstance(event, e.CommandGiven)]
    assert [(command.verb, command.tasks) for command in commands] == [("explain", ("t2",)), ("retry", ("t2",))]
    assert "write permission" in started.answers()[-1]


async def test_a_check_that_names_no_run_has_no_commands(started: Any) -> None:
    await started.opened()
    for external_id in ("run/99/check/t2/a1", "run/x/check/t2", "run/1/check/t2/a1/more", "run/" + "9" * 40):
        await check(started, external_id, "retry:t2")
        await started.do(button={"check": "t2", "action": "retry:t2"})

    assert started.given() == []
    assert {row.state for row in started.rows()} == {"done"}


async def test_a_button_is_one_of_three_and_of_our_own_check(started: Any) -> None:
    run = await started.opened()
    await check(started, f"run/{run.id}/check/t2/a1", "explain:t2")
    await started.do(button={"check": "t2", "action": "explain:t2"})
    body = json.loads(started.stand_in.hub.world.deliveries[-1].body)
    for asked in ("stop", "budget +40:t2", "approve:t2", "pause"):
        changed = {**body, "requested_action": {"identifier": asked}}
        await started.put("check_run", "requested_action", json.dumps(changed).encode())
    foreign = {**body, "check_run": {**body["check_run"], "app": {"id": 1, "slug": "other"}}}
    await started.put("check_run", "requested_action", json.dumps(foreign).encode())

    assert started.given() == ["explain"]


async def test_a_writer_ends_the_run_by_closing_the_issue_and_a_reader_does_not(started: Any) -> None:
    await started.do("reader", close={})
    assert started.run.outcome is None
    await started.do(reopen={})
    await started.do(close={})

    assert started.run.outcome is Outcome.CANCELLED
    assert started.told()[-1].by == "dev"


async def test_closed_because_our_pull_request_was_merged_is_no_cancel(started: Any) -> None:
    run = await started.opened()
    started.drop("pull_request")
    await started.do(merge={"where": f"pull/{run.pull_request}"})
    await started.do(close={})

    assert started.run.outcome is Outcome.DONE_PARTIAL
    assert [event.merged for event in started.told() if isinstance(event, e.PullRequestClosed)] == [True]


async def test_closing_the_pull_request_pauses_and_merging_ends(started: Any) -> None:
    run = await started.opened()
    where = f"pull/{run.pull_request}"
    await started.do(close={"where": where})
    assert started.run.hold is not None
    assert started.run.hold.reason == "its pull request was closed without being merged, by dev"

    await started.do(reopen={"where": where})
    await started.do(merge={"where": where})
    assert started.run.outcome is Outcome.DONE_PARTIAL


async def test_a_push_by_a_person_is_the_new_base_and_our_own_is_not(started: Any) -> None:
    run = await started.opened()
    await started.do("bot", push={"branch": run.run_branch, "files": {"a": "1"}})
    assert not [event for event in started.told() if isinstance(event, e.RunBranchMoved)]

    await started.do(push={"branch": run.run_branch, "files": {"b": "1"}})
    (moved,) = [event for event in started.told() if isinstance(event, e.RunBranchMoved)]
    assert (moved.by, moved.sha) == ("dev", await started.repository.branch_sha(run.run_branch))
    assert started.run.head == moved.sha


async def test_a_push_to_the_default_branch_is_recorded_and_others_are_not(started: Any) -> None:
    await started.do(push={"branch": "main", "files": {"a": "1"}})
    await started.do(push={"branch": "feature", "files": {"a": "1"}})

    assert types(started.told()) == ["BaseMoved"]


async def test_learnings_are_kept_and_dropped_where_there_is_no_run(bench: Any) -> None:
    """They belong to the repository; only people with write access decide."""
    known = Proposal(index=0, text="CI lacks flask", run=1, gate=1, author="pilot")
    bench.learnings.propose(bench.repo, known, bench.now(), timedelta(days=180))

    await bench.do("reader", comment="/otto keep L1")
    assert bench.learnings.listed()[0].status == "proposed"
    await bench.do(comment="/otto keep L1")
    assert bench.learnings.listed()[0].accepted_by == "@dev"
    await bench.do(comment="/otto forget l1")
    await bench.do(comment="/otto forget L9")

    assert bench.learnings.listed()[0].forgotten_by == "@dev"
    assert bench.ledger.run_ids() == []
    assert [answer.split(";")[0].split(".")[0] for answer in bench.answers()[1:]] == [
        "L1 is kept",
        "L1 is dropped",
        "There is no learning L9 in this repository, so nothing was changed",
    ]


async def test_certify_holds_the_default_branch_against_the_plan_of_the_last_run(started: Any) -> None:
    run = await started.opened()
    await started.do(comment="/otto certify")
    assert [reply.key for reply in started.run.replies] == ["active_run"], "not beside a run that works"
    await started.do(comment="/otto stop")
    await started.do(comment="/otto certify")
    await started.put("issue_comment", "created", started.stand_in.hub.world.deliveries[-1].body)

    certifies = started.ledger.load(started.ledger.run_ids()[-1])
    assert len(started.ledger.run_ids()) == 2
    assert (certifies.kind, certifies.subject, certifies.pull_request) == ("certify", run.plan, None)


async def test_certify_without_a_run_starts_one_without_a_plan(bench: Any) -> None:
    await bench.do(comment="/otto certify")
    assert (bench.run.kind, bench.run.subject) == ("certify", None)
