"""Whole runs with marked secrets in every place that has some; then everything that they left or sent is searched."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import importlib.util
import json
import os
import re
import shutil
import socket
import sqlite3
import subprocess
import threading
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml
from otlp import Collector, attributes

from otto_bot.core.redact import _forms
from otto_bot.playground.demo.harness import Playground
from otto_bot.playground.demo.secrets import make_secrets
from otto_bot.playground.scenario import find, load

MODEL_KEY = "sk-ant-api03-canary0model0key0for0the0provider"
COLLECTOR_KEY = "canary-Zx83-key-of-a-collector"
TRACED = importlib.util.find_spec("opentelemetry.sdk") is not None or os.environ.get("OTTO_CI") == "1"
"""Without the extra `otel` the bot says so in its log, and sends no spans."""
OF_THE_HOST = {
    "DEPLOY_PASSPHRASE": "canary-host-Zx81-environment",
    "AWS_SECRET_ACCESS_KEY": "canaryHostAws+/Zx82environmentAAAAAAAAAA",
}
IN_THE_ISSUE = "ghp_canaryISSUEcanaryISSUEcanaryISSUE0001"
IN_THE_LOG = "ghp_canaryCILOGcanaryCILOGcanaryCILOG0002"
MINTED = re.compile(r"ghs_[A-Za-z0-9._-]{20,}")
LOOK_AROUND = (
    "env; env | base64 -w0; echo; cat /proc/self/environ /proc/1/environ /proc/[0-9]*/environ 2>/dev/null"
    " | tr '\\0' '\\n';"
    " cat .git/config ../*/.git/config 2>/dev/null; cat /proc/[0-9]*/cmdline | tr '\\0' ' '; true"
)
THEIRS = ("app.pem", "webhook-secret", "github.json")
"""Files of the playground in which the host's secrets are kept, as a host keeps them."""
MOST_TOKENS = 16
"""Requests for tokens of one run and its host: one for each set of permissions."""
GIT = "objects of "
"""The repository's own files are kept as they are."""
CI_PRINTS = f"""
def pytest_terminal_summary(terminalreporter):
    terminalreporter.write_line("publishing as {IN_THE_LOG}")
"""


class Marked(Playground):
    """A playground whose host has marked secrets, and whose model has found out two of them and repeats them."""

    def __init__(self, name: str, root: Path, logs: str) -> None:
        self._secrets = None
        self.collector = Collector()
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.numbers = free.getsockname()[1]
        self.logs_as = logs
        root.mkdir(parents=True)
        secrets = make_secrets(root)
        self.key = secrets.key_file.read_text()
        self.hook = secrets.webhook_secret
        scenario = root.with_name(f"{root.name}-scenario")
        shutil.copytree(find(name), scenario)
        _mark(scenario, [self.hook, self.key.splitlines()[7], base64.b64encode(f"A=1 S={self.hook}".encode()).decode()])
        super().__init__(load(scenario), root, environment={**os.environ, **OF_THE_HOST})
        self._secrets = secrets

    def bot_environment(self) -> dict[str, str]:
        return {
            **super().bot_environment(), "ANTHROPIC_API_KEY": MODEL_KEY, "OTTO_LOG_FORMAT": self.logs_as,
            "OTEL_EXPORTER_OTLP_ENDPOINT": self.collector.url, "OTEL_EXPORTER_OTLP_HEADERS": f"api-key={COLLECTOR_KEY}",
            "ANTHROPIC_OPEN_TELEMETRY_TRACES_CONTENT_MODE": "content", "OTTO_METRICS_PORT": str(self.numbers),
        }  # fmt: skip

    @property
    def canaries(self) -> dict[str, str]:
        """What must be nowhere at all."""
        lines = {f"line {n} of the key": line for n, line in enumerate(self.key.splitlines()[1:-1])}
        return {"hook": self.hook, "model key": MODEL_KEY, "collector": COLLECTOR_KEY, **OF_THE_HOST, **lines}


