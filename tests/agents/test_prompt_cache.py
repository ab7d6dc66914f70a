"""What calls of a run have in common is sent in the same bytes, at the beginning: the provider reads it at a tenth.

Measured by a cache that does what the Messages API documents, over what a real client sent to a real server.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from otto_bot.agents.coder import CoderLimits, code
from otto_bot.agents.coder_prompt import CodeRequest
from otto_bot.agents.examiner import ExamineLimits, ExamineRequest, examine
from otto_bot.agents.looking import ExaminerTools
from otto_bot.agents.toolbox import Toolbox
from otto_bot.core.plan import Criterion, TaskSpec
from otto_bot.model.toolset import FileTools
from otto_bot.playground.model_cache import Cached, PromptCache

START = datetime(2026, 11, 1, tzinfo=UTC)
LONG = "A page of what the project does and how. " * 120
FINISH = ("finish", {"summary": "done", "handoff": [], "files": []})


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now


def request(task: str, nonce: str) -> CodeRequest:
    spec = TaskSpec(key=task, title=f"Task {task}", goal=LONG[:3900], criteria=(Criterion(id="c1", text="works"),))
    return CodeRequest(
        run="7", model="claude-sonnet-5-5", task=spec, attempt=1, nonce=nonce, house_rules=(("AGENTS.md", LONG),)
    )


@pytest.fixture
def session(model: Any, kit: Any, tmp_path: Path):
    async def tree() -> str:
        return "0" * 40

    async def restore(_tree: str) -> None:
        return None

    async def go() -> str:
        return "go"

    async def run(asked: CodeRequest) -> Any:
        tools = Toolbox(files=FileTools(tmp_path), snapshot=tree, restore=restore, runner=None)
        limits = CoderLimits(steps=20, output_tokens=100_000, usd=5, seconds=600)
        return await code(model, tools, kit.MemoryJournal(), limits, asked, go, lambda: 0.0)

    return run


def kept(server: Any) -> list[Cached]:
    """What the cache did for each call, in the order they came."""
    cache = PromptCache(Clock())
    return [cache.use(body) for body in server.requests]


def writes(count: int, turn: int) -> list[tuple[str, dict[str, Any]]]:
    return [("write", {"file_path": f"{turn}-{n}.py", "content": f"x = {n}\n"}) for n in range(count)]


@pytest.mark.parametrize("calls", [1, 3, 30])
async def test_each_turn_of_a_coder_reads_all_that_the_last_one_sent(server, kit, session, calls: int) -> None:
    """However many tools a turn called."""
    server.script(*(kit.uses(*writes(calls, turn)) for turn in range(3)), kit.uses(FINISH))

    await session(request("t1", "n0nce00001"))

    found = kept(server)
    assert len(found) == 4
    assert found[0].read == 0
    for before, now in pairwise(found):
        assert now.read == before.read + before.written


async def test_another_task_reads_what_all_coders_are_told(server, kit, session) -> None:
    """Tools and rules: only what the fences mean, and the task, are its own."""
    server.script(kit.uses(FINISH), kit.uses(FINISH))

    await session(request("t1", "n0nce00001"))
    await session(request("t2", "n0nce00002"))

    first, second = server.requests
    assert first["tools"] == second["tools"]
    assert first["system"][0] == second["system"][0]
    assert "n0nce00001" in first["system"][1]["text"]
    assert "n0nce" not in first["system"][0]["text"]
    assert kept(server)[1].read >= 1024


class Verdict(BaseModel):
    """The least answer."""

    good: bool


async def test_each_turn_of_a_judge_reads_all_that_the_last_one_sent(server, kit, model, tmp_path) -> None:
    (tmp_path / "a.py").write_text(LONG)
    server.script(
        kit.uses(("read", {"file_path": "a.py"})), kit.says({"good": "perhaps not"}), kit.says({"good": True})
    )
    asked = ExamineRequest(
        role="judge", run="7", model="claude-sonnet-5-5", system=LONG, prompt=LONG, schema=Verdict, nonce="n0nce00001",
        key="run/7/judge/t1/a1",
    )  # fmt: skip

    async def go() -> str:
        return "go"

    tools = ExaminerTools(FileTools(tmp_path), None)
    ended = await examine(
        model, tools, kit.MemoryJournal(), ExamineLimits(), asked, lambda _value, _records: (), go, lambda: 0.0
    )

    assert ended.value == Verdict(good=True)
    found = kept(server)
    assert len(found) == 3
    for before, now in pairwise(found):
        assert now.read == before.read + before.written > 1024


def body(*texts: str, mark: bool = True, **more: Any) -> dict[str, Any]:
    """A request of user blocks of 2,000 tokens each."""
    blocks = [{"type": "text", "text": f"{text} ".ljust(8000, ".")} for text in texts]
    made: dict[str, Any] = {"model": "m", "messages": [{"role": "user", "content": blocks}], **more}
    return made | ({"cache_control": {"type": "ephemeral"}} if mark else {})


def test_the_cache_reads_equal_beginnings_alone() -> None:
    clock = Clock()
    cache = PromptCache(clock)
    assert cache.use(body("a", "b")) == Cached(0, 4000)
    assert cache.use(body("a", "b", "c")) == Cached(4000, 2000)
    assert cache.use(body("a", "x", "c")) == Cached(0, 6000), "`a` alone was never the end of a mark"
    assert cache.use(body("a", "b", model="other")) == Cached(0, 4000)
    assert cache.use(body("a", "b", system="s")) == Cached(0, 4000)
    assert cache.use(body("a", "b", mark=False)) == Cached(0, 0)
    assert cache.use(body("a", "b", *"0123456789012345678901234567890")).read == 0, "too far back"
    clock.now += timedelta(minutes=4)
    assert cache.use(body("a", "b", "c")).read == 6000
    clock.now += timedelta(minutes=4)
    assert cache.use(body("a", "b", "c")).read == 6000, "reading keeps it"
    clock.now += timedelta(minutes=6)
    assert cache.use(body("a", "b", "c")) == Cached(0, 6000)


def test_short_prompts_are_not_kept() -> None:
    small = {"model": "m", "messages": [{"role": "user", "content": "short"}], "cache_control": {"type": "ephemeral"}}
    cache = PromptCache(Clock())
    assert cache.use(small) == cache.use(small) == Cached()
