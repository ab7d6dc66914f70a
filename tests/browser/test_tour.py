"""docs/tour.md, step by step, with the real `otto-bot demo`: the document and what a first-time user meets are one."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest_asyncio
from playwright.async_api import Page, expect

from bench.browser.visit import visiting

TOUR = Path(__file__).parents[2] / "docs" / "tour.md"
LONG_MS = 90_000
QUESTIONS = ["What failed?", "Why?", "What happens next?"]
SHOWS, STAYS = "Mission Control shows it while it happens", "Mission Control says what failed, why"


class Step(NamedTuple):
    """One step of the tour: what is done, to what, and what is read there."""

    verb: str
    on: str
    page: str
    question: str
    answers: tuple[str, ...]


def steps(text: str) -> list[Step]:
    """The numbered steps of the document. Each begins with a verb, or with a question that it answers."""
    found: list[Step] = []
    for body in re.findall(r"^\d+\. (.*?)(?=^\d+\. |^\S|\Z)", text, re.MULTILINE | re.DOTALL):
        words = " ".join(line.strip() for line in body.splitlines() if not line.strip().startswith("!["))
        asked = re.match(r"\*\*([^*]+\?)\*\* ", words)
        question = asked[1] if asked else ""
        said = words[asked.end() :] if asked else words
        bold, code = re.findall(r"\*\*([^*]+)\*\*", said), re.findall(r"`([^`]+)`", said)
        verb = said.split(" ", 1)[0]
        page = bold[-1] if "the page is **" in said else ""
        on = code[0] if verb == "Start" else "" if verb == "Open" else bold[0]
        found.append(Step(verb, on, page, question, tuple(re.findall(r'"([^"]+)"', said))))
    return found


def test_the_tour_answers_three_questions_in_its_steps() -> None:
    made = steps(TOUR.read_text("utf-8"))

    assert [one.verb for one in made] == ["Start", "Open", "Press", "Press", "Read", "Read", "Press", "Read"]
    assert [one.question for one in made if one.question] == QUESTIONS
    assert all(one.answers for one in made if one.question)
    pictures = re.findall(r"!\[[^\]]{20,}\]\((pictures/[^)]+)\)", TOUR.read_text("utf-8"))
    assert len(pictures) == TOUR.read_text("utf-8").count("![")
    assert [one for one in pictures if not (TOUR.parent / one).exists()] == []


class Demo:
    """`otto-bot demo` as `make demo` starts it on a terminal, without its second run."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.lines: list[str] = []

    async def until(self, words: str) -> str:
        """The line that has these words."""
        assert self.process.stdout is not None
        while raw := await self.process.stdout.readline():
            self.lines.append(raw.decode().rstrip())
            if words in self.lines[-1]:
                return self.lines[-1]
        raise AssertionError("\n".join(self.lines))


@pytest_asyncio.fixture(loop_scope="session")
async def started() -> AsyncIterator[Demo]:
    """The demo; Ctrl-C ends it."""
    argv = [sys.executable, "-m", "otto_bot", "demo", "--serve", "--no-compare"]
    env = {name: words for name, words in os.environ.items() if not name.startswith("OTTO_")}
    process = await asyncio.create_subprocess_exec(
        *argv, env={**env, "PYTHONUNBUFFERED": "1"}, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT, start_new_session=True,
    )  # fmt: skip
    try:
        yield Demo(process)
    finally:
        if process.returncode is None:
            os.killpg(process.pid, signal.SIGTERM)
            await process.communicate()


async def test_the_tour_leads_to_what_failed_why_and_what_happens_next(browser: Any, started: Demo) -> None:
    made = steps(TOUR.read_text("utf-8"))
    assert made[0].on == "make demo"
    assert SHOWS in TOUR.read_text("utf-8")
    await started.until(SHOWS)
    last = await asyncio.wait_for(started.until(STAYS), LONG_MS / 1000)
    address = last.rpartition(" ")[2]
    answered: list[str] = []

    async with visiting(browser, address) as visit:
        page = await visit.open("/")
        for step in made[1:]:
            await _follow(page, step)
            answered += [step.question] if step.question else []

    assert answered == QUESTIONS
    started.process.send_signal(signal.SIGINT)
    out, _ = await asyncio.wait_for(started.process.communicate(), 60)
    assert (started.process.returncode, out) == (0, b"")


async def _follow(page: Page, step: Step) -> None:
    """One step: press what is named, or read the region that is named and find the answers in it."""
    if step.verb == "Press":
        await page.get_by_role("link", name=step.on, exact=True).first.click()
    if step.page:
        await expect(page.get_by_role("heading", level=1)).to_have_text(step.page)
    if step.verb == "Read":
        region = page.get_by_role("region", name=step.on)
        for answer in step.answers:
            await expect(region).to_contain_text(answer)
    if step.question == QUESTIONS[0]:
        await expect(
            page.get_by_role("region", name=step.on).get_by_role("heading", name=step.answers[0])
        ).to_be_visible()
    if step.question == QUESTIONS[2]:
        term = page.get_by_role("region", name=step.on).get_by_role("term").filter(has_text="What happens next")
        await expect(term).to_be_visible()
        await expect(page.get_by_role("definition").filter(has_text=step.answers[0])).to_be_visible()
