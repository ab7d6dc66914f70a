"""Composed answers of the scripted model: they fit the real prompts, right ones stand, wrong ones are told apart."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from otto_bot.agents.pilot_prompt import GateRequest, pilot_prompt, replan_prompt
from otto_bot.core.decision import Action, Decider, Facts, Move, PilotDecision, ReplanOrder, settle
from otto_bot.core.evidence import EvidenceItem, Excerpt
from otto_bot.core.plan import Plan, order_problems
from otto_bot.core.validation import validate
from otto_bot.playground.model_compose import MISTAKES, Draw, composed_order, composed_pilot, nearest
from otto_bot.playground.model_many import add_scripts
from otto_bot.playground.model_server import empty_app
from otto_bot.playground.model_standing import standing
from otto_bot.playground.scenario_pilot import PilotReply

NONCE = "0123456789abcdef"
ALL = frozenset({Action.RETRY, Action.RETRY_DIFFERENT, Action.RESTART_FRESH, Action.SKIP, Action.ASK})
QUOTE = "AssertionError: 3 != 4 in the ledger"


def plan() -> Plan:
    tasks: list[dict[str, Any]] = [
        {"key": f"t{n}", "title": f"Task {n}", "goal": "g", "criteria": [{"id": "c1", "text": "c"}]}
        for n in range(1, 7)
    ]
    tasks[3]["depends_on"] = ["t2"]
    relations = [{"a": "t2", "b": "t3", "kind": "ADDITIVE"}, {"a": "t4", "b": "t5", "kind": "DEPENDENT"}]
    return Plan.model_validate({"summary": "s", "tasks": tasks, "relations": relations})


def request(**allowed: frozenset[Action]) -> GateRequest:
    """t1 merged, t2 and t3 failed, t6 held by a fixed move, t4 and t5 pending."""
    items = {
        f"E{n}": EvidenceItem(
            id=f"E{n}", task=task, attempt=1,
            excerpt=Excerpt(kind="log", source="CI / test", text=f"noise of {task} before\n{QUOTE} of {task}"),
        )
        for n, task in enumerate(("t2", "t3"), 1)
    }  # fmt: skip
    facts = Facts(
        plan=plan(),
        open_failures={"t2": ALL, "t3": ALL, **allowed},
        fixed=(Move(task="t6", action=Action.RERUN, decided_by=Decider.RULES),),
        pending=frozenset({"t4", "t5"}),
        done=frozenset({"t1"}),
        evidence=items,
        protected=(".github/**",),
    )
    return GateRequest(
        run="1", gate=1, model="m", facts=facts, failures=(), attempts_left={"t2": 2, "t3": 1}, usd_left=4, nonce=NONCE
    )


def reply(**given: Any) -> PilotReply:
    right = {
        "t2": {"class": "code", "summary": "s", "quotes": [QUOTE, "of no log"], "action": "retry_different",
               "guidance": "Count in cents.", "routed": {"t4": "cents", "t1": "too late"}},
        "t3": {"class": "environment", "summary": "s", "quotes": [QUOTE], "action": "ask", "question": "Which?"},
    }  # fmt: skip
    return PilotReply.model_validate({"right": right, **given})


def test_the_standing_is_read_from_the_real_prompt() -> None:
    asked = request(t3=frozenset({Action.ASK, Action.SKIP}))
    stands = standing(pilot_prompt(asked))
    assert stands.allowed == {"t2": {str(one) for one in ALL}, "t3": {"ask", "skip"}}
    assert (stands.fixed, stands.pending) == ({"t6": "rerun"}, {"t4", "t5"})
    assert stands.needs == {"t4": {"t2"}, "t5": {"t4"}}
    assert stands.apart == {frozenset({"t2", "t3"})}
    assert standing(replan_prompt(asked)).to_run == {"t2", "t4", "t5"}


def test_a_right_answer_stands_and_says_what_the_script_says() -> None:
    asked = request()
    raw = PilotDecision.model_validate(composed_pilot(reply(), Draw("x"), 1, pilot_prompt(asked)))
    assert validate(raw, asked.facts) == ()
    decision = settle(raw, asked.facts)
    assert {move.task: move.action for move in decision.moves} == {
        "t2": Action.RETRY_DIFFERENT, "t3": Action.ASK, "t6": Action.RERUN,
    }  # fmt: skip
    assert decision.batches == (("t2",), ("t4",), ("t5",))
    assert [one.target_task for one in decision.routed] == ["t4"]
    assert [[quote.quote for quote in one.citations] for one in decision.analysis] == [[QUOTE], [QUOTE]]


@pytest.mark.parametrize(
    ("wanted", "allowed", "taken"),
    [
        ("retry_different", ("restart_fresh", "ask", "skip"), "restart_fresh"),
        ("retry_different", ("ask", "skip"), "ask"),
        ("retry", ("restart_fresh", "ask"), "restart_fresh"),
        ("skip", ("ask",), "ask"),
        ("ask", ("ask", "retry"), "ask"),
    ],
)
def test_the_nearest_allowed_action_is_taken(wanted: str, allowed: tuple[str, ...], taken: str) -> None:
    assert nearest(wanted, allowed) == taken


def test_guidance_goes_with_a_fresh_start_too() -> None:
    asked = request(t2=frozenset({Action.RESTART_FRESH, Action.ASK}))
    raw = PilotDecision.model_validate(composed_pilot(reply(), Draw("x"), 1, pilot_prompt(asked)))
    assert (raw.retry_strategies[0].action, raw.retry_strategies[0].guidance) == ("restart_fresh", "Count in cents.")


def test_chance_is_the_same_for_the_same_seed_and_varies_with_it() -> None:
    prompt = pilot_prompt(request())
    answers = [composed_pilot(reply(accuracy=0), Draw("x", seed=seed), 1, prompt) for seed in range(60)]
    assert answers[7] == composed_pilot(reply(accuracy=0), Draw("x", seed=7), 1, prompt)
    assert len({json.dumps(answer) for answer in answers}) > len(MISTAKES)
    for answer in answers:
        classes = {one["task"]: one["class"] for one in answer["failure_analysis"]}
        assert classes["t2"] != "code"
        assert classes["t3"] != "environment"
    kept = [validate(PilotDecision.model_validate(answer), request().facts) for answer in answers]
    assert any(kept)
    assert not all(kept)


def test_accuracy_half_is_right_about_half_the_time() -> None:
    prompt = pilot_prompt(request())
    said = [
        composed_pilot(reply(accuracy=0.5), Draw("x", seed=n), 1, prompt)["failure_analysis"][0] for n in range(200)
    ]
    assert 70 < sum(1 for one in said if one["class"] == "code") < 130


def test_an_order_holds_everything_that_is_to_run() -> None:
    asked = request()
    order = ReplanOrder.model_validate(composed_order(replan_prompt(asked)))
    assert order_problems(plan(), order.batches, {"t2", "t3", "t4", "t5"}, {"t1"}) == ()


def test_one_process_serves_many_scripts_below_their_names(tmp_path: Path) -> None:
    from datetime import UTC, datetime

    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        script = {"issue": {"title": name}, "script": [{"reply": {"text": f"I am {name}"}}]}
        (tmp_path / name / "scenario.yml").write_text(json.dumps(script))
    client = TestClient(add_scripts(empty_app(), tmp_path, lambda: datetime(2026, 11, 2, tzinfo=UTC)))
    body = {"model": "m", "max_tokens": 10, "messages": [{"role": "user", "content": "who?"}]}
    head = {"x-api-key": "k", "anthropic-version": "2023-06-01"}

    def ask(path: str, **more: str) -> Any:
        return client.post(f"/{path}/v1/messages", json=body, headers={**head, **more})

    assert ask("one").json()["content"][0]["text"] == "I am one"
    assert ask("two@0.5,3").json()["content"][0]["text"] == "I am two"
    assert ask("three").status_code == 404
    assert ask("one@often").status_code == 404
    assert client.post("/one/v1/messages", json=body).status_code == 401
    assert len(client.get("/two@0.5,3/_playground/calls").json()) == 1
    assert client.get("/two/_playground/calls").json() == []
