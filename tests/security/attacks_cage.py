"""Attacks by code that runs in the cage: on the host's files, git, environment, processes and network."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from caged_place import BWRAP, GROUPS, MOUNTS, SECRET, SUPERVISE, caged, isolated, python, work_in
from security_registry import attack, defence

from otto_bot.bench.simulate.planting import Change


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
    "Of Otto's environment only the place of Python's libraries reaches a command, directly or by /proc",
    Change("otto_bot.sandbox.cage", "Cage.run", "env={},", 'env=dict(__import__("os").environ),'),
    Change(BWRAP, "started", '"--clearenv", ', ""),
)
PROCESSES = defence(
    "cage-has-its-own-processes",
    "A command sees and signals no process but its own, and none of them outlives it",
    lambda: isolated("pid"),
    Change(MOUNTS, "mount_arguments", '"--proc", "/proc"', '"--ro-bind", "/proc", "/proc"'),
    Change(SUPERVISE, "_end", "usage_below(process.pid).pids", "()"),
    Change(GROUPS, "_gone", "_kill(group)", "return True"),
)
NETWORK = defence(
    "cage-has-no-network",
    "A command reaches no network: not the machine's loopback, not its abstract sockets, not a cloud's services",
    lambda: isolated("net"),
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
    """A command leaves a link to the folder above as .git, to be mounted by its name for the next command."""
    (place / "outer" / "work").mkdir(parents=True)
    (place / "outer" / "key").write_text(SECRET)
    caged(place, "ln -s .. .git")
    try:
        found = caged(place, "cat ../key").output
    except ValueError:
        return None
    return found if SECRET in found else None


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
    for _ in range(500):
        # Without the defence nobody else removes its groups; the kernel takes a moment to count a process out.
        if not _running_in(work) and all(_removed(folder) for folder in groups):
            break
        threading.Event().wait(0.02)
    return f"{len(alive)} processes" if alive or (work / "planted").exists() else None


def _removed(folder: Path) -> bool:
    try:
        folder.rmdir()
    except FileNotFoundError:
        return True
    except OSError:  # not empty yet
        return False
    return True


def _groups_of(pid: int) -> list[Path]:
    """The control groups that its command had."""
    found = []
    try:
        lines = Path("/proc", str(pid), "cgroup").read_text().splitlines()
    except OSError:  # it was about to end
        lines = []
    for line in lines:
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
