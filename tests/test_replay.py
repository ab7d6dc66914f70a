"""`otto-bot replay`: the same decision from what is stored, another decider on it, and nothing is ever written."""

from __future__ import annotations

import asyncio
import io
import json
import os
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

sys.path.insert(0, str(Path(__file__).parent))
from gate_runs import BAD, ORDER, PLAN, SECRET, Stage, answer, build, config, kit

sys.path.pop(0)

from otto_bot.agents.pilot_prompt import PROMPT_VERSION, GateRequest
from otto_bot.cli import main
from otto_bot.core.decision import Action, Decider
from otto_bot.core.evidence import Cause
from otto_bot.replay import Wish, replay
from otto_bot.settings import SettingsError
from otto_bot.store import tables as t
from otto_bot.store.archive import Archive
from otto_bot.store.database import migrate, open_database
from otto_bot.store.gate_records import GateRecord, GateRecords

SHADOW, OFF = {"pilot": {"mode": "shadow"}}, {"pilot": {"enabled": False}}
DENIED = [kit.refuses(401, "authentication_error", "invalid x-api-key")]


@pytest.fixture
def url(database_url: str) -> str:
    return database_url


@pytest.fixture
def environment(url: str) -> dict[str, str]:
    """No key of the App, none of a model."""
    return {"OTTO_DATABASE_URL": url}


@pytest.fixture
async def server() -> AsyncIterator[Any]:
    async with kit.MessagesServer() as running:
        yield running


@pytest.fixture
async def stage(url: str, server: Any) -> AsyncIterator[Stage]:
    from otto_bot.model.client import ModelClient

    engine = open_database(url)
    migrate(engine)
    async with ModelClient("key-for-tests", server.url, timeout_seconds=20) as client:
        yield Stage(engine, client)
    engine.dispose()


Replay = Callable[..., Any]


@pytest.fixture
def ask(environment: dict[str, str], server: Any) -> Replay:
    """The command: its exit code and its JSON. With `key`, the running server is the model's address."""

    async def run(how: str = "check", *, key: bool = False, **more: Any) -> tuple[int, dict[str, Any]]:
        out = io.StringIO()
        given = environment | ({"ANTHROPIC_API_KEY": "k" * 20, "ANTHROPIC_BASE_URL": server.url} if key else {})
        wish = Wish(**{"run_id": 1, "how": how, "as_json": True, **more})
        code = await asyncio.to_thread(replay, wish, out, given)
        told: dict[str, Any] = json.loads(out.getvalue())
        assert told["exit_code"] == code
        return code, told

    return run


def record(stage: Stage, gate: int = 1) -> GateRecord:
    return GateRecords(stage.engine).of_run(1)[gate - 1]


def everything(engine: sa.Engine) -> dict[str, list[Any]]:
    """Every row of every table."""
    with engine.connect() as c:
        return {table.name: sorted(map(repr, c.execute(sa.select(table)).all())) for table in t.metadata.sorted_tables}


async def test_everything_of_a_gate_is_read_back_from_the_store_alone(stage: Stage, server: Any) -> None:
    """Input, facts, both raw replies, why one was rejected, decision, comment, approval, revision, outcomes."""
    server.script(kit.says(BAD), kit.says(answer()))
    run = await stage.decide(stage.at_gate(config(pilot={"approval": "always"})))
    run = stage.post(run)
    run = stage.through(run, build.said("/otto skip t2"))
    run = stage.post(run)
    run = stage.apply(stage.through(run, build.said("/otto approve r3", seconds=60)))
    stage.through(run, *build.to_verified("t1", 2))

    one = record(stage)

    assert one.made is not None
    assert one.request is not None
    request = GateRequest.model_validate_json(one.request)
    assert set(request.facts.open_failures) == {"t1", "t2"}
    assert Action.RETRY in request.facts.open_failures["t1"]
    assert (request.facts.pending, request.facts.plan, request.nonce) == ({"t3"}, PLAN, "")
    assert [failure.excerpts for failure in request.failures] == [(), ()]
    assert list(request.facts.evidence) == [item.id for item in one.made.evidence]
    assert [item.excerpt.kind for item in one.made.evidence][:3] == ["log", "log", "spec"]
    assert (one.made.prompt_version, one.made.model) == (PROMPT_VERSION, request.model)
    first, second = one.made.replies
    assert (first.role, first.tries, second.tries) == ("pilot", 1, 2)
    assert first.problems[0] == "batches: t2 is in no batch"
    assert second.problems == ()
    for kept, said in ((first, BAD), (second, answer())):
        raw = one.raw(kept)
        assert raw is not None
        assert json.loads(json.loads(raw)["content"][0]["text"]) == said
        assert (kept.request_id, kept.usage.input_tokens, kept.usage.output_tokens) == ("req_1", 100, 20)
        assert kept.usage.usd > 0
        assert kept.seconds >= 0
    assert [call.call for call in one.calls] == [first.call, second.call]
    assert sum(call.usd for call in one.calls) == pytest.approx(one.gate.usd)
    assert one.made.decision.decided_by is Decider.PILOT
    gate, account = one.gate, one.gate.account
    assert (gate.comment_id, gate.revision, gate.posted_revision) == (90, 3, 3)
    assert (gate.approved_by, gate.approved_at) == ("anna", build.at(60))
    assert (account.made_by, account.request, account.rejected) == (Decider.PILOT, one.made.request, 1)
    assert (account.decided_at, account.applied_at) == (build.T0, build.at(3600))
    [revision] = account.revisions
    assert (revision.number, revision.by) == (3, "anna")
    assert [(c.task, c.before, c.after) for c in revision.changed] == [("t2", Action.RETRY, Action.SKIP)]
    assert gate.outcomes == {"t1": "attempt 2 passed", "t2": "stayed out"}


