# ruff: noqa: ASYNC240 - nothing else runs in these tests' loops
"""Attempts to break out of the cage, and the limits that hold inside it."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from otto_bot.sandbox.cage import Cage, Shared, python_paths
from otto_bot.sandbox.groups import counting
from otto_bot.sandbox.result import Limits

PROBE = Cage.probe()
pytestmark = pytest.mark.skipif(not PROBE.ok, reason=PROBE.reason)

MEBIBYTE = 1024 * 1024


async def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline, "waited 10 s"
        await asyncio.sleep(0.01)


def marked(mark: str) -> list[int]:
    """Processes of this machine whose command line holds `mark`."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                if mark.encode() in (entry / "cmdline").read_bytes():
                    found.append(int(entry.name))
            except OSError:
                continue  # it ended meanwhile
    return found


async def test_works_in_its_directory(run, work: Path) -> None:
    result = await run("cat file.txt; echo new > made.txt; echo oops >&2; exit 3")
    assert (result.exit_code, result.output, result.truncated, result.timed_out) == (3, "content\noops\n", False, False)
    assert result.stopped_by is None
    assert 0 < result.seconds < 20
    assert (work / "made.txt").read_text() == "new\n"


async def test_host_secrets_are_not_there(run, secrets: Path, tmp_path: Path) -> None:
    (tmp_path / "beside.txt").write_text("very secret")
    places = [secrets, secrets / "*", tmp_path / "beside.txt", Path("/etc/shadow"), Path.home() / ".bashrc"]
    for place in places:
        result = await run(f"cat {place}; ls {place}/ 2>/dev/null")
        assert ".pem\n" not in result.output
        assert "very secret" not in result.output
        assert "root:" not in result.output
    seen = await run("for place in /root /home /run/ /srv /opt; do ls -A $place 2>/dev/null; done")
    assert seen.output == ""


async def test_a_hidden_file(work: Path, tmp_path: Path) -> None:
    visible = tmp_path / "tools"
    visible.mkdir()
    (visible / "tool").write_text("ok")
    (visible / "key").write_text("very secret")
    cage = PROBE.cage(Shared(hidden=(visible / "key",)))
    result = await cage.run(f"cat {visible}/tool {visible}/key", workdir=work, timeout=20, readonly=[visible])
    assert result.output.startswith("ok")
    assert "very secret" not in result.output


async def test_a_work_tree_inside_of_what_is_hidden_inside_of_what_is_shown(tmp_path: Path) -> None:
    """A virtual environment with the state folder in it, as some install Otto."""
    state = tmp_path / "venv" / "state"
    (state / "work").mkdir(parents=True)
    (state / "key").write_text("very secret")
    (tmp_path / "venv" / "tool").write_text("ok\n")
    cage = PROBE.cage(Shared(hidden=(state,)))
    command = f"cat {tmp_path}/venv/tool; touch made; ls {state}; touch {state}/new"
    result = await cage.run(command, workdir=state / "work", timeout=20, readonly=[tmp_path / "venv"])
    assert result.output.startswith("ok\nwork\n")
    assert "Read-only" in result.output
    assert (state / "work" / "made").exists()


