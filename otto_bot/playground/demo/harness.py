"""A playground for one scenario: stand-in, scripted model and bot as processes, started and stopped one by one."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

from otto_bot.playground.demo.processes import Child, StartError, output, tail
from otto_bot.playground.demo.quotes import cited_jobs, cited_pages, misplaced
from otto_bot.playground.demo.secrets import Secrets, make_secrets
from otto_bot.playground.demo.seed import with_files, without_pilot
from otto_bot.playground.demo.stand_in import APP_ID, CLIENT_ID, LABEL, StandIn, write_config
from otto_bot.playground.scenario import Scenario

Json = dict[str, Any]
Launch = Callable[[str, Sequence[str], Mapping[str, str], Path], Awaitable[Child]]
"""How a process is started: its name, argv, environment and log."""
Reads = Callable[[int], Awaitable[Json | None]]
"""What the ledger says of a run; None while there is none."""
OWN_PREFIXES = ("OTTO_", "ANTHROPIC_", "GITHUB_", "GH_", "GIT_")
MODEL_SETTINGS = ("ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL", "ANTHROPIC_AUTH_TOKEN")
ENDED = frozenset({"done", "done_partial", "cancelled", "failed"})
NEEDS_HUMAN = "needs_human"
REPORT_SECONDS = 30.0
QUIET_SECONDS = 1.0
WAITING = re.compile(r'^otto_inbox\{state="received"\} (\S+)$', re.MULTILINE)
"""Of the bot's metrics: deliveries that wait or are in hand."""
LONG_QUIET_SECONDS = 3.0
"""Where people speak after the end: until a run that is over goes on."""
PRESET_DEFAULTS = "{verify: {settle_seconds: 0.3, timeout_minutes: 3}, pilot: {grace_minutes: 0}, journeys: false}"
"""Times of a playground, for repositories that have no settings of their own."""
RUN_MARK = re.compile(r"^<!-- otto run=(\d+) ")
CATCHUP_SECONDS = "3"
PASSWORD = "playground"  # noqa: S105 - of people in a GitHub that stands on this machine for a while
WRITE_PAUSE_SECONDS = "0"
"""The stand-in has no limit that asks for a pause, and a demo is short."""