@pytest.mark.parametrize(
    ("settings", "script", "decider", "calls"),
    [
        ({}, [kit.says(answer())], "pilot", 1),
        ({}, [kit.says(BAD), kit.says(answer())], "pilot", 2),
        ({}, [kit.says("no json"), kit.says(BAD), kit.says(ORDER)], "replan", 3),
        ({}, [kit.says("?"), kit.says("{}"), kit.says("?")], "rules", 3),
        ({}, [kit.says(answer(), stop_reason="max_tokens"), kit.says(answer())], "pilot", 2),
        ({}, DENIED * 2, "rules", 2),
        ({"budget": {"usd": 0.001}}, [], "rules", 2),
        (SHADOW, [kit.says(answer()), kit.says(ORDER)], "replan", 2),
        (SHADOW, [kit.says("?"), kit.says("?"), kit.says(ORDER)], "replan", 3),
        (OFF, [kit.says(ORDER)], "replan", 1),
    ],
)
async def test_the_stored_replies_give_the_stored_decision(
    stage: Stage, server: Any, ask: Replay, settings: dict[str, Any], script: list[Any], decider: str, calls: int
) -> None:
    """Accepted, repaired, replanned, refused, unpaid, in shadow: each way is gone again without a call."""
    server.script(*script)
    run = await stage.decide(stage.at_gate(config(**settings)))
    assert run.gates[0].decision is not None
    assert (run.gates[0].decision.decided_by, run.gates[0].calls) == (decider, calls)
    asked, before = len(server.requests), everything(stage.engine)

    code, told = await ask()

    assert (code, {one["state"] for one in told["gates"]}) == (0, {"same"})
    assert [one["of"] for one in told["gates"]] == ["decision", "shadow"][: 2 if settings is SHADOW else 1]
    assert not any(one["notes"] for one in told["gates"])
    assert len(server.requests) == asked
    assert everything(stage.engine) == before


async def test_a_gate_that_no_model_settled_is_replayed_too(stage: Stage, ask: Replay) -> None:
    run = await stage.decide(stage.at_gate(config(), {"t1": Cause.INFRA, "t2": Cause.MERGE_CONFLICT}))
    assert (run.gates[0].calls, run.gates[0].account.made_by) == (0, Decider.RULES)
    assert record(stage).request is not None

    assert [(await ask(how))[0] for how in ("check", "rules")] == [0, 0]


def rewrite(stage: Stage, change: Callable[[dict[str, Any]], None]) -> None:
    """The recorded decision as another version might have written it."""
    with stage.engine.begin() as c:
        row = c.execute(sa.select(t.events.c.seq, t.events.c.body).where(t.events.c.type == "DecisionMade")).one()
    body = json.loads(row.body)
    change(body)
    with stage.engine.begin() as c:
        c.execute(t.events.update().where(t.events.c.seq == row.seq).values(body=json.dumps(body)))


def stricter(stage: Stage) -> Callable[[dict[str, Any]], None]:
    """Facts that allow less: as if today's rules had been there then."""

    def change(body: dict[str, Any]) -> None:
        archive = Archive(stage.engine)
        request = json.loads(archive.read(body["request"]) or b"")
        request["facts"]["open_failures"]["t1"] = ["retry", "ask"]
        body["request"] = archive.keep("gate_request", json.dumps(request).encode(), build.T0)

    return change


