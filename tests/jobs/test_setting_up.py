"""A set-up: once for each workspace, in the cage, and what it could not reach is told to whoever works there."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from otto_bot.core.config import Project
from otto_bot.core.egress_hosts import Allowed, narrowed
from otto_bot.jobs.caged import CagedRunner
from otto_bot.jobs.setting_up import SetUp
from otto_bot.sandbox.bare import Bare
from otto_bot.sandbox.cage import Cage

PROBE = Cage.probe()
pytestmark = pytest.mark.skipif(not PROBE.ok, reason=PROBE.reason)


@dataclass
class Place:
    """As much of a workspace as a set-up needs."""

    path: Path
    home: Path
    readable: tuple[Path, ...] = ()
    told: list[str] = field(default_factory=list)

    def set_up(self) -> str | None:
        return self.told[-1] if self.told else None

    def was_set_up(self, words: str) -> None:
        self.told.append(words)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    (tmp_path / "work" / "web").mkdir(parents=True)
    return Place(tmp_path / "work", tmp_path / "state" / "home")


def runner(place: Any, *projects: Project, allowed: Allowed = Allowed(())) -> CagedRunner:  # noqa: B008 - frozen
    return CagedRunner(PROBE.cage(), place, 20.0, SetUp(projects, allowed))


async def test_it_runs_once_before_the_first_command_and_what_it_installs_stays(place: Place) -> None:
    install = (
        'printf "#!/bin/sh\\necho the tool\\n" > $HOME/.local/bin/tool; chmod +x $HOME/.local/bin/tool; pwd > where'
    )
    tools = runner(place, Project(path="web", setup=install), Project(path=".", test="make test"))
    first = await tools.run("tool; echo $TMPDIR", 20.0)
    assert first.output.startswith("[set-up by Otto, ")
    assert first.output.endswith(" s: done]\nthe tool\n/tmp\n")
    assert (place.path / "web" / "where").read_text() == f"{place.path}/web\n"
    (place.path / "web" / "where").unlink()
    assert (await tools.run("tool", 20.0)).output == "the tool\n"
    again = await runner(place, Project(path="web", setup=install)).run("tool", 20.0)
    assert again.output.endswith(": done]\nthe tool\n")  # told to the next session, and not run again
    assert not (place.path / "web" / "where").exists()
    assert len(place.told) == 1


async def test_a_set_up_that_fails_is_told_and_the_command_runs_all_the_same(place: Place) -> None:
    tools = runner(place, Project(setup="echo no such package; exit 3"), Project(setup="touch second"))
    result = await tools.run("echo on", 20.0)
    assert ": failed: exit code 3]\nno such package\non\n" in result.output
    assert not (place.path / "second").exists()


async def test_a_project_that_is_not_there_is_not_set_up_elsewhere(place: Place) -> None:
    tools = runner(place, Project(path="gone", setup="touch here"), Project(setup="touch second"))
    result = await tools.run("echo on", 20.0)
    assert ": failed: exit code 1]" in result.output
    assert "gone" in result.output
    assert list(place.path.iterdir()) == [place.path / "web"]


async def test_hosts_that_could_not_be_reached_are_named_with_what_to_do(place: Place) -> None:
    request = "CONNECT evil.example:443 HTTP/1.1\\r\\n\\r\\n"
    ask = f'exec 3<>/dev/tcp/127.0.0.1/3128; printf "{request}" >&3; head -n 1 <&3; exit 1'
    allowed = narrowed(("pypi.org",), ("pypi.org", "other.example"))
    result = await runner(place, Project(setup=ask), allowed=allowed).run("true", 20.0)
    assert "[set-up: not reached: evil.example:443: it is not on the list of hosts]" in result.output
    assert "`other.example` is not on this host's list (OTTO_SETUP_HOSTS)" in result.output
    assert "paths.setup_hosts" in result.output
    assert "HTTP/1.1 403" in result.output


async def test_without_hosts_there_is_no_way_out_at_all(place: Place) -> None:
    ask = "exec 3<>/dev/tcp/127.0.0.1/3128 && echo open; env | grep -i proxy; exit 1"
    result = await runner(place, Project(setup=ask)).run("true", 20.0)
    assert "refused" in result.output
    assert "open" not in result.output
    assert "3128\n" not in result.output.replace("127.0.0.1/3128", "")


async def test_nothing_to_set_up_leaves_commands_as_they_are(place: Place) -> None:
    tools = runner(place, Project(test="make test"))
    assert (await tools.run("echo on; ls -A $HOME", 20.0)).output == "on\n"
    assert not place.home.exists()


async def test_without_a_cage_a_scripted_set_up_runs_as_its_commands_do(place: Any) -> None:
    bare = Bare("none", i_accept="scripted playground only")
    tools = CagedRunner(bare, place, 20.0, SetUp((Project(setup="echo x > $HOME/made"),), Allowed(())))
    assert (await tools.run("cat $HOME/made", 20.0)).output.endswith("done]\nx\n")
