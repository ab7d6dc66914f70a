"""An attempt's page, and the transcript of its coder as a log: live, then final, and small whatever is in it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from core_builders import T0, started
from page_reader import Reader

from otto_bot.core import events as e
from otto_bot.store.transcripts import prompt_key, turns_key

LARGEST = 150_000


async def part(host: Any, path: str) -> Any:
    answer = await host.http.get(path)
    assert answer.headers["content-type"].startswith("application/json")
    return answer.json()


def turn(number: int, **changes: Any) -> bytes:
    told = {
        "number": number, "request_hash": "h", "stop_reason": "tool_use", "tree": "t", "seconds": 2.5,
        "reply_content": [{"type": "text", "text": f"I look at file {number}."},
                          {"type": "tool_use", "id": "a", "name": "read", "input": {"path": "app.py"}}],
        "usage": {"input_tokens": 1000, "output_tokens": 50, "usd": 0.0123},
        "tool_results": [{"type": "tool_result", "tool_use_id": "a", "content": f"def answer_{number}(): ...\n"}],
        **changes,
    }  # fmt: skip
    return json.dumps(told).encode()


async def test_logs_a_coder_at_work_is_read_live(host: Any) -> None:
    """Turn by turn, as they are recorded; final when the attempt is written."""
    run = host.executing()
    run = host.add(run, started("t1"))
    key = turns_key(run.id, "t1", 1)
    host.archive.save_turn(key, 1, turn(1), datetime.now(UTC))
    url = "/runs/1/tasks/t1/attempts/1/log"

    page = await host.page(url)
    before = await part(host, f"{url}/part?from=0")
    host.archive.save_turn(key, 2, turn(2), datetime.now(UTC))
    after = await part(host, f"{url}/part?from={before['next']}")

    assert "Live: " in page
    assert "I look at file 1." in page
    assert Reader(page).wrong == []
    assert (before["standing"], before["final"], before["age"] < 5) == ("live", False, True)
    assert "▶ read" in after["text"]
    assert "def answer_2" in after["text"]
    assert "answer_1" not in after["text"]
    await host.page("/runs/1/tasks/t1/attempts/9/log", 404)
    assert (await host.http.get("/runs/1/tasks/t9/attempts/1/log/part")).status_code == 404


async def test_an_attempt_shows_what_it_was_told_and_what_it_did(host: Any) -> None:
    """Prompt, guidance with its gate, each turn with tools and cost, links to diff and logs, and why it failed."""
    run = host.at_gate()
    for number in (1, 2):
        host.archive.save_turn(turns_key(run.id, "t1", 1), number, turn(number), T0)
    told = {"system": "You are a coder.", "opening": "# t1, attempt 1\nLet links expire."}
    host.archive.save_turn(prompt_key(run.id, "t1", 1), 1, json.dumps(told).encode(), T0)
    run = host.add(run, e.DecisionApplied(at=T0 + timedelta(hours=1), gate=1, revision=run.gates[-1].revision))
    host.add(run, started("t1", 2))

    page, second = await host.page("/runs/1/tasks/t1/attempts/1"), await host.page("/runs/1/tasks/t1/attempts/2")

    for words in ("Let links expire.", "You are a coder.", "2 turns, 5 s, 2,000 tokens in, 100 out, $0.0246",
                  "▶ read {&#34;path&#34;: &#34;app.py&#34;}", "def answer_2", "tests fail",
                  "/runs/1/logs/9?line=20-23",
                  "/runs/1/tasks/t1/attempts/1/log", "/runs/1/tasks/t1/attempts/2"):  # fmt: skip
        assert words in page, words
    assert 'href="/runs/1/gates/1"' in second
    assert "do it so" in second
    assert "It was not kept" in second
    assert Reader(page).wrong == []
    assert Reader(second).wrong == []
    assert "/runs/1/tasks/t1/attempts/1" in Reader(await host.page("/runs/1/tasks/t1")).links
    await host.page("/runs/1/tasks/t1/attempts/3", 404)
    await host.page("/runs/1/tasks/t9/attempts/1", 404)


async def test_an_attempt_of_many_long_turns_stays_small(host: Any) -> None:
    """Whatever a model or a tool said; what is left out is counted, and in the log."""
    run = host.add(host.executing(), started("t1"))
    hostile = "<script>alert(1)</script>\u202e" * 3_000
    told = json.dumps({"system": hostile, "opening": hostile}).encode()
    host.archive.save_turn(prompt_key(run.id, "t1", 1), 1, told, T0)
    odd: list[dict[str, Any]] = [
        {"tool_results": [{"content": hostile}]},
        {"reply_content": "x", "usage": 7, "seconds": "y", "tool_results": None},
        {"reply_content": [{"type": "tool_use", "name": hostile, "input": hostile}]},
    ]  # fmt: skip
    for number in range(1, 91):
        host.archive.save_turn(turns_key(run.id, "t1", 1), number, turn(number, **odd[number % 3]), T0)

    page, log = await host.page("/runs/1/tasks/t1/attempts/1"), await host.page("/runs/1/tasks/t1/attempts/1/log")

    assert len(page.encode()) < LARGEST
    assert len(log.encode()) < LARGEST
    assert Reader(page).wrong == []
    assert Reader(log).wrong == []
    assert "Earlier turns are in the transcript as a log" in page
    assert "turn 90 " in log


async def test_a_transcript_begins_anew_with_its_attempt(host: Any, tmp_path: Path) -> None:
    """Where a machine took its work with it; and where somebody tidied the folder up."""
    run = host.add(host.executing(), started("t1"))
    key, url = turns_key(run.id, "t1", 1), "/runs/1/tasks/t1/attempts/1/log/part?from=0"
    for number in (1, 2):
        host.archive.save_turn(key, number, turn(number), datetime.now(UTC))
    assert "answer_2" in (await part(host, url))["text"]
    host.archive.forget_turns(key)
    host.archive.save_turn(key, 1, turn(7), datetime.now(UTC))

    assert "answer_7" in (await part(host, url))["text"]
    for path in (tmp_path / "logs").iterdir():
        path.unlink()
    assert "answer_7" in (await part(host, url))["text"]