async def test_rules_that_became_stricter_are_told(stage: Stage, server: Any, ask: Replay) -> None:
    server.script(kit.says(answer()))
    await stage.decide(stage.at_gate(config()))
    rewrite(stage, stricter(stage))

    code, told = await ask()

    [one] = told["gates"]
    found = {(d["kind"], d["task"]): (d["before"], d["after"]) for d in one["differences"]}
    assert (code, one["state"]) == (1, "differs")
    assert found["move", "t1"] == ("retry_different", "retry")
    assert found["decider", ""] == ("pilot", "rules")
    assert found["routed", "t3"] == ("1", "")
    assert found["class", "t1"] == ("environment", "")
    assert "retry_different is not allowed" in found["rejections", ""][1]
    assert any("pilot call 2" in note for note in one["notes"])


async def test_rules_that_became_laxer_are_told(stage: Stage, server: Any, ask: Replay) -> None:
    """What was rejected then would stand now: the repair would never have been asked for."""
    server.script(kit.says(BAD), kit.says(answer()))
    await stage.decide(stage.at_gate(config()))

    def laxer(body: dict[str, Any]) -> None:
        body["replies"][0]["reply"] = body["replies"][1]["reply"]

    rewrite(stage, laxer)
    code, told = await ask()

    [one] = told["gates"]
    assert (code, [d["kind"] for d in one["differences"]]) == (1, ["rejections"])
    assert one["differences"][0]["after"] == "accepted"


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda body: body.update(request=""), "older version"),
        (lambda body: body.update(request="0" * 64), "is gone"),
        (lambda body: body["replies"][0].update(reply="0" * 64), "raw reply to run/1/gate/g1/h0#1/1 is gone"),
        (lambda body: body["replies"][0].update(cut=True), "longer than what is kept"),
    ],
)
async def test_what_cannot_be_replayed_says_why(
    stage: Stage, server: Any, ask: Replay, change: Callable[[dict[str, Any]], None], why: str
) -> None:
    server.script(kit.says(answer()))
    await stage.decide(stage.at_gate(config()))
    rewrite(stage, change)

    code, told = await ask()

    assert (code, told["gates"][0]["state"]) == (2, "cannot")
    assert why in told["gates"][0]["why"]


async def test_a_request_of_an_unknown_form_is_said(stage: Stage, server: Any, ask: Replay) -> None:
    server.script(kit.says(answer()))
    await stage.decide(stage.at_gate(config()))
    strange = Archive(stage.engine).keep("gate_request", b'{"run": "1"}', build.T0)
    rewrite(stage, lambda body: body.update(request=strange))

    code, told = await ask()

    assert code == 2
    assert "a form this version cannot read" in told["gates"][0]["why"]


async def test_a_gate_of_a_persons_word_is_left_out_unless_it_is_asked_for(
    stage: Stage, server: Any, ask: Replay
) -> None:
    server.script(kit.says(answer()))
    run = stage.apply(stage.post(await stage.decide(stage.at_gate(config()))))
    run = stage.through(run, *build.to_failed("t1", 2), *build.to_failed("t2", 2))
    stage.through(run, build.said("/otto retry t1"))

    code, told = await ask()
    assert (code, [one["gate"] for one in told["gates"]]) == (0, [1])
    code, told = await ask(gate=2)
    assert code == 2
    assert "a person's word" in told["gates"][0]["why"]


async def test_the_rules_alone_against_the_pilot(stage: Stage, server: Any, ask: Replay) -> None:
    server.script(kit.says(answer()))
    await stage.decide(stage.at_gate(config()))

    code, told = await ask("rules")

    [one] = told["gates"]
    assert (code, one["after"]["decided_by"], one["after_cost"]["calls"]) == (1, "rules", 0)
    assert {d["kind"] for d in one["differences"]} == {"move", "routed", "batches", "words"}
    assert one["before_cost"]["calls"] == 1


