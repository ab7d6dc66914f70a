"""`otto-bot demo`: run a scenario from label to rest, tell it, check it, and show the same without the pilot."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx
from rich.console import Console
from rich.markup import escape

from otto_bot.playground.demo import github_only, packages
from otto_bot.playground.demo import options as opts
from otto_bot.playground.demo.compare import table
from otto_bot.playground.demo.expect import differences
from otto_bot.playground.demo.harness import Playground
from otto_bot.playground.demo.processes import StartError, ends
from otto_bot.playground.demo.promise import broken
from otto_bot.playground.demo.story import Story, comment_lines
from otto_bot.playground.scenario import find, load, presets, shipped

Json = dict[str, Any]
REAL = "Everything but {played} is real: the bot, its git, HTTP and database, the workflows and their logs."
BEGINS = "Mission Control shows it while it happens: {url}"
STAYS = "Mission Control says what failed, why, and what happened next, until you press Ctrl-C: {url}"


def main(argv: Sequence[str]) -> int:
    """Returns the exit code: 0 everything expected holds, 1 it does not, 2 it could not be started."""
    console = Console(highlight=False, soft_wrap=True)
    options = opts.parse(argv)
    if options.list:
        return _list(console)
    if names := packages.missing():
        return _with_all(argv, names)
    try:
        with contextlib.ExitStack() as stack:
            root = (
                opts.empty_folder(options.keep)
                if options.keep is not None
                else Path(
                    stack.enter_context(tempfile.TemporaryDirectory(prefix="otto-demo-", ignore_cleanup_errors=True))
                )
            )
            if options.github_only:
                scenario = load(find(options.scenario or github_only.SCENARIO))
                asyncio.run(github_only.stay(scenario, root, "auto", options.port, console.print))
                return 0
            job = opts.job(options, root, os.environ, terminal=console.is_terminal)
            return asyncio.run(_interruptible(Demo(job, root, console)))
    except (opts.UsageError, opts.ScenarioError, opts.SeedError, StartError) as error:
        sys.stderr.write(f"otto-bot demo: {error}\n")
        return 2
    except KeyboardInterrupt:
        sys.stderr.write("otto-bot demo: stopped\n")
        return 130


def _with_all(argv: Sequence[str], names: Sequence[str]) -> int:
    """The same demo once more, through who called it; or words."""
    command = packages.again(argv, os.environ)
    if command is not None:
        sys.stderr.write(f"{packages.told(command)}\n")
        sys.stderr.flush()
        os.execve(command[0], command, {**os.environ, packages.TRIED: "1"})  # noqa: S606 - the uv that started us
    sys.stderr.write(f"otto-bot demo: {packages.explained(names)}\n")
    return 2


def _list(console: Console) -> int:
    for name in (*shipped(), *presets()):
        script = load(find(name)).script
        needs = f" (needs {', '.join(script.needs)})" if script.needs else ""
        console.print(f"{name:<24}{escape(script.description)}{needs}")
    return 0


async def _interruptible(demo: Demo) -> int:
    """Runs the demo so that SIGTERM or a closed terminal, like Ctrl-C, still ends every process it started."""
    task = asyncio.ensure_future(demo.run())
    loop = asyncio.get_running_loop()
    for number in ends():
        loop.add_signal_handler(number, task.cancel)
    try:
        return await task
    except asyncio.CancelledError:
        raise KeyboardInterrupt from None


class Demo:
    """One call of the demo."""

    def __init__(self, job: opts.Job, root: Path, console: Console) -> None:
        self._job = job
        self._root = root
        self._console = console
        self._story = Story()
        self._begun = time.monotonic()

    async def run(self) -> int:
        """The whole demo; returns the exit code."""
        job, say = self._job, self._console.print
        say(REAL.format(played="GitHub itself" if job.live else "GitHub itself and the model's words"))
        if job.warning:
            say(f"[yellow]{escape(job.warning)}[/yellow]")
        other = asyncio.ensure_future(self._without_pilot()) if job.compare else None
        try:
            async with self._playground(self._root / "demo", pilot=True) as play:
                if job.serve and play.bot is not None:
                    say(BEGINS.format(url=play.bot.url))
                code, report = await self._one(play)
                if other is not None:
                    say("\n".join(["", *table(report, await other)]))
                if job.serve:
                    await self._stay(play)
        finally:
            if other is not None and not other.done():
                other.cancel()
                await asyncio.gather(other, return_exceptions=True)
        return code

    def _playground(self, root: Path, *, pilot: bool) -> Playground:
        job = self._job
        return Playground(job.scenario, root, live=job.live, pilot=pilot, cage=job.cage, repo=job.repo)

    async def _one(self, play: Playground) -> tuple[int, Json | None]:
        """From the label to the verdict."""
        try:
            await asyncio.wait_for(self._follow(play), self._job.time_limit)
            problem = None
        except TimeoutError:
            problem = f"time is over: {self._job.time_limit:g} s"
        report = await self._collect(play)
        found = [problem] if problem else []
        if report is None:
            found.append("there is no run to report on")
        else:
            found += [*differences(self._job.scenario.script.expect, report), *broken(report)]
            found += [*await play.misplaced(report), *await play.outstanding()]
        self._write(report, found)
        self._verdict(report, found)
        if found:
            self._console.print(play.logs(), markup=False)
        return (1 if found else 0), report

    async def _follow(self, play: Playground) -> None:
        await play.label()
        async for event in play.events_until_rest():
            for line in self._story.lines(event):
                self._console.print(f"[dim]{time.monotonic() - self._begun:5.1f}s[/dim]  {line}")
            if event.get("type") == "DecisionPosted":
                await self._quote(play, event["comment_id"])

    async def _quote(self, play: Playground, comment_id: int) -> None:
        state = await play.stand_in.state("comments")
        for row in state["comments"]:
            if row["id"] == comment_id:
                for line in comment_lines(row["body"]):
                    self._console.print(f"        │ {line}", markup=False)

    async def _collect(self, play: Playground) -> Json | None:
        try:
            return await play.full_report()
        except (StartError, httpx.HTTPError, ValueError) as error:
            self._console.print(f"the report could not be read: {error}", markup=False)
            return None

    def _write(self, report: Json | None, found: list[str]) -> None:
        if self._job.report is not None:
            data = {"scenario": self._job.scenario.name, "problems": found, **(report or {})}
            self._job.report.write_text(json.dumps(data, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")

    def _verdict(self, report: Json | None, found: list[str]) -> None:
        say = self._console.print
        if found:
            say(f"\n[red]{self._job.scenario.name}: not as expected[/red]")
            for line in found:
                say(f"  {line}", markup=False)
        elif report is not None:
            tasks = ", ".join(f"{key} {task['state']}" for key, task in report["tasks"].items()) or "no task"
            seconds = time.monotonic() - self._begun
            say(f"\n[green]{self._job.scenario.name}: {report['outcome']}[/green] ({tasks}) in {seconds:.0f} s")

    async def _without_pilot(self) -> Json | None:
        """The same scenario with the pilot switched off; None when it did not come to rest."""
        with contextlib.suppress(TimeoutError, StartError, httpx.HTTPError):
            async with self._playground(self._root / "without-pilot", pilot=False) as play:
                await play.label()
                await play.wait_rest(self._job.time_limit)
                return await play.full_report()
        return None

    async def _stay(self, play: Playground) -> None:
        """Until Ctrl-C, SIGTERM or a closed terminal; none changes what the demo has found."""
        state = await play.stand_in.state("url")
        say = self._console.print
        say(f"\nGitHub stand-in: {state['url']}")
        say(f"model:           {play.model.url if play.model else 'live'}")
        say(f"files:           {play.root}")
        say(STAYS.format(url=play.bot.url if play.bot else "-"))
        over, loop = asyncio.Event(), asyncio.get_running_loop()
        for number in (signal.SIGINT, *ends()):
            loop.add_signal_handler(number, over.set)
        await over.wait()
