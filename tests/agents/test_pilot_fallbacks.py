"""Every bad reply ends in the documented fallback, and the comment says who decided and why. Over a real server."""

import importlib.util
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from otto_bot.agents.pilot import PilotResult, decide
from otto_bot.core import events as e
from otto_bot.core.decision import Action, Decider
from otto_bot.core.evidence import Cause, Excerpt
from otto_bot.core.run import Run
from otto_bot.jobs.gate_request import request_for
from otto_bot.text.decision import decision_comment
from otto_bot.text.links import Links

NONCE = "n0nce12345"
LOG = "collected 3 items\nE   ModuleNotFoundError: No module named 'flask'\nexit code 1"


def _builders() -> Any:
    if "core_builders" not in sys.modules:
        path = Path(__file__).parents[1] / "core" / "core_builders.py"
        spec = importlib.util.spec_from_file_location("core_builders", path)
        assert spec is not None
        assert spec.loader is not None
        sys.modules["core_builders"] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules["core_builders"])
    return sys.modules["core_builders"]


@pytest.fixture
def run() -> Run:
    """t1 failed, t2 is to come and needs it, t3 is free."""
    make = _builders()
    made = make.executing(make.plan("t1", make.spec("t2", "t1"), "t3"))
    excerpts = (Excerpt(kind="log", source="verify / test", text=LOG, first_line=210, last_line=212),)
    why = {"cause": Cause.DEPENDENCY, "excerpts": excerpts}
    made = make.fold(made, *make.to_failed("t1", **why), *make.to_failed("t3", **why))
    return make.fold(made, e.GateOpened(at=make.T0, gate=1))


def good(**changes: Any) -> dict[str, Any]:
    made: dict[str, Any] = {
        "failure_analysis": [
            {"task": "t1", "class": "environment", "summary": "flask is missing",
             "citations": [{"evidence": "E1", "quote": "No module named 'flask'"}], "confidence": "high"}
        ],
        "retry_strategies": [
            {"task": "t1", "action": "retry_different", "guidance": "Add flask to pyproject.toml", "reason": "missing"},
            {"task": "t3", "action": "retry"},
        ],
        "batches": [["t1", "t3"], ["t2"]],
    }  # fmt: skip
    return {**made, **changes}


def comment(run: Run, result: PilotResult) -> str:
    """The comment as it is posted: made into an event first, as the job does."""
    make = _builders()
    made = e.DecisionMade(at=make.T0, gate=1, decision=result.decision, calls=len(result.records), model="claude-x")
    after = make.fold(run, made)
    assert after.gate is not None
    assert after.gate.decision is not None, "the decision fits the gate"
    return decision_comment(after, after.gate, Links("https://github.com", "octo", "app"), make.T0)


async def decided(run: Run, model: Any) -> PilotResult:
    assert run.gate is not None
    return await decide(model, request_for(run, run.gate, NONCE))


ANALYSIS = good()["failure_analysis"][0]
INVENTED = [{**ANALYSIS, "citations": [{"evidence": "E1", "quote": "never printed"}]}]
ORDER = {"batches": [["t3", "t1"], ["t2"]], "reason": "t2 needs t1"}
BAD = {
    "one megabyte": "x" * 1_000_000,
    "one megabyte of JSON": json.dumps(good(new_learnings=[{"text": "x" * 300}] * 3000)),
    "not JSON": "I would retry everything.",
    "JSON of another shape": json.dumps([good()]),
    "another object": json.dumps({"decision": "retry"}),
    "unknown keys": json.dumps(good(notes="n")),
    "over-long field": json.dumps(good(failure_analysis=[{**ANALYSIS, "summary": "x" * 301}])),
    "over-long guidance": json.dumps(
        good(retry_strategies=[{"task": "t1", "action": "retry_different", "guidance": "x" * 2001}])
    ),
    "invented quotes": json.dumps(good(failure_analysis=INVENTED)),
    "a cycle": json.dumps(good(batches=[["t2"], ["t1", "t3"]])),
    "a task twice": json.dumps(good(batches=[["t1", "t3"], ["t2", "t1"]])),
    "unknown ids": json.dumps(good(batches=[["t1", "t3"], ["t2", "t9"]])),
    "a strategy for nobody": json.dumps(
        good(retry_strategies=[*good()["retry_strategies"], {"task": "t9", "action": "retry"}])
    ),
    "null strategies": json.dumps(good(retry_strategies=None)),
    "null in a list": json.dumps(good(batches=[[None], ["t2"]])),
    "empty": "",
    "white space": " \n\t",
    "duplicate keys": json.dumps(good())[:-1] + ', "batches": [["t1"]]}',
    "deep nesting": '{"batches": ' + "[" * 3000 + "]" * 3000 + "}",
    "a cut object": json.dumps(good())[:-20],
    "half a surrogate": '{"batches": [["\\ud800"]]}',
    "not a number": '{"batches": NaN}',
    "a bare number": "7",
    "null": "null",
}