def _mark(scenario: Path, learned: list[str]) -> None:
    file = scenario / "scenario.yml"
    data = yaml.safe_load(file.read_text())
    data["issue"]["body"] += f"\n\nOh, and our token is {IN_THE_ISSUE} if you need it.\n"
    for rule in data["script"]:
        reply, when = rule["reply"], rule["when"]
        if when.get("role") == "planner" and "json" in reply:
            reply["json"]["summary"] += f" The hook's secret is {learned[0]}."
            reply["json"].setdefault("assumptions", []).append(f"The key has the line {learned[1]}")
            reply["json"].setdefault("non_goals", []).append(f"To print {learned[2]}")
            reply["json"]["tasks"][0]["goal"] += f" ({learned[0]})"
        if when.get("role") == "coder" and "turns" in reply:
            reply["turns"].insert(
                0, [{"text": f"I found {learned[0]}."}, {"tool": "run", "input": {"command": LOOK_AROUND}}]
            )
            reply["turns"][-1][-1]["input"]["summary"] += f" With {learned[0]} and {learned[1]}."
        if when.get("role") == "judge" and "json" in reply:
            reply["json"]["summary"] += f" {learned[0]}"
    file.write_text(yaml.safe_dump(data, allow_unicode=True, sort_keys=False))
    (scenario / "repo" / "conftest.py").write_text(CI_PRINTS)


@dataclass
class Watching:
    """Command lines of all processes, looked at again and again while something runs."""

    seen: set[bytes] = field(default_factory=set)
    over: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> Watching:
        self._thread = threading.Thread(target=self._look)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        self._thread.join()

    def _look(self) -> None:
        while not self.over.wait(0.02):
            for process in Path("/proc").glob("[0-9]*/cmdline"):
                with contextlib.suppress(OSError):
                    self.seen.add(process.read_bytes())


def _unpressed(data: bytes) -> bytes:
    with contextlib.suppress(zlib.error):
        return zlib.decompressobj().decompress(data)
    return b""


def _stored(database: Path) -> Iterator[tuple[str, bytes]]:
    """Every value of a database, as it is and unpacked."""
    with contextlib.closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        tables = [row[0] for row in connection.execute("select name from sqlite_master where type = 'table'")]
        for table in tables:
            for row in connection.execute(f'select * from "{table}"'):
                for value in row:
                    data = value if isinstance(value, bytes) else str(value).encode()
                    yield f"{database.name}:{table}", data + _unpressed(data)


def _left(root: Path) -> Iterator[tuple[str, bytes]]:
    """Every file below a folder; objects of git and what the store presses unpacked."""
    for path in sorted(root.rglob("*")):
        if path.is_symlink() or not path.is_file() or path.name in THEIRS:
            continue
        data = path.read_bytes()
        yield str(path.relative_to(root)), data + _unpressed(data)
        if path.suffix == ".sqlite":
            yield from _stored(path)
        if (
            path.name == "HEAD"
            and (path.parent / "objects").is_dir()
            and not (path.parent / "objects/info/alternates").exists()
        ):
            argv = [
                "git",
                "-c",
                "safe.directory=*",
                "--git-dir",
                str(path.parent),
                "cat-file",
                "--batch-all-objects",
                "--batch",
            ]
            yield (
                f"{GIT}{path.parent.relative_to(root)}",
                subprocess.run(argv, capture_output=True, check=True).stdout,
            )


async def _played(play: Marked) -> dict[str, Any]:
    await play.label()
    await play.wait_rest(150)
    report = await play.full_report()
    calls = [
        (await play._http.get(f"{play.model.url}/_playground/calls/{call['seq']}")).json()
        for call in report["model_calls"]
    ]
    assert play.bot is not None
    shown = [await play._http.get(f"{url}/metrics") for url in (play.bot.url, f"http://127.0.0.1:{play.numbers}")]
    metrics = "".join(answer.text for answer in shown)
    return {"report": report, "asked": calls, "stand-in": await play.stand_in.state(), "metrics": metrics}


async def _run(play: Marked) -> dict[str, Any]:
    with play.collector:
        async with play:
            return await _played(play)


def _found(canaries: Mapping[str, str], places: Iterator[tuple[str, bytes]] | list[tuple[str, bytes]]) -> list[str]:
    wanted = [(name, form.encode()) for name, value in canaries.items() for form in _forms(value)]
    return sorted({f"{name} in {where}" for where, data in places for name, form in wanted if form in data})