async def test_another_model_and_the_plain_replan_on_the_stored_request(stage: Stage, server: Any, ask: Replay) -> None:
    server.script(kit.says(answer()))
    await stage.decide(stage.at_gate(config()))
    before = everything(stage.engine)
    other = answer()
    other["retry_strategies"][0]["guidance"] = "Declare flask as a dependency"
    server.script(kit.says(other), kit.says(answer(batches=[["t2", "t1"], ["t3"]])), kit.says(ORDER))

    code, told = await ask("model", model="claude-opus-5", key=True)
    [one] = told["gates"]
    assert (code, one["state"], {d["kind"] for d in one["differences"]}) == (0, "same", {"words"})
    assert server.requests[-1]["model"] == "claude-opus-5"
    assert "ModuleNotFoundError" in server.prompt()
    assert one["after_cost"]["calls"] == 1
    assert 0 < one["after_cost"]["usd"] < 0.01

    code, told = await ask("model", model="claude-opus-5", key=True)
    assert (code, [d["kind"] for d in told["gates"][0]["differences"]]) == (1, ["batches"])

    code, told = await ask("replan", key=True)
    assert (code, told["gates"][0]["after"]["decided_by"]) == (1, "replan")
    assert server.headers[-1]["x-otto-call"].startswith("run=1;role=replan")
    assert everything(stage.engine) == before


async def test_a_shadow_is_replayed_against_its_own_recorded_decision(stage: Stage, server: Any, ask: Replay) -> None:
    server.script(kit.says(answer()), kit.says(ORDER))
    await stage.decide(stage.at_gate(config(**SHADOW)))
    server.script(kit.says(answer()))

    code, told = await ask("model", model="claude-opus-5", key=True)

    assert (code, told["gates"][0]["of"]) == (0, "shadow")


@pytest.mark.parametrize(
    ("more", "script", "why"),
    [
        ({"usd": 0.001}, [], "give more with --usd"),
        ({"model": "gpt-9"}, [], "no price is known for the model 'gpt-9'"),
        ({}, DENIED, "ANTHROPIC_API_KEY"),
    ],
)
async def test_no_word_of_who_was_asked_is_no_difference(
    stage: Stage, server: Any, ask: Replay, more: dict[str, Any], script: list[Any], why: str
) -> None:
    """No money, no price, no reply: that is said, and what the rules would do instead is no comparison."""
    server.script(kit.says(answer()))
    await stage.decide(stage.at_gate(config()))
    asked = len(server.requests)
    server.script(*script, *DENIED)

    code, told = await ask("model", key=True, **{"model": "claude-opus-5", **more})

    assert (code, told["gates"][0]["state"], told["gates"][0]["after"]) == (2, "cannot", None)
    assert why in told["gates"][0]["why"]
    assert len(server.requests) - asked == (2 if script else 0)


async def test_without_a_key_both_variables_are_named(stage: Stage, ask: Replay) -> None:
    for how in ("model", "replan"):
        with pytest.raises(SettingsError, match="ANTHROPIC_API_KEY, and ANTHROPIC_BASE_URL"):
            await ask(how, model="claude-opus-5")


async def test_secrets_stand_neither_in_the_request_nor_in_the_replies(stage: Stage, server: Any) -> None:
    said = answer()
    said["failure_analysis"][0]["summary"] = f"the log shows {SECRET}"
    server.script(kit.says(said))
    await stage.decide(stage.at_gate(config()))

    one = record(stage)
    assert one.request is not None
    assert b"token=[redacted]" in one.request
    stored = [one.request, *one.raws.values(), json.dumps([server.requests]).encode()]
    assert not any(SECRET.encode() in body for body in stored)


async def test_a_quote_of_what_was_redacted_stands_in_what_is_stored(stage: Stage, server: Any, ask: Replay) -> None:
    """What the model is shown, what its quotes are checked in, and what is stored are one text."""
    said = answer()
    said["failure_analysis"][0]["citations"] = [{"evidence": "E1", "quote": "token=[redacted]"}]
    server.script(kit.says(said))
    run = await stage.decide(stage.at_gate(config()))

    assert run.gates[0].account.made_by is Decider.PILOT
    assert (await ask())[0] == 0


async def test_a_worker_that_dies_before_its_commit_costs_a_repeated_call_and_loses_no_reply(
    stage: Stage, server: Any, ask: Replay
) -> None:
    server.script(kit.says(BAD), kit.says(answer()), kit.says(answer()))
    run = await stage.decide(stage.at_gate(config()), commit=False)
    run = await stage.decide(run, generation=2)

    one = record(stage)
    assert [call.call.partition("#")[2] for call in one.calls] == ["1/1", "1/2", "2/1"]
    assert all(call.raw for call in one.calls)
    assert one.made is not None
    assert [reply.call for reply in one.made.replies] == ["run/1/gate/g1/h0#2/1"]
    assert (await ask())[0] == 0


