"""Holds what the playground's GitHub was asked and answered in a test run against GitHub's description, at its end.

With OTTO_OPENAPI (the folder of npm package `@octokit/openapi`) every stand-in of the run writes its traffic into one
folder (`otto_bot/playground/github/traffic.py`); one process reads it when all tests are done. What does not fit fails
the run and is told with the test that did it first, the operation and the JSON pointer.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from described import Description
from deviations import DEVIATIONS, Deviation, undescribed
from operations import operations, pattern

from otto_bot.playground.github.traffic import FOLDER
from otto_bot.playground.github.versions import NEWER

OPENAPI = "OTTO_OPENAPI"
GENERATED = "generated"
FILE = "api.github.com.json"
SERVER = "ghes-{}.json"
JSON = "application/json"
ACCEPTED = re.compile(r"application/json|application/vnd\.github(\.raw)?\+json")
VERSION = re.compile(r"\d{4}-\d{2}-\d{2}")
BOT = "otto-bot"
MOST_TOLD = 40
MOST_MISSING = 12
KINDS = ("request", "answer", "delivery")


@dataclass
class Held:
    """What came of it. `problems` are lines, one for each shape that does not fit."""

    problems: list[str] = field(default_factory=list)
    counted: Counter[str] = field(default_factory=Counter)
    shapes: Counter[str] = field(default_factory=Counter)
    operations: set[str] = field(default_factory=set)
    """Those that Otto called: method and described path."""
    asked: set[str] = field(default_factory=set)
    """Method and path as they were."""
    used: set[Deviation] = field(default_factory=set)


def hold(folder: Path, generated: Path, known: Sequence[Deviation] = DEVIATIONS) -> Held:
    """Everything that was written into a folder of traffic; `generated` is where the descriptions are."""
    held, read = Held(), cache(lambda server: Description(generated / (SERVER.format(server) if server else FILE)))
    counts = Counter(line for file in folder.glob("*.count") for line in file.read_text().splitlines())
    for file in sorted(one for one in (folder / "shapes").iterdir() if one.suffix != ".half"):
        row = json.loads(file.read_text())
        _Row(row, counts[file.name], read(row["server"]), held, known).hold()
    return held


class _Row:
    """One shape."""

    def __init__(
        self, row: Mapping[str, Any], count: int, description: Description, held: Held, known: Sequence[Deviation]
    ) -> None:
        self._row, self._count, self._spec, self._held, self._known = row, count, description, held, known

    def hold(self) -> None:
        kind = self._row["kind"]
        if kind == "request" and not self._by_bot:
            return  # tests ask wrongly on purpose
        found = {"request": self._request, "answer": self._answer, "delivery": self._delivery}[kind]()
        if found is None:
            return  # no part of the API
        self._held.counted[kind] += self._count
        self._held.shapes[kind] += 1
        operation, problems = found
        for problem in problems:
            known = next((one for one in self._known if one.covers(kind, operation, problem)), None)
            if known is not None:
                self._held.used.add(known)
            else:
                self._held.problems.append(f"{kind} {operation} {problem} (first in {self._row['play'] or 'no test'})")

    @property
    def _by_bot(self) -> bool:
        return self._row["headers"].get("user-agent", "").startswith(BOT)

    def _operation(self) -> tuple[str, dict[str, Any], str] | None:
        """Template, operation and the path that fits it."""
        method, path = self._row["method"], self._row["path"]
        deviation = undescribed(method, path, self._known)
        if deviation is not None:
            self._held.used.add(deviation)
            path = deviation.like.replace("{owner}", "o").replace("{repo}", "r")
        found = self._spec.operation(method, path)
        return None if found is None else (*found, path)

    def _request(self) -> tuple[str, Iterator[str]]:
        found = self._operation()
        if found is None:
            return f"{self._row['method']} {self._row['path']}", iter(["/: GitHub describes no such operation"])
        template, operation, path = found
        name = f"{self._row['method']} {template}"
        self._held.operations.add(self._alone or name)
        self._held.asked.add(f"{self._row['method']} {self._row['path']}")
        return name, self._asked(template, operation, path)

    @property
    def _alone(self) -> str:
        """An operation that is held like another one is one by itself."""
        deviation = undescribed(self._row["method"], self._row["path"], self._known)
        return "" if deviation is None else deviation.operation

    def _asked(self, template: str, operation: Mapping[str, Any], path: str) -> Iterator[str]:
        yield from self._spec.in_path(template, operation, path)
        yield from self._spec.query(template, operation, self._row["query"])
        yield from self._headers()
        wanted = self._spec.resolved(operation.get("requestBody", {}))
        if self._row["form"] == "none":
            if wanted.get("required"):
                yield "/body: it is required"
            return
        schema = wanted.get("content", {}).get(JSON, {}).get("schema")
        if schema is None:
            yield "/body: GitHub describes none"
        elif self._row["form"] != "json":
            yield "/body: it is no JSON"
        else:
            yield from self._spec.misfits_of(schema, self._row["body"])
            yield from self._spec.unknown(schema, self._row["body"])

    def _headers(self) -> Iterator[str]:
        headers = self._row["headers"]
        if not VERSION.fullmatch(headers.get("x-github-api-version", "")):
            yield "/headers/x-github-api-version: it is missing"
        if not ACCEPTED.fullmatch(headers.get("accept", "")):
            yield f"/headers/accept: {headers.get('accept')!r}"
        if self._row["form"] != "none" and headers.get("content-type") != JSON:
            yield f"/headers/content-type: {headers.get('content-type')!r}"

    def _answer(self) -> tuple[str, Iterator[str]] | None:
        found = self._operation()
        if found is None:
            return None
        template, operation, _ = found
        return f"{self._row['method']} {template} {self._row['status']}", self._told(operation)

    def _told(self, operation: Mapping[str, Any]) -> Iterator[str]:
        status, form, kind = self._row["status"], self._row["form"], self._row["type"]
        answer = self._spec.resolved(operation["responses"].get(str(status)))
        if answer is None and status < 300:
            yield "/: GitHub does not answer so"
            return
        # What happens everywhere (301, 307, 401, 403, 404, 422) is not listed for each operation, and has one form.
        content = answer.get("content") if answer else None
        schema = (content or {}).get(JSON, {}).get("schema") if answer else {"$ref": "#/components/schemas/basic-error"}
        if schema is not None and form == "json":
            newer = self._row["headers"].get("x-github-api-version", "") >= NEWER
            yield from self._spec.misfits_of(schema, put_back(self._row["body"]) if newer else self._row["body"])
        elif status < 300 and schema is not None and "raw" not in self._row["headers"].get("accept", ""):
            yield f"/: an answer of the type {kind or 'none'}"
        elif status < 300 and not content and form != "none":
            yield "/: GitHub answers without a body"

    def _delivery(self) -> tuple[str, Iterator[str]]:
        event, action = self._row["event"], self._row["action"]
        name = f"{event}.{action}" if action else event
        hook = self._spec.document["x-webhooks"].get(name.replace("_", "-").replace(".", "-"))
        if hook is None:
            return name, iter(["/: GitHub describes no such webhook"])
        schema = hook["post"]["requestBody"]["content"][JSON]["schema"]
        return name, self._spec.misfits_of(schema, self._row["body"])


def put_back(value: Any) -> Any:
    """What version 2026-03-10 left out of issues, pull requests and limits: the descriptions are of the older one."""
    if isinstance(value, list):
        return [put_back(item) for item in value]
    if not isinstance(value, dict):
        return value
    made = {key: put_back(part) for key, part in value.items()}
    made |= {"assignee": None} if "assignees" in made else {}
    made |= {"merge_commit_sha": None} if "assignees" in made and "head" in made else {}
    return made | ({"rate": made["resources"].get("core")} if isinstance(made.get("resources"), dict) else {})


class Conformance:
    """The plugin of the process that starts a test run."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._held, self._seconds = folder, Held(), 0.0

    @pytest.hookimpl(wrapper=True)
    def pytest_runtestloop(self, session: pytest.Session) -> Generator[None, object, object]:
        """After all tests: what they made is held against the description."""
        result = yield
        begun = time.process_time()
        if any((self._folder / "shapes").glob("*")):
            self._held = hold(self._folder, Path(os.environ[OPENAPI]) / GENERATED)
        self._seconds = time.process_time() - begun
        session.testsfailed += len(self._held.problems)
        return result

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """What does not fit, and how much was held."""
        held = self._held
        if not held.shapes:
            return
        if held.problems:
            terminalreporter.section("not as GitHub describes it", red=True)
        for line in held.problems[:MOST_TOLD]:
            terminalreporter.write_line(line)
        terminalreporter.write_line(f"{summary(held)}; {self._seconds:.1f} s")
        if 0 < len(missing := not_asked(held)) <= MOST_MISSING:
            terminalreporter.write_line(f"not asked in this run: {', '.join(missing)}")

    def pytest_unconfigure(self) -> None:
        """The traffic is not kept."""
        os.environ.pop(FOLDER, None)
        shutil.rmtree(self._folder, ignore_errors=True)


def not_asked(held: Held) -> list[str]:
    """Operations that the code can ask and nobody did."""
    return [one for one in sorted(operations()) if not any(pattern(one).fullmatch(asked) for asked in held.asked)]


def summary(held: Held) -> str:
    """The one line that `.ci/run` repeats."""
    said = [f"{held.counted[kind]} {kind}s ({held.shapes[kind]} shapes)" for kind in KINDS]
    said[2] = said[2].replace("deliverys", "webhooks")
    known = len(operations())
    asked = f"{known - len(not_asked(held))} of Otto's {known} operations"
    return f"held to GitHub's description: {', '.join(said)}; {asked}; {len(held.problems)} do not fit"


def begin(config: pytest.Config) -> None:
    """Have the stand-ins of this run write down their traffic, where there is a description to hold it against."""
    if not (Path(os.environ.get(OPENAPI, "")) / GENERATED / FILE).is_file() or config.option.collectonly:
        return
    folder = Path(tempfile.mkdtemp(prefix="otto-traffic-"))
    os.environ[FOLDER] = str(folder)
    config.pluginmanager.register(Conformance(folder))
