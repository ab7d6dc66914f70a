"""The judge over a real Messages server: what is believed, what goes back, and whose fault a gap is."""

from pathlib import Path
from typing import Any

import pytest

from otto_bot.agents.commands import CommandResult
from otto_bot.agents.examiner import Examined, ExamineLimits, examine
from otto_bot.agents.judge import DIFF_CHARS, JudgeRequest, examination, holds, judge_prompt
from otto_bot.agents.looking import ExaminerTools
from otto_bot.core.named_tests import Names, defined_tests
from otto_bot.core.plan import Criterion, TaskSpec
from otto_bot.core.records import CommandRecord
from otto_bot.core.verdict import Verdict, assess
from otto_bot.core.verdict_check import ACTIONS, Material
from otto_bot.model.toolset import FileTools

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
    records=(CommandRecord(number=1, tool=ACTIONS, what="GitHub Actions", output="CI / test: success"),),
    nonce="n0nce12345",
    key="run/7/judge/t1/a1/h0",
)
TESTS = defined_tests({"tests/test_greet.py": "def test_greets(): ...\n"})
MATERIAL = Material(task=TASK, jobs=("CI / test",), defined=TESTS, defined_names=Names(TESTS))


def verdict(**items: str) -> dict[str, Any]:
    found = [{"id": key, "status": status, "evidence": "test_greets"} for key, status in items.items()]
    return {"items": found, "summary": "s"}


class Runner:
    """Every command ends with a traceback."""

    async def run(self, command: str, timeout_seconds: float) -> CommandResult:
        return CommandResult(exit_code=1, output="Traceback: greet is not defined")


@pytest.fixture
def ask(kit: Any, model: Any, tmp_path: Path):
    journal = kit.MemoryJournal()

    async def go() -> Any:
        return "go"

    async def asked(number: int = 1, *, caged: bool = True) -> Examined[Verdict]:
        tools = ExaminerTools(files=FileTools(tmp_path), runner=Runner() if caged else None)
        request = examination(REQUEST.model_copy(update={"number": number}))
        return await examine(model, tools, journal, ExamineLimits(), request, holds(MATERIAL), go, lambda: 0.0)

    return asked


async def test_all_must_items_met_passes_whatever_the_should_items_say(server, kit, ask):
    server.script(kit.says(verdict(c1="met", c2="met", c3="not_met")))
    found = await ask()
    assert assess(TASK, found.value).passed
    prompt = server.prompt()
    for needed in ("c1 [must] greets", "c3 [should]", "R1 · actions", "CI / test: success", "+greet"):
        assert needed in prompt
    assert server.headers[0]["x-otto-call"] == "run=7;role=judge;task=t1;attempt=1;gate=0;try=1"


async def test_it_runs_a_command_and_the_record_is_the_evidence(server, kit, ask):
    said = verdict(c1="not_met", c2="met", c3="met")
    said["items"][0] |= {"evidence": 'It ends in "greet is not defined".', "refs": ["R2"]}
    server.script(kit.uses(("run", {"command": "python greet.py"})), kit.says(said))
    found = await ask()
    assert [item.id for item in assess(TASK, found.value).failing] == ["c1"]
    assert (found.records[1].what, found.records[1].exit_code) == ("python greet.py", 1)


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({**verdict(c1="met", c2="not_met", c3="met"), "passed": True}, "`passed` is true, but c2"),
        (verdict(c1="met", c3="met"), "c2 has no item"),
        (
            {"items": [{"id": k, "status": "met", "evidence": "the diff shows it"} for k in ("c1", "c2", "c3")]},
            "c1: met",
        ),
        ({**verdict(c1="met"), "verdict": "fine"}, "verdict: Extra inputs"),
    ],
)
async def test_what_cannot_be_believed_goes_back_once_with_the_reason(server, kit, ask, said, why):
    server.script(kit.says(said), kit.says(verdict(c1="met", c2="met", c3="met")))
    found = await ask()
    assert found.value is not None
    assert why in server.prompt()
    assert server.headers[1]["x-otto-call"].endswith("try=2")


async def test_what_is_not_believed_twice_is_no_verdict_and_asked_anew_it_has_a_conversation_of_its_own(
    server, kit, ask
):
    bad = kit.says(verdict(c1="met"))
    server.script(bad, bad, kit.says(verdict(c1="met", c2="met", c3="met")))
    first = await ask()
    assert (first.ending, first.value) == ("rejected", None)
    assert "c2 has no item" in first.problems
    second = await ask(number=2)
    assert second.value is not None
    assert server.headers[2]["x-otto-call"].endswith("try=3")
    assert len(server.requests[2]["messages"]) == 1


async def test_without_a_cage_it_is_told_so_and_reads_only(server, kit, ask):
    server.script(kit.says(verdict(c1="met", c2="met", c3="met")))
    assert (await ask(caged=False)).value is not None
    assert {tool["name"] for tool in server.requests[0]["tools"]} == {"read", "glob", "grep"}
    assert "no command can be run here" in server.told(0)


def test_a_large_diff_is_cut_evenly_so_that_no_file_is_lost():
    files = [f"diff --git a/f{n} b/f{n}\n+start of {n}\n" + "+x\n" * 30_000 for n in range(5)]
    prompt = judge_prompt(REQUEST.model_copy(update={"diff": "".join(files)}))
    assert len(prompt) < DIFF_CHARS + 5_000
    for n in range(5):
        assert f"+start of {n}" in prompt
    assert "characters cut" in prompt


def test_an_empty_diff_is_said():
    assert "the diff is empty" in judge_prompt(REQUEST.model_copy(update={"diff": ""}))


def test_where_no_workflow_ran_the_judge_is_told_so() -> None:
    assert "No workflow ran" not in judge_prompt(REQUEST)
    assert "No workflow ran on this commit" in judge_prompt(REQUEST.model_copy(update={"unwatched": True}))