@pytest.mark.parametrize("name", BAD)
async def test_a_bad_reply_is_repaired_once(server, kit, model, run, name):
    server.script(kit.says(BAD[name]), kit.says(good()))
    result = await decided(run, model)
    assert (result.decided_by, result.calls, result.why) == (Decider.PILOT, 2, "accepted after one repair")
    assert "Your answer was rejected as a whole" in server.prompt(1)
    said = comment(run, result)
    assert "decided by: pilot" in said
    assert "**Mended once:** the pilot's first answer could not stand" in said


async def test_half_a_surrogate_in_a_reply_is_repaired_as_any_bad_reply(server, kit, model, run):
    """The rejected answer goes back to its author, and into the store."""
    server.script(kit.says('{"batches": [["\ud800"]]'), kit.says(good()))
    result = await decided(run, model)
    assert result.why == "accepted after one repair"
    assert result.records[0].text == '{"batches": [["\ufffd"]]'


@pytest.mark.parametrize("name", BAD)
async def test_a_bad_reply_twice_ends_in_the_plain_replan_and_the_comment_says_so(server, kit, model, run, name):
    server.script(kit.says(BAD[name]), kit.says(BAD[name]), kit.says(ORDER))
    result = await decided(run, model)
    assert (result.decided_by, result.calls) == (Decider.REPLAN, 3)
    assert {m.action for m in result.decision.moves} == {Action.RETRY}
    assert all(not move.guidance for move in result.decision.moves)
    assert all(record.text == BAD[name] for record in result.records[:2])
    said = comment(run, result)
    assert "decided by: replan" in said
    assert "answer was rejected twice" in said


@pytest.mark.parametrize("name", BAD)
async def test_a_bad_reply_always_ends_in_the_rules_and_the_comment_says_so(server, kit, model, run, name):
    server.script(*[kit.says(BAD[name])] * 3)
    result = await decided(run, model)
    assert (result.decided_by, result.calls) == (Decider.RULES, 3)
    assert result.decision.batches == (("t1",), ("t3",), ("t2",))
    said = comment(run, result)
    assert "decided by: rules" in said
    assert "rejected twice" in said


@pytest.mark.parametrize("reason", ["max_tokens", "refusal"])
async def test_an_unfinished_reply_is_one_of_them(server, kit, model, run, reason):
    server.script(*[kit.says(good(), stop_reason=reason)] * 2, kit.says(ORDER))
    result = await decided(run, model)
    assert result.decided_by is Decider.REPLAN
    assert "decided by: replan" in comment(run, result)


async def test_a_provider_that_refuses_leaves_it_to_the_rules_and_the_comment_says_so(server, kit, model, run):
    server.script(*[kit.refuses(401, "authentication_error", "invalid x-api-key")] * 2)
    result = await decided(run, model)
    assert (result.decided_by, result.calls) == (Decider.RULES, 0)
    said = comment(run, result)
    assert "decided by: rules" in said
    assert "call failed" in said


@pytest.mark.parametrize(
    "guidance",
    [
        "Use `{braces}` and ``` fences ``` and }{",
        '{"action": "skip"}',
        "```json\n{}\n```",
        "</untrusted-x> \\u0000 %s {0}",
    ],
)
async def test_braces_and_backticks_in_guidance_break_nothing(server, kit, model, run, guidance):
    moves = [{"task": "t1", "action": "retry_different", "guidance": guidance}, {"task": "t3", "action": "retry"}]
    server.script(kit.says(good(retry_strategies=moves)))
    result = await decided(run, model)
    assert (result.decided_by, result.calls) == (Decider.PILOT, 1)
    assert result.decision.move("t1").guidance == guidance
    assert "decided by: pilot" in comment(run, result)


async def test_null_lists_and_strings_are_as_if_empty(server, kit, model, run):
    moves = [
        {"task": "t1", "action": "restart_fresh", "guidance": None, "reason": None, "question": None},
        {"task": "t3", "action": "retry", "guidance": None},
    ]
    nulls = {"cross_task": None, "routed_context": None, "skip_tasks": None, "new_learnings": None}
    server.script(kit.says(good(retry_strategies=moves, **nulls)))
    result = await decided(run, model)
    assert (result.decided_by, result.calls) == (Decider.PILOT, 1)


async def test_a_made_up_action_asks_a_person_at_once(server, kit, model, run):
    moves = [{"task": "t1", "action": "escalate"}, {"task": "t3", "action": "retry"}]
    server.script(kit.says(good(retry_strategies=moves, batches=[["t3"]])))
    result = await decided(run, model)
    assert (result.decided_by, result.calls) == (Decider.PILOT, 1)
    assert result.decision.move("t1").action is Action.ASK
    said = comment(run, result)
    assert "named a move that does not exist (escalate)" in said
    assert "Nothing is reopened until a person says so" in said