async def test_a_huge_reply_is_kept_cut_and_the_gate_goes_on(
    stage: Stage, server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("otto_bot.jobs.gate_ledger.REPLY_LIMIT", 100)
    server.script(kit.says("x" * 1_000_000), kit.says(answer()))
    run = await stage.decide(stage.at_gate(config()))

    assert run.gates[0].account.made_by is Decider.PILOT
    one = record(stage)
    assert one.made is not None
    assert [reply.cut for reply in one.made.replies] == [True, True]
    assert {len(raw) for raw in one.raws.values()} == {100}


def test_the_command_needs_a_database_and_a_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in [name for name in os.environ if name.startswith(("OTTO_", "ANTHROPIC_"))]:
        monkeypatch.delenv(name)
    url = f"sqlite:///{tmp_path / 'otto.sqlite'}"
    monkeypatch.setenv("OTTO_DATABASE_URL", url)
    assert main(["replay", "1"]) == 2
    assert "there is no database" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())

    engine = open_database(url)
    migrate(engine)
    assert main(["replay", "1"]) == 2
    assert "there is no run 1" in capsys.readouterr().err
    Stage(engine).start(config())
    assert main(["replay", "1"]) == 2
    assert "run 1 has no gate" in capsys.readouterr().err
    with engine.begin() as c:
        c.execute(sa.text("UPDATE alembic_version SET version_num = '0001'"))
    engine.dispose()
    assert main(["replay", "1"]) == 2
    assert "schema 0001" in capsys.readouterr().err


async def test_people_read_one_paragraph_a_decision(
    stage: Stage, server: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], url: str
) -> None:
    server.script(kit.says(answer()))
    run = stage.post(await stage.decide(stage.at_gate(config())))
    stage.through(run, build.said("/otto skip t2"))
    monkeypatch.setenv("OTTO_DATABASE_URL", url)

    assert await asyncio.to_thread(main, ["replay", "1", "--rules"]) == 1

    said = capsys.readouterr().out
    assert "gate 1: another decision · the rules alone" in said
    assert "recorded: pilot (claude-" in said
    assert "t1: retry differently → retry" in said
    assert "note: @anna changed t2 afterwards (r3): retry → skip" in said
    assert said.endswith("1 decision: 1 another decision\n")


@pytest.mark.parametrize(
    "arguments",
    [
        ["replay"], ["replay", "0"], ["replay", "x"], ["replay", "1" * 30], ["replay", "1", "--usd", "0"],
        ["replay", "1", "--usd", "nan"], ["replay", "1", "--rules", "--replan"],
    ],
)  # fmt: skip
def test_wrong_usage_exits_with_2(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2


@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_a_run_of_the_playground_is_replayed_and_counted(tmp_path: Path) -> None:
    """The whole bot made it; the commands are other processes, beside it, without the App's key."""
    from otto_bot.playground.demo.harness import Playground
    from otto_bot.playground.scenario import find, load

    scenario = load(find("mixed-batch"))
    async with Playground(scenario, tmp_path / "play") as play:
        await play.label()
        report = await play.wait_rest(scenario.script.time_limit)
        given = play.bot_environment()
        needed = {name: given[name] for name in ("PATH", "OTTO_DATABASE_URL", "ANTHROPIC_BASE_URL")}
        key = {"ANTHROPIC_API_KEY": "playground"}

        async def otto(*arguments: str, **more: str) -> tuple[int | None, Any]:
            argv = [sys.executable, "-m", "otto_bot", *arguments, "--json"]
            done = await asyncio.create_subprocess_exec(*argv, env=needed | more, stdout=asyncio.subprocess.PIPE)
            out, _ = await done.communicate()
            return done.returncode, json.loads(out or b"null")

        before = len(report["events"])
        assert report["gates"][0]["decided_by"] == "pilot"
        code, told = await otto("replay", "1")
        assert (code, [one["state"] for one in told["gates"]]) == (0, ["same"])
        model = told["gates"][0]["model"]
        code, told = await otto("replay", "1", "--model", model, **key)
        assert (code, told["gates"][0]["state"]) == (0, "same")
        assert told["gates"][0]["after_cost"]["calls"] == 1
        code, told = await otto("replay", "1", "--rules")
        assert (code, told["gates"][0]["after"]["decided_by"]) == (1, "rules")
        code, told = await otto("insight")
        assert code == 0
        assert told["deciders"]["pilot"]["attempts"]["passed"] == told["deciders"]["pilot"]["attempts"]["reopened"] > 0
        assert len((await play.report())["events"]) == before