async def test_the_environment_is_only_what_was_given(run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-very-secret")
    result = await run("env; cat /proc/*/environ | tr '\\0' '\\n'", env={"GREETING": "hello"})
    assert "very-secret" not in result.output
    names = {line.split("=", 1)[0] for line in result.output.splitlines()}
    assert "GREETING" in names
    assert names - {"LD_LIBRARY_PATH"} <= {
        "GREETING",
        "PATH",
        "HOME",
        "TMPDIR",
        "LANG",
        "TERM",
        "USER",
        "PWD",
        "SHLVL",
        "_",
        "OLDPWD",
    }


async def test_nothing_given_shows_in_a_command_line(run, work: Path) -> None:
    running = asyncio.create_task(run("touch started; until [ -e go ]; do sleep 0.02; done", env={"X": "not-for-ps"}))
    await until((work / "started").exists)
    assert marked("not-for-ps") == []
    (work / "go").touch()
    assert (await running).exit_code == 0


async def test_nothing_outside_can_be_written(run, work: Path, tmp_path: Path) -> None:
    for place in ("/usr/bin/owned", "/etc/owned", "/owned", "/dev/owned", f"{tmp_path}/owned", "/var/lib/owned"):
        await run(f"echo x > {place}")
        assert not Path(place).exists()
    assert (await run("echo x > /etc/hostname")).exit_code != 0
    await run("ln -s /etc out; echo x > out/owned; mount -o remount,rw /; echo x > /usr/owned; umount /tmp; ls /tmp")
    assert not Path("/etc/owned").exists()
    assert not Path("/usr/owned").exists()


async def test_no_rights_are_left(run) -> None:
    result = await run(
        "grep -E '^Cap(Eff|Prm|Bnd)' /proc/self/status; grep NoNewPrivs /proc/self/status; unshare -Ur id"
    )
    assert result.output.count("0000000000000000") == 3
    assert "NoNewPrivs:\t1" in result.output
    assert "uid=0(root) gid=0(root) groups=0(root)" not in result.output.splitlines()[-1]


async def test_no_network(run, loopback) -> None:
    port, visits = loopback
    assert "connected" not in (await run(f"exec 3<>/dev/tcp/127.0.0.1/{port} && echo connected")).output
    assert visits == []


async def test_no_sockets_of_host_services(run, tmp_path: Path) -> None:
    path = tmp_path / "service.sock"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        server.listen()
        code = f"import socket; socket.socket(socket.AF_UNIX).connect({str(path)!r}); print('connected')"
        result = await run(f'{sys.executable} -I -S -c "{code}"', readonly=python_paths())
    assert "connected" not in result.output.splitlines()
    assert "FileNotFoundError" in result.output


async def test_git_stays_as_it_is(run, work: Path) -> None:
    result = await run("echo '[core]' >> .git/config; mkdir .git/hooks; mv .git away; rm -rf .git; ln -s /etc .git")
    assert result.exit_code != 0
    assert (work / ".git" / "config").read_text() == "[core]\n"
    assert [path.name for path in (work / ".git").iterdir()] == ["config"]


async def test_a_git_that_is_a_link_is_refused(run, work: Path, secrets: Path) -> None:
    (work / ".git" / "config").unlink()
    (work / ".git").rmdir()
    await run(f"ln -s {secrets} .git")
    with pytest.raises(ValueError, match="symbolic link"):
        await run("cat .git/private-key.pem")


async def test_other_processes_are_not_seen(run) -> None:
    result = await run(f"kill -9 {os.getpid()}; ls -d /proc/[0-9]* | wc -l")
    assert int(result.output.splitlines()[-1]) < 10


async def test_too_many_processes_end_it(run) -> None:
    limits = Limits(processes=40)
    result = await run("for i in $(seq 400); do sleep 61.25 & done; wait", limits=limits)
    assert result.stopped_by == "processes" or "fork" in result.output
    await until(lambda: marked("61.25") == [])


@pytest.mark.skipif(os.geteuid() == 0 and counting("pids") is None, reason="nothing bounds root's processes here")
async def test_a_fork_bomb_is_bounded_by_the_kernel(run) -> None:
    started, before = time.monotonic(), groups()
    result = await run("bomb() { bomb | bomb & }; bomb; sleep 3", limits=Limits(processes=60), timeout=5.0)
    assert result.stopped_by in {"processes", "timeout"} or "fork" in result.output
    assert time.monotonic() - started < 20
    assert await gone(groups() - before)


def groups() -> set[Path]:
    """Process groups of the kernel that belong to a cage, this test's or one that runs beside it."""
    root = counting("pids")
    return set(root.glob("otto-*")) if root else set()


async def gone(left: set[Path]) -> bool:
    """Whether every one of these groups ends; those of tests that run beside this one do so with their cage."""
    for _look in range(400):
        if not left & groups():
            return True
        await asyncio.sleep(0.05)
    return False


async def test_memory_of_all_processes_together(run) -> None:
    command = "for i in 1 2 3 4; do head -c 60000000 /dev/zero | tail -c 60000000 | sleep 30 & done; wait"
    result = await run(command, limits=Limits(memory=100 * MEBIBYTE))
    assert result.stopped_by == "memory"


async def test_memory_of_one_process(run) -> None:
    result = await run(
        "x=$(head -c 400000000 /dev/zero | tr '\\0' x); echo ${#x}", limits=Limits(address_space=100 * MEBIBYTE)
    )
    assert result.exit_code != 0
    assert "alloc" in result.output


async def test_files_and_scratch_space_are_bounded(run, work: Path) -> None:
    limits = Limits(file_size=MEBIBYTE, tmp_size=2 * MEBIBYTE)
    await run("head -c 5M /dev/zero > big", limits=limits)
    assert (work / "big").stat().st_size <= MEBIBYTE
    for place in ("/tmp", "/var/tmp", "/dev/shm", "/run"):
        result = await run(f"for i in 1 2 3 4; do head -c 1000000 /dev/zero > {place}/$i; done", limits=limits)
        assert "No space left" in result.output


async def test_endless_output_is_cut_in_the_middle(run) -> None:
    result = await run(
        "echo first; head -c 3000000 /dev/zero | tr '\\0' x; echo; echo last", limits=Limits(output=2000)
    )
    assert result.truncated
    assert result.output.startswith("first\nxxx")
    assert result.output.endswith("xxx\nlast\n")
    assert f"{3_000_012 - 2000} of 3000012 bytes" in result.output
    assert len(result.output) < 2200
    endless = await run("yes", timeout=0.5)
    assert endless.timed_out


async def test_timeout_kills_all(run) -> None:
    result = await run("echo begun; setsid sleep 61.5 & (sleep 61.5 &) ; sleep 61.5", timeout=0.5)
    assert (result.timed_out, result.stopped_by, result.exit_code) == (True, "timeout", -9)
    assert result.output == "begun\n"
    await until(lambda: marked("61.5") == [])


async def test_children_do_not_outlive_the_command(run) -> None:
    result = await run("setsid nohup sleep 61.75 >/dev/null 2>&1 & echo done")
    assert (result.exit_code, result.output) == (0, "done\n")
    assert result.seconds < 5
    await until(lambda: marked("61.75") == [])


async def test_cancelling_kills_all(run, work: Path) -> None:
    running = asyncio.create_task(run("touch started; setsid sleep 62.25 & sleep 62.25"))
    await until((work / "started").exists)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    await until(lambda: marked("62.25") == [])


async def test_the_running_python_can_be_shown(run, work: Path) -> None:
    result = await run(f"{sys.executable} -c 'import pytest; print(pytest.__name__)'", readonly=python_paths())
    assert result.output == "pytest\n"


async def test_input_is_empty_and_there_is_no_terminal(run) -> None:
    assert (await run("cat; tty; echo end")).output == "not a tty\nend\n"


async def test_what_cannot_be_run_is_refused(run, work: Path, secrets: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(work)
    (work / "inner").mkdir()
    for more, said in (
        ({"workdir": tmp_path / "link"}, "not a link"),
        ({"workdir": tmp_path / "nowhere"}, "must be a directory"),
        ({"workdir": Path("/usr")}, "near the root"),
        ({"workdir": secrets}, "hidden"),
        ({"readonly": [secrets]}, "both hidden"),
        ({"readonly": [work / "inner"]}, "writable"),
        ({"env": {"A=B": "x"}}, "environment variable"),
        ({"env": {"A": "x\0y"}}, "environment variable"),
    ):
        with pytest.raises(ValueError, match=said):
            await run("true", **more)
    with pytest.raises(ValueError, match="NUL"):
        await run("echo \0")
    with pytest.raises(ValueError, match="script file"):
        await run("#" * 200_000)


@pytest.mark.slow
async def test_processor_time_of_all_processes_together(run) -> None:
    started = time.monotonic()
    busy = "for i in 1 2 3; do (while :; do :; done) & done; wait"
    assert (await run(busy, limits=Limits(cpu_total=1))).stopped_by == "cpu"
    assert time.monotonic() - started < 15


async def test_output_without_end_ends_it(run) -> None:
    result = await run("yes", limits=Limits(printed=MEBIBYTE, output=1000))
    assert result.stopped_by == "output"
    assert len(result.output) < 1200


async def test_memory_files_count_as_memory(run) -> None:
    """They are no process's: each shell that wrote them has ended."""
    command = "for i in 1 2 3 4 5 6; do head -c 20M /dev/zero > /dev/shm/$i; done; sleep 20"
    result = await run(command, limits=Limits(memory=60 * MEBIBYTE))
    assert result.stopped_by == "memory" or "Cannot allocate" in result.output


async def test_a_work_tree_that_grows_too_large_ends_it(run, work: Path) -> None:
    (work / "before").write_bytes(b"x" * 3 * MEBIBYTE)
    limits = Limits(disk=2 * MEBIBYTE)
    full = await run("head -c 1M /dev/zero > more; rm before; echo less", limits=limits)
    assert full.output.startswith("[the work tree holds more than it may")
    assert full.output.endswith("less\n")
    assert (work / "more").stat().st_size <= 1
    more = "for i in $(seq 400); do head -c 100K /dev/urandom > f$i; sleep 0.01; done; sleep 20"
    assert (await run(more, limits=limits)).stopped_by == "disk"


async def test_a_home_that_is_kept(run, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    await run("echo kept > $HOME/file; echo lost > /tmp/file", home=home)
    assert (await run("cat $HOME/file /tmp/file", home=home)).output.startswith("kept\n")
    assert (home / "file").read_text() == "kept\n"
    assert "kept" not in (await run("cat $HOME/file")).output
    (tmp_path / "link").symlink_to(home)
    with pytest.raises(ValueError, match="not a link"):
        await run("true", home=tmp_path / "link")


async def test_who_it_is_and_what_it_finds(run) -> None:
    result = await run("id -un; hostname; cat /etc/hosts | head -n 1; ls -A /usr/local/etc; cat /etc/resolv.conf")
    assert result.output == "otto\ncage\n127.0.0.1 localhost\n"


async def test_the_whole_host_cannot_be_shown(run) -> None:
    with pytest.raises(ValueError, match="whole file system"):
        await run("true", readonly=[Path("/")])