class Playground:
    """`async with Playground(scenario, folder) as play:` runs everything; each part can also be driven alone.

    `root` gets every file that is written; the bot's database too, unless `database` is the URL of another. `live`
    leaves the model to the environment's own settings. `launch` starts the three processes, `reads` asks the ledger;
    where there is none, the bot's own command is asked, as a host would. Without `registered` GitHub knows no App yet.
    """

    def __init__(
        self,
        scenario: Scenario,
        root: Path,
        *,
        live: bool = False,
        pilot: bool = True,
        cage: str = "auto",
        environment: Mapping[str, str] | None = None,
        repo: Path | None = None,
        database: str = "",
        registered: bool = True,
        github_port: int = 0,
        launch: Launch = Child.start,
        reads: Reads | None = None,
    ) -> None:
        self.scenario = scenario
        self.root = root
        self._live = live
        self._pilot = pilot
        self._cage = cage
        self._given = dict(os.environ if environment is None else environment)
        self._repo = repo or scenario.repo
        self._database = database
        self._registered, self._github_port = registered, github_port
        self._launch = launch
        self._reads = reads
        self._secrets: Secrets | None = None
        self._bot_port = "0"
        self.github: Child | None = None
        self.model: Child | None = None
        self.bot: Child | None = None
        # Both servers close a connection that was idle for 5 s: a request at that very moment would be lost.
        self._http = httpx.AsyncClient(timeout=30, trust_env=False, limits=httpx.Limits(keepalive_expiry=2))
        self._told = 0
        self._resting: Json | None = None
        """The report of the moment the run was last seen at rest: each costs a process of its own."""

    async def __aenter__(self) -> Self:
        """Starts every part and points the webhook at the bot. Raises StartError, with nothing left running."""
        try:
            await asyncio.gather(self.start_github(), self.start_model())
            await self.start_bot()
        except BaseException:
            await self.stop()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stops every part that still runs."""
        await self.stop()

    async def stop(self) -> None:
        """Ends all processes, the bot first."""
        for child in (self.bot, self.model, self.github):
            if child is not None:
                await child.stop()
        await self._http.aclose()

    @property
    def secrets(self) -> Secrets:
        """The App's key and webhook secret of this playground, made once."""
        if self._secrets is None:
            self.root.mkdir(parents=True, exist_ok=True)
            self._secrets = make_secrets(self.root)
        return self._secrets

    @property
    def stand_in(self) -> StandIn:
        """The control calls of the stand-in."""
        assert self.github is not None, "the stand-in was not started"
        return StandIn(self.github.url, self.secrets.control_token, self._http)

    async def start_github(self) -> None:
        """Starts the stand-in with the scenario's repository and issue."""
        secrets = self.secrets
        repo = with_files(self._repo, self.scenario.files, self.root / "files") if self.scenario.files else self._repo
        repo = repo if self._pilot else without_pilot(repo, self.root / "seed")
        config = self.root / "github.json"
        more: Json = {"registered": self._registered, "port": self._github_port}
        if not self._registered:
            more["password"] = PASSWORD
        write_config(config, self.scenario, repo, secrets, self._cage, more)
        argv = [sys.executable, "-m", "otto_bot.playground", "github", "--config", str(config)]
        self.github = await self._launch("the GitHub stand-in", argv, self._base(), self.root / "github.log")

    async def start_model(self) -> None:
        """Starts the scripted model, unless a live one is used."""
        if self._live:
            return
        self.root.mkdir(parents=True, exist_ok=True)
        argv = [sys.executable, "-m", "otto_bot.playground", "model", "--scenario", str(self.scenario.source)]
        argv += ["--port", str(self._github_port + 1)] if self._github_port else []
        self.model = await self._launch("the scripted model", argv, self._base(), self.root / "model.log")

    async def start_bot(self) -> None:
        """Starts the bot, on the same port when it was started before, and tells the stand-in where it listens."""
        argv = [sys.executable, "-m", "otto_bot", "serve", "--port", self._bot_port]
        self.bot = await self._launch("the bot", argv, self.bot_environment(), self.root / "bot.log")
        self._bot_port = self.bot.url.rpartition(":")[2]
        await self.stand_in.point_webhook(f"{self.bot.url}/webhooks/github")

    async def kill_bot(self) -> None:
        """Ends the bot and its workers as a power cut would."""
        assert self.bot is not None, "the bot was not started"
        await self.bot.kill()

    async def label(self) -> None:
        """The maintainer puts the label on the issue, or says what the scenario has them say instead."""
        if (said := self.scenario.script.issue.says) is not None:
            await self.stand_in.do({"comment": {"where": "issue/1", "body": said}})
            return
        await self.stand_in.do({"label": {"where": "issue/1", "name": LABEL}})

    def bot_environment(self) -> dict[str, str]:
        """The environment of the bot and of its commands: settings as a host would set them."""
        state = self.root / "state"
        state.mkdir(parents=True, exist_ok=True)
        env = self._base()
        env |= {
            "OTTO_DATABASE_URL": self._database or f"sqlite:///{(state / 'otto.sqlite').absolute()}",
            "OTTO_STATE_DIR": str(state),
            **self._api(),
            "OTTO_APP_ID": str(APP_ID),
            "OTTO_PRIVATE_KEY_FILE": str(self.secrets.key_file),
            "OTTO_WEBHOOK_SECRET_FILE": str(self.secrets.secret_file),
            "OTTO_CLIENT_ID": CLIENT_ID,
            "OTTO_CLIENT_SECRET_FILE": str(self.secrets.client_secret_file),
            # Who sits at this machine reads at once, and logs in by one click to act.
            "OTTO_PAGES": "local",
            "OTTO_HOST": "127.0.0.1",
            "OTTO_PORT": self._bot_port,
            "OTTO_CATCHUP_SECONDS": CATCHUP_SECONDS,
            "OTTO_WRITE_PAUSE_SECONDS": WRITE_PAUSE_SECONDS,
            "OTTO_CAGE": "scripted" if self._cage == "auto" else "require",
        }
        if self.scenario.preset is not None:
            env["OTTO_REPOSITORY_DEFAULTS"] = PRESET_DEFAULTS
        if self._live:
            env |= {name: self._given[name] for name in MODEL_SETTINGS if name in self._given}
        elif self.model is not None:
            env |= {"ANTHROPIC_BASE_URL": self.model.url, "ANTHROPIC_API_KEY": "playground"}
        return env

    def _api(self) -> dict[str, str]:
        """Where the API is, and the version of an Enterprise Server's."""
        url = self.github.url if self.github else ""
        if not self.scenario.script.github.enterprise:
            return {"OTTO_GITHUB_API_URL": url}
        return {"OTTO_GITHUB_API_URL": f"{url}/api/v3", "OTTO_GITHUB_API_VERSION": "2022-11-28"}

    def _base(self) -> dict[str, str]:
        kept = {name: value for name, value in self._given.items() if not name.startswith(OWN_PREFIXES)}
        # Whoever tries the demo in the folder of a real host must not get its settings or secrets into it.
        apart = {"OTTO_ENV_FILE": "off", "OTTO_SECRETS_DIR": str(self.root / "no-secrets")}
        proxies = {"NO_PROXY": "127.0.0.1,localhost", "no_proxy": "127.0.0.1,localhost"}
        return {**kept, **apart, **proxies, "PYTHONUNBUFFERED": "1"}

    async def report(self, run: int = 1) -> Json:
        """What the bot's ledger says of a run. Raises StartError while there is none."""
        data = await (self._reads or self._asked)(run)
        if data is None:
            raise StartError(f"there is no run {run}")
        if data.get("outcome") is None and data.get("waits_for"):
            data["outcome"] = NEEDS_HUMAN
        return data

    async def _asked(self, run: int) -> Json:
        argv = [sys.executable, "-m", "otto_bot", "report", "--json", "--run", str(run)]
        data: Json = json.loads(await output(argv, self.bot_environment(), REPORT_SECONDS))
        return data

    async def full_report(self) -> Json:
        """The ledger, and beside it what stands on the stand-in: comments, pull requests, requests, checks."""
        seen = await self.stand_in.state()
        ledger = self._resting or await self.report()
        shown = ("comments", "threads", "pull_requests", "requests", "checks", "workflow_runs", "branches")
        return {**ledger, **{name: seen[name] for name in shown}, "model_calls": await self.model_calls()}

    async def later_runs(self, report: Json) -> list[Json]:
        """What the ledger says of the runs after the first, as far as comments of a full report are of them."""
        found = {int(n) for row in report["comments"] for n in RUN_MARK.findall(row["body"].partition("\n")[0])}
        return [await self.report(number) for number in sorted(found) if number > 1]

    async def misplaced(self, report: Json) -> list[str]:
        """Quoted lines of a full report that do not stand in the stand-in's logs where they should, dead links too."""
        logs = {job: log for job in cited_jobs(report) if (log := await self.stand_in.log(job)) is not None}
        answers = {url: await self._http.get(url) for url in sorted(cited_pages(report))}
        dead = [f"{url} does not open: {answer.status_code}" for url, answer in answers.items() if answer.is_error]
        return [*misplaced(report, logs), *dead]

    async def model_calls(self) -> list[Json]:
        """The scripted model's log; empty with a live model."""
        if self.model is None:
            return []
        answer = await self._http.get(f"{self.model.url}/_playground/calls")
        answer.raise_for_status()
        calls: list[Json] = answer.json()
        return calls

    async def follow(self) -> AsyncIterator[Json]:
        """Each new event of the run, until the run rests or its process ends."""
        argv = [sys.executable, "-m", "otto_bot", "report", "--follow", "--run", "1"]
        with (self.root / "follow.log").open("ab") as errors:
            process = await asyncio.create_subprocess_exec(
                *argv, env=self.bot_environment(), stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE,
                stderr=errors, start_new_session=True, limit=16 * 1024 * 1024,
            )  # fmt: skip
        assert process.stdout is not None
        try:
            while line := await process.stdout.readline():
                event: Json = json.loads(line)
                if event.get("seq", 0) > self._told:
                    self._told = event["seq"]
                    yield event
        finally:
            if process.returncode is None:
                # Not `process.kill()`: that polls, and takes the exit status away from the loop's own watcher.
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
            await process.wait()

    async def events_until_rest(self) -> AsyncIterator[Json]:
        """Every event until the run has ended, or waits for a person and nobody is about to react."""
        while True:
            self._resting = None
            async for event in self.follow():
                yield event
            if await self.rests():
                return
            await asyncio.sleep(0.2)

    async def wait_rest(self, limit: float) -> Json:
        """Waits until the run rests, at most `limit` seconds; returns its report. Raises TimeoutError."""

        async def exhaust() -> None:
            async for _ in self.events_until_rest():
                pass

        await asyncio.wait_for(exhaust(), limit)
        return self._resting or await self.report()

    async def rests(self) -> bool:
        """Whether the run rests. With people about, a second look: their last words may just be on their way."""
        with contextlib.suppress(StartError):
            before = await self.report()
            awaited = any(row.awaited for row in self.scenario.people)
            ended = before.get("outcome") in ENDED and not awaited
            if not before.get("resting") or (not ended and await self.outstanding()):
                return False
            self._resting = before
            if ended or not self.scenario.people:
                return True
            await self.stand_in.settle()
            if await self._unheard():
                return False
            await asyncio.sleep(LONG_QUIET_SECONDS if awaited else QUIET_SECONDS)
            self._resting = after = await self.report()
            return bool(after.get("resting")) and len(after["events"]) == len(before["events"])
        return False

    async def _unheard(self) -> bool:
        """Whether the bot has deliveries that it has not worked in yet: on a busy machine that takes a while."""
        if self.bot is None or not self.bot.running:
            return False
        try:
            answer = await self._http.get(f"{self.bot.url}/metrics")
        except httpx.HTTPError:
            return False  # it is being ended, or started anew
        return any(float(number) > 0 for number in WAITING.findall(answer.text))

    async def outstanding(self) -> list[str]:
        """What people in the scenario have not done yet, in words."""
        state = await self.stand_in.state("reactions", "problems")
        done = {row["reaction"] for row in state["reactions"]}
        failed = "\n".join(state["problems"])
        rows = enumerate(self.scenario.people)
        left = [i for i, row in rows if row.once and i not in done and f"people[{i}]" not in failed]
        return [f"people[{index + 1}] has not reacted yet" for index in left]

    def logs(self) -> str:
        """The tail of every part's log."""
        files = sorted(self.root.glob("*.log"))
        return "\n".join(f"--- {file.name}\n{text}" for file in files if (text := tail(file)))
