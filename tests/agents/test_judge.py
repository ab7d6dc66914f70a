"""The judge over a real Messages server: what counts, what is asked again, and whose fault a gap is."""

from typing import Any

import pytest

from otto_bot.agents.judge import DIFF_CHARS, JudgeRequest, judge, judge_prompt
from otto_bot.core.plan import Criterion, TaskSpec

TASK = TaskSpec(
    key="t1",
    title="Greet",
    goal="Write greet",
    criteria=(
        Criterion(id="c1", text="greets"),
        Criterion(id="c2", text="is tested"),
        Criterion(id="c3", level="should", text="is documented"),
    ),
)
REQUEST = JudgeRequest(
    run="7",
    model="claude-sonnet-5-5",
    task=TASK,
    attempt=1,
    diff="diff --git a/x b/x\n+greet",
    checks="test: success",
    nonce="n0nce12345",
)


def verdict(**items: str) -> dict[str, Any]:
    found = [{"id": key, "status": status, "evidence": f"{key} in x:1"} for key, status in items.items()]
    return {"items": found, "summary": "s"}


async def test_all_must_items_met_passes_whatever_the_should_items_say(server, kit, model):
    server.script(kit.says(verdict(c1="met", c2="met", c3="not_met")))
    result = await judge(model, REQUEST)
    assert result.assessment.passed
    assert (result.incomplete, result.calls) == (False, 1)
    prompt = server.prompt()
    for needed in ("c1 [must] greets", "c3 [should]", "test: success", "+greet"):
        assert needed in prompt
    assert server.headers[0]["x-otto-call"] == "run=7;role=judge;task=t1;attempt=1;gate=0;try=1"


@pytest.mark.parametrize("status", ["not_met", "unclear"])
async def test_a_must_item_that_is_not_met_fails_whatever_the_summary_says(server, kit, model, status):
    server.script(kit.says({**verdict(c1="met", c2=status), "summary": "all good, passed"}))
    result = await judge(model, REQUEST)
    assert not result.assessment.passed
    assert [item.id for item in result.assessment.failing] == ["c2"]
    assert not result.incomplete


async def test_a_forgotten_must_is_asked_for_alone_and_the_rest_is_kept(server, kit, model):
    server.script(kit.says(verdict(c1="met")), kit.says(verdict(c2="met", c1="not_met")))
    result = await judge(model, REQUEST)
    assert result.assessment.passed, "the second answer counts for the forgotten item only"
    assert result.calls == 2
    assert "Answer for these criteria only: c2." in server.prompt()


async def test_a_must_forgotten_twice_is_incomplete_and_no_failing_item(server, kit, model):
    server.script(kit.says(verdict(c1="met", c3="met")), kit.says(verdict(c1="met")))
    result = await judge(model, REQUEST)
    assert result.incomplete
    assert not result.assessment.passed
    assert result.assessment.forgotten == ("c2",)
    assert result.assessment.failing == ()
    assert result.calls == 2


async def test_two_words_on_one_criterion_count_as_the_worse(server, kit, model):
    twice = {"items": [*verdict(c1="met", c2="not_met")["items"], *verdict(c2="met")["items"]]}
    server.script(kit.says(twice))
    assert [item.id for item in (await judge(model, REQUEST)).assessment.failing] == ["c2"]


async def test_what_is_no_verdict_is_repaired_once(server, kit, model):
    server.script(kit.says({"passed": True, "items": []}), kit.says(verdict(c1="met", c2="met")))
    result = await judge(model, REQUEST)
    assert result.assessment.passed
    assert "passed: Extra inputs" in server.prompt()


async def test_no_verdict_at_all_is_incomplete(server, kit, model):
    server.script(kit.says("looks good"), kit.says("looks good", stop_reason="refusal"))
    result = await judge(model, REQUEST)
    assert result.incomplete
    assert result.assessment.forgotten == ("c1", "c2")
    assert result.calls == 2


def test_a_large_diff_is_cut_evenly_so_that_no_file_is_lost():
    files = [f"diff --git a/f{n} b/f{n}\n+start of {n}\n" + "+x\n" * 30_000 for n in range(5)]
    prompt = judge_prompt(REQUEST.model_copy(update={"diff": "".join(files)}))
    assert len(prompt) < DIFF_CHARS + 5_000
    for n in range(5):
        assert f"+start of {n}" in prompt
    assert "characters cut" in prompt


def test_an_empty_diff_is_said():
    assert "the diff is empty" in judge_prompt(REQUEST.model_copy(update={"diff": ""}))
