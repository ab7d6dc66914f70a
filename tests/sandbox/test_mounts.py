"""What is shown is found under its own name, links on the way included; what is hidden is hidden wherever it lies."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from otto_bot.playground.actions import cage as actions_cage
from otto_bot.sandbox import mounts
from otto_bot.sandbox.cage import Cage, Shared, python_paths
from otto_bot.sandbox.mounts import View, mount_arguments

PROBE = Cage.probe()
pytestmark = pytest.mark.skipif(not PROBE.ok, reason=PROBE.reason)


@pytest.fixture
def store() -> Iterator[Path]:
    """A folder of programs outside of /tmp, of which every cage has its own."""
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        yield Path(folder)


async def test_what_is_reached_over_links_is_there_under_its_name(work: Path, tmp_path: Path) -> None:
    """As an environment of a version behind the name of none, with an interpreter that is a link to another link."""
    real, inner = tmp_path / "otto-1.2", tmp_path / "pythons"
    (real / "bin").mkdir(parents=True)
    inner.mkdir()
    (real / "bin" / "python").symlink_to("../../pythons/current/../pythons/python3")
    (inner / "current").symlink_to(inner)
    (inner / "python3").symlink_to(inner / "python3.x")
    (inner / "python3.x").symlink_to(sys.executable)
    (inner / "private").write_text("very secret")
    (tmp_path / "otto").symlink_to("otto-1.2")
    (real / "state").mkdir()
    (real / "state" / "key").write_text("very secret")
    python = tmp_path / "otto" / "bin" / "python"
    cage = PROBE.cage(Shared(hidden=(real / "state",)))
    command = f"{python} -I -S -c 'print(1)'; cat {tmp_path}/otto/state/key {inner}/private {inner}/current/private"
    shown = [tmp_path / "otto", python, *python_paths()]
    result = await cage.run(command, workdir=work, timeout=20, readonly=shown)
    assert result.output.startswith("1\n")
    assert "very secret" not in result.output


@pytest.mark.parametrize("depth", [1, 3])
def test_the_running_python_over_a_link(depth: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    linked = tmp_path
    for number in range(depth):
        linked, before = tmp_path / f"link{number}", linked
        linked.symlink_to(Path(sys.prefix) if number == 0 else before)
    monkeypatch.setattr(sys, "prefix", str(linked))
    monkeypatch.setattr(sys, "executable", f"{linked}/bin/python")
    with PROBE.cage().enclosed([sys.executable, "-c", "import pytest; print('found')"]) as (line, handles):
        done = subprocess.run(line, capture_output=True, text=True, timeout=20, env={}, pass_fds=handles)
    assert (done.returncode, done.stdout) == (0, "found\n"), done.stderr


def test_a_link_in_a_circle_and_one_to_nowhere(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to(tmp_path / "b")
    (tmp_path / "b").symlink_to(tmp_path / "a")
    (tmp_path / "c").symlink_to(tmp_path / "nowhere")
    arguments = mount_arguments(View(readonly=(tmp_path / "a", tmp_path / "c", tmp_path / "d", Path("e"))), 4096)
    assert not any(str(tmp_path) in argument for argument in arguments)


async def test_what_is_hidden_is_hidden_among_programs_and_settings(
    work: Path, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every cage shows them; a host may keep a key there all the same."""
    (store / "secrets").mkdir(parents=True)
    (store / "program").write_text("ok\n")
    (store / "secrets" / "key").write_text("very secret")
    monkeypatch.setattr(mounts, "_PROGRAMS", (*mounts._PROGRAMS, str(store)))
    files = [path for path in mounts._settings() if path.is_file() and path.stat().st_size]
    plain = next(path for path in files if not path.is_symlink())
    linked = [path for path in files if path.is_symlink()][:1]
    hidden = (store / "secrets", plain, *(path.resolve() for path in linked))
    cage = PROBE.cage(Shared(hidden=hidden))
    told = " ".join(map(str, (plain, *linked)))
    result = await cage.run(f"cat {store}/program; cat {store}/secrets/key {told} 2>&-", workdir=work, timeout=20)
    assert result.output == "ok\n"


def test_an_environment_in_a_folder_of_the_root_is_shown_to_jobs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "prefix", "/venv")
    assert Path("/venv") in actions_cage.readable_paths()


def test_the_libraries_of_the_running_python_are_found(
    work: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some are built to be told where they are; of what else the host's variable says nothing gets in."""
    (tmp_path / "python" / "lib").mkdir(parents=True)
    monkeypatch.setattr(sys, "base_prefix", str(tmp_path / "python"))
    monkeypatch.setenv("LD_LIBRARY_PATH", f"{tmp_path}/python/lib:/opt/secret-place::lib:/usr/../opt/other")
    wanted = f"{tmp_path}/python/lib\n"
    told = "echo $LD_LIBRARY_PATH"
    for env, seen in (({}, wanted), ({"LD_LIBRARY_PATH": "/x"}, "/x\n")):
        assert asyncio.run(PROBE.cage().run(told, workdir=work, timeout=20, env=env)).output == seen
    with PROBE.cage().enclosed(["/bin/sh", "-c", told]) as (line, handles):
        done = subprocess.run(line, capture_output=True, text=True, timeout=20, env={}, pass_fds=handles)
    assert done.stdout == wanted
    assert actions_cage.environment(tmp_path)["LD_LIBRARY_PATH"] == wanted.strip()
