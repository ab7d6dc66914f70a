"""The plan bench: offline every rule does its work; live a stand-in for the model is asked, paid and counted."""

from __future__ import annotations

import argparse
import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from otto_bot.bench.options import add_parser
from otto_bot.bench.plans.command import good_plans, offline, run, unnoticed
from otto_bot.bench.plans.intents import IntentError, cases
from otto_bot.bench.plans.mutations import mutations
from otto_bot.core.plan import Domain
from otto_bot.core.plan_problem import PlanRule

CASES = cases()
MUTATIONS = mutations(CASES)


def options(*words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_parser(parser.add_subparsers())
    return parser.parse_args(["bench", "plan", *words])


def test_there_are_twenty_intents_of_both_modes_each_with_a_reason() -> None:
    modes = Counter(case.mode for case in CASES)
    assert sum(modes.values()) >= 20
    assert min(modes.values()) >= 8
    assert all(case.why and case.intent.title and case.intent.paths for case in CASES)


def test_every_good_plan_is_accepted() -> None:
    assert good_plans(CASES) == (len(CASES), [])


def test_every_rule_has_mutations_and_no_two_are_the_same() -> None:
    assert len({(mutation.intent, mutation.name) for mutation in MUTATIONS}) == len(MUTATIONS) >= 100
    assert {mutation.rule for mutation in MUTATIONS} == set(PlanRule)
    good = {case.name: case.plan for case in CASES}
    assert all(mutation.plan != good[mutation.intent] for mutation in MUTATIONS)


def test_a_mutation_is_rejected_by_the_rule_it_names() -> None:
    """A third of them, in the quick suite; none of the rules is left out."""
    some = MUTATIONS[::3]
    assert {mutation.rule for mutation in some} == set(PlanRule)
    assert [(m.intent, m.name, m.rule) for m in unnoticed(CASES, some)] == []


@pytest.mark.slow
def test_every_mutation_is_rejected_by_the_rule_it_names() -> None:
    assert [(m.intent, m.name, m.rule) for m in unnoticed(CASES, MUTATIONS)] == []


def test_a_plan_that_is_refused_fails_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    case = CASES[0]
    task = case.plan.tasks[0]
    vague = task.criteria[0].model_copy(update={"text": "It works"})
    broken = case.plan.model_copy(update={"tasks": (task.model_copy(update={"criteria": (vague,)}),)})
    assert offline([case.model_copy(update={"plan": broken})]) == 1
    said = capsys.readouterr()
    assert f"REFUSED {case.name}: testable: t1 c1" in said.err
    assert "0 of 1 good plans are accepted" in said.out


def test_the_command_says_what_it_counted(capsys: pytest.CaptureFixture[str]) -> None:
    assert offline(CASES[:1]) == 0
    said = capsys.readouterr().out
    assert "1 of 1 good plans are accepted" in said
    assert "mutations are rejected by the rule they name" in said
    assert run(options("--list")) == 0
    assert len(capsys.readouterr().out.splitlines()) == len(CASES)


@pytest.mark.parametrize("words", [("--usd", "3"), ("--model", "m"), ("--out", "x", "--jobs", "1")])
def test_options_of_a_live_bench_are_refused_offline(
    words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(options(*words)) == 2
    assert "add --live" in capsys.readouterr().err


def test_an_intent_whose_mode_is_not_its_plans_is_named(tmp_path: Path) -> None:
    task = "{key: t1, title: t, goal: g, criteria: [{id: c1, text: c}]}"
    head = "mode: decomposed\nwhy: w\ntitle: t\nbody: b\npaths: []\n"
    text = f"{head}plan: {{summary: s, tasks: [{task}]}}\n"
    (tmp_path / "odd.yml").write_text(text)
    with pytest.raises(IntentError, match=r"odd\.yml: mode decomposed, but the plan has 1 tasks"):
        cases(tmp_path)
    (tmp_path / "odd.yml").write_text("[")
    with pytest.raises(IntentError, match=r"odd\.yml"):
        cases(tmp_path)


def test_without_key_and_address_nothing_is_asked(stand_in: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(options("--live")) == 2
    said = capsys.readouterr().err
    assert "ANTHROPIC_API_KEY" in said
    assert "without --live `otto-bot bench plan` needs neither" in said


def test_the_page_for_people_names_every_rule_and_how_many_intents_there_are() -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "planning.md").read_text()
    rows = [row.split("|")[1] for row in page.splitlines() if row.startswith("| `")]
    named = {word for row in rows for word in re.findall(r"`(\w+)`", row)}
    assert {rule.value for rule in PlanRule} <= named
    assert f"It holds {len(CASES)} intents" in page
    assert all(f"| {kind.value} |" in page for kind in Domain)


def answers() -> list[dict[str, Any]]:
    """Each intent gets its good plan, but one cohesive one is cut in two, and one is no plan at first."""
    rules: list[dict[str, Any]] = []
    for case in CASES:
        plan = case.plan.model_dump(mode="json")
        if case.name == "dark-mode":
            plan["tasks"] = [{**plan["tasks"][0], "key": f"t{n}", "files": []} for n in (1, 2)]
        when = {"role": "planner", "prompt_contains": [case.intent.title]}
        if case.name == "rate-limit":
            rules.append({"when": {**when, "try": 1}, "reply": {"text": "I would rather talk about it."}})
        rules.append({"when": when, "reply": {"json": plan}})
    return rules


@pytest.mark.slow
def test_live_asks_for_every_intent_once_and_counts_what_agrees(
    stand_in: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv("ANTHROPIC_BASE_URL", stand_in.write("live", answers()))
    out = tmp_path / "out"
    assert run(options("--live", "--out", str(out))) == 0
    said = capsys.readouterr().out
    assert f"{len(CASES) - 1} of {len(CASES)} planned intents have the expected mode" in said
    assert f"{len(CASES) - 2} first answers break no rule" in said
    kept = [json.loads(line) for line in (out / "plans.jsonl").read_text().splitlines()]
    cut = next(one for one in kept if one["name"] == "dark-mode")
    assert (cut["fallback"], cut["calls"]) == ("single", 2)
    assert sum(one["calls"] for one in kept) == len(CASES) + 2
    assert run(options("--live", "--out", str(out))) == 0
    assert len((out / "plans.jsonl").read_text().splitlines()) == len(CASES)


@pytest.mark.slow
def test_live_stops_at_its_cap_and_says_how_to_go_on(
    stand_in: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv("ANTHROPIC_BASE_URL", stand_in.write("live", answers()))
    assert run(options("--live", "--usd", "0.01", "--jobs", "1", "--out", str(tmp_path / "out"))) == 1
    said = capsys.readouterr().err
    assert "STOPPED" in said
    assert "the same command goes on" in said
    assert f"{len(CASES)} intents are missing" in said
