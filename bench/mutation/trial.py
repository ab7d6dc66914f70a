"""A pytest plugin that tries mutants: the tests are collected once, each mutant gets a fork of that process.

A fault that shows only when a module is loaded, and one that no test saw in a fork, is tried in a new process.
"""

from __future__ import annotations

import gc
import importlib.abc
import importlib.machinery
import importlib.util
import json
import os
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings

from bench.mutation.swapping import loaded, swapped

TODO = "OTTO_MUTATION_TODO"
"""Names a JSON file: {"out", "workers", "until", "trials": [{"name", "file", "text", "tests", "limit"}]}.

A trial without a text is the control: nothing is changed, and no test may fail."""
FRESH = "OTTO_MUTATION_FRESH"
"""Names a JSON file of one trial."""
KILLED, SURVIVED, ELSEWHERE = 1, 0, 3


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Loads one module from another text."""

    def __init__(self, file: Path, text: str, root: Path) -> None:
        self.module = ".".join(file.relative_to(root).with_suffix("").parts)
        self.file, self.text = file, text

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if name != self.module:
            return None
        return importlib.util.spec_from_file_location(name, self.file, loader=self)

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> None:
        return None

    def exec_module(self, module: ModuleType) -> None:
        exec(compile(self.text, str(self.file), "exec"), module.__dict__)


class Fresh:
    """Runs the tests of one trial in this process, its fault in place before anything of the product is loaded."""

    def __init__(self, trial: dict[str, Any], root: Path) -> None:
        """`trial` as in TODO."""
        self.order = {name: at for at, name in enumerate(trial["tests"])}
        sys.meta_path.insert(0, _Finder(root / trial["file"], trial["text"], root))

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Only those of the trial, the quick ones first."""
        items[:] = sorted((one for one in items if one.nodeid in self.order), key=lambda one: self.order[one.nodeid])


class Forks:
    """Takes the place of pytest's loop: not the tests are run one by one, but the mutants."""

    def __init__(self, todo: dict[str, Any], root: Path) -> None:
        """`todo` as in TODO."""
        self.todo, self.root = todo, root
        self.failed = False

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """In a fork: some test saw the fault."""
        self.failed = self.failed or report.failed

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Every trial, `workers` at a time; one line a result."""
        items = {item.nodeid: item for item in session.items}
        functions = loaded({str(self.root / trial["file"]) for trial in self.todo["trials"]})
        gc.collect()
        gc.freeze()
        running: dict[int, tuple[dict[str, Any], float]] = {}
        waiting = list(self.todo["trials"])
        with Path(self.todo["out"]).open("a") as out:
            while waiting or running:
                while waiting and len(running) < self.todo["workers"] and time.time() < self.todo["until"]:
                    trial = waiting.pop(0)
                    running[self._fork(trial, items, functions)] = (trial, time.monotonic())
                if not running:
                    break
                time.sleep(0.02)
                for pid, result, seconds in _ended(running):
                    trial = running.pop(pid)[0]
                    out.write(
                        json.dumps({"name": trial["name"], "result": result, "seconds": round(seconds, 2)}) + "\n"
                    )
                    out.flush()
        return True

    def _fork(self, trial: dict[str, Any], items: dict[str, pytest.Item], functions: Any) -> int:
        pid = os.fork()
        if pid:
            return pid
        code = ELSEWHERE
        try:
            os.setsid()
            null = os.open(os.devnull, os.O_RDWR)
            for number in (0, 1, 2):
                os.dup2(null, number)
            file = self.root / trial["file"]
            if not trial["text"] or swapped(functions, str(file), file.read_text(), trial["text"]):
                code = self._run([items[name] for name in trial["tests"] if name in items])
        finally:
            os._exit(code)

    def _run(self, items: list[pytest.Item]) -> int:
        if not items:
            return ELSEWHERE
        for at, item in enumerate(items):
            following = items[at + 1] if at + 1 < len(items) else None
            try:
                item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
            except BaseException:  # noqa: BLE001 - whatever falls, falls over the fault
                self.failed = True
            if self.failed:
                return KILLED
        return SURVIVED


def _ended(running: dict[int, tuple[dict[str, Any], float]]) -> list[tuple[int, str, float]]:
    words = {KILLED: "killed", SURVIVED: "survived"}
    found = []
    for pid, (trial, begun) in list(running.items()):
        seconds = time.monotonic() - begun
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            # A fork that a signal ended, or that recursed until it was killed, has shown the fault.
            code = os.waitstatus_to_exitcode(status)
            found.append((pid, words.get(code, "elsewhere" if code == ELSEWHERE else "killed"), seconds))
        elif seconds > trial["limit"]:
            os.killpg(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            found.append((pid, "timeout", seconds))
    return found


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """The fault of a new process is in place before a conftest loads anything of the product."""
    if where := os.environ.get(FRESH):
        early_config.pluginmanager.register(Fresh(json.loads(Path(where).read_text()), early_config.rootpath))


def pytest_configure(config: pytest.Config) -> None:
    """Choose by the environment; examples are the same in every trial, and a found fault is not made small."""
    settings.register_profile(
        "mutation",
        deadline=None,
        derandomize=True,
        database=None,
        phases=(Phase.explicit, Phase.generate),
        suppress_health_check=list(HealthCheck),
    )
    settings.load_profile("mutation")
    if where := os.environ.get(TODO):
        config.pluginmanager.register(Forks(json.loads(Path(where).read_text()), config.rootpath))