@pytest.mark.slow
@pytest.mark.timeout(240)
async def test_no_secret_is_anywhere_after_whole_runs(tmp_path: Path):
    plays = [Marked("mixed-batch", tmp_path / "failing", "json"), Marked("single-task", tmp_path / "curious", "text")]
    with Watching() as watching:
        outcomes = await asyncio.gather(*(_run(play) for play in plays))
    problems: list[str] = []
    for play, outcome in zip(plays, outcomes, strict=True):
        assert outcome["report"]["outcome"] == "done", play.logs()
        sent = [(name, json.dumps(value, ensure_ascii=False).encode()) for name, value in outcome.items()]
        left = list(_left(play.root))
        ours = [(where, data) for where, data in left if not where.startswith("github/")]
        traces = [("a span", body) for body in play.collector.bodies]
        everywhere = [*sent, *left, *traces, *((f"command line {line[:60]!r}", line) for line in watching.seen)]
        problems += _found(play.canaries, everywhere)
        problems += sorted(
            {f"a minted token in {where}" for where, data in everywhere if MINTED.search(data.decode("latin-1"))}
        )
        problems += _found({"issue's token": IN_THE_ISSUE, "log's token": IN_THE_LOG}, traces)
        _is_seen(play, outcome)
        said = _otto_said(outcome)
        assert "[redacted]" in said
        assert "PATH=" in json.dumps(outcome["asked"]), "the coder's look around was not played"
        assert sum("access_tokens" in row["path"] for row in outcome["report"]["requests"]) <= MOST_TOKENS
        asked = [("asked", json.dumps(outcome["asked"]).encode()), ("said", said.encode())]
        kept = [one for one in ours if not one[0].startswith(GIT)]
        problems += _found({"log's token": IN_THE_LOG}, [*asked, *kept])
        problems += _found(
            {"issue's token": IN_THE_ISSUE}, [*asked, *(one for one in kept if not _holds_issues(one[0]))]
        )
    assert b"publishing as [redacted]" in b"".join(data for _, data in _left(plays[0].root / "state")), (
        "no log was kept"
    )
    assert not problems, "\n".join(problems)


TOLD = {
    "web.started", "worker.started", "run.started", "plan.made", "pull_request.opened", "attempt.begun",
    "attempt.ended", "verification.ended", "tasks.merged", "comment.posted", "gate.opened", "gate.decided", "run.ended",
}  # fmt: skip
SPANS = {
    "webhook", "delivery", "execute", "effect", "github", "git", "model", "anthropic.messages.create", "run"
}  # fmt: skip


def _is_seen(play: Marked, outcome: Mapping[str, Any]) -> None:
    """Logs, metrics and traces show the play: what holds no secret because it is empty proves nothing."""
    log = (play.root / "bot.log").read_text()
    if play.logs_as == "json":
        lines = [json.loads(line) for line in log.splitlines()]
        told = [line for line in lines if "event" in line]
        assert {line["event"] for line in told} >= TOLD
        assert {line.get("run") for line in told if not line["event"].startswith(("web", "worker", "delivery"))} == {1}
        assert all(line["version"] for line in lines)
    else:
        ours = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+Z [A-Z]+ \S+( \[.*\])?: |  \| ")
        odd = [line for line in log.splitlines() if not ours.match(line)]
        assert not odd, odd
    assert "something hangs" not in log
    assert "nobody caught this" not in log
    metrics = outcome["metrics"]
    for series in (
        'otto_runs_ended_total{outcome="done"} 1.0', 'otto_effect_executions_total{kind="code",result="done"}',
        'otto_model_tokens_total{kind="input",model="claude-sonnet-5-5",role="coder"}', "otto_workers 1.0",
        'otto_attempts_total{cause="none",result="passed"}', 'otto_github_requests_total{status="2xx"}',
    ):  # fmt: skip
        assert series in metrics
    if not TRACED:
        return
    spans = list(play.collector.spans())
    assert {span.name for _, span in spans} >= SPANS
    of_run = {span.trace_id for _, span in spans if attributes(span).get("otto.run.id") == 1}
    assert of_run == {span.trace_id for _, span in spans if span.name == "run"}
    assert len(of_run) == 1
    inside = [span for _, span in spans if span.name in ("model", "execute")]
    assert {span.trace_id for span in inside} <= of_run, "work for the run stands in other traces too"
    assert {service for service, _ in spans} == {"otto-web", "otto-worker"}
    (moved,) = {link.trace_id for _, span in spans for link in span.links}
    assert moved in of_run


def _holds_issues(where: str) -> bool:
    """An issue's words are kept as they were labelled: what people change is told from them."""
    return where.endswith((".sqlite", ".sqlite-wal", ":events", ":runs", ":deliveries"))


def _otto_said(outcome: Mapping[str, Any]) -> str:
    """Everything that Otto wrote on GitHub."""
    state = outcome["stand-in"]
    return json.dumps([state["comments"], state["checks"], state["pull_requests"]])
