"""What a caged command sees of the file system, as arguments for bwrap: nothing but what is listed here or given."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

# Programs, libraries and what they read at each start. Everybody may read these on any machine.
_PROGRAMS = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/nix/store", "/gnu/store")
_ETC = (
    "alternatives", "ca-certificates", "ca-certificates.conf", "chromium.d", "crypto-policies", "debian_version",
    "default/locale", "fonts", "gai.conf", "java*", "ld.so.cache", "ld.so.conf", "ld.so.conf.d", "locale.alias",
    "localtime", "login.defs", "lsb-release", "magic", "magic.mime", "mime.types", "os-release", "perl", "pki/ca-trust",
    "pki/java", "pki/tls/certs", "postgresql-common", "protocols", "python3*", "rpc", "services", "shells",
    "ssl/certs", "ssl/openssl.cnf", "terminfo", "timezone", "xml",
)  # fmt: skip
# Where administrators put settings of programs of their own, passwords among them.
_PRIVATE = ("/usr/local/etc", "/etc/ssl/private", "/etc/pki/tls/private")

TMP = Path("/tmp")  # noqa: S108 - the cage's own
HOME = TMP / "home"
USER = 1000
"""User and group that a command sees itself as, also where Otto is root."""
_MOST_STEPS = 400
"""Of a path with its links followed; more are links in a circle."""
WRITABLE = (TMP, Path("/dev/shm"))  # noqa: S108 - the cage's own
"""Memory file systems of the cage."""
_ROOT_SIZE = 1024 * 1024
_COVER = ("--perms", "0755", "--size", "4096", "--tmpfs")
# One memory file system for all of them: each of its own would multiply what a command can fill.
_LINKS = {"/run": "/tmp/run", "/var/run": "/tmp/run", "/var/tmp": "/tmp"}  # noqa: S108 - the cage's own
MADE: Mapping[str, str] = {
    "/etc/passwd": f"root:x:0:0::/:/usr/sbin/nologin\notto:x:{USER}:{USER}::{HOME}:/bin/sh\n"
    "nobody:x:65534:65534::/:/usr/sbin/nologin\n",
    "/etc/group": f"root:x:0:\notto:x:{USER}:\nnogroup:x:65534:\n",
    "/etc/hosts": "127.0.0.1 localhost\n::1 localhost\n",
    "/etc/nsswitch.conf": "passwd: files\ngroup: files\nhosts: files dns\nservices: files\nprotocols: files\n",
    "/etc/resolv.conf": "",
    "/etc/hostname": "cage\n",
}
"""Files that programs look for, with nothing of the host in them."""


@dataclass(frozen=True)
class View:
    """What one command sees besides programs and libraries.

    `workdir` is writable but its `.git`, and where commands begin; `home` is kept from one command to the next,
    else it is empty each time; `readonly` is shown, with the links that lead to it; `hidden` is covered again where it
    lies in something shown;
    `single` puts one host path at another place of the cage, read-only.
    """

    workdir: Path | None = None
    home: Path | None = None
    readonly: tuple[Path, ...] = ()
    hidden: tuple[Path, ...] = ()
    single: tuple[tuple[Path, Path], ...] = ()


def mount_arguments(view: View, tmp_size: int) -> list[str]:
    """Arguments for `view`. ValueError where paths contradict each other or cannot be shown.

    Where paths lie within each other the deeper one decides: an interpreter inside a hidden home directory is
    seen, a secret inside a visible directory is not.
    """
    arguments = ["--perms", "0755", "--size", str(_ROOT_SIZE), "--tmpfs", "/", *_programs(view), "--proc", "/proc"]
    arguments += ["--dev", "/dev", "--size", str(tmp_size), "--tmpfs", str(WRITABLE[1]), "--remount-ro", "/dev"]
    # Before the rest: what is shown may itself lie in a folder of temporary files.
    arguments += ["--perms", "1777", "--size", str(tmp_size), "--tmpfs", str(TMP), "--dir", str(TMP / "run")]
    rules = _rules(view)
    for path in sorted(rules, key=lambda path: (len(path.parts), path)):
        arguments += rules[path]
    # At the end: something that is shown may lie in what is covered.
    arguments += [part for path in _covers(rules) for part in ("--remount-ro", str(path))]
    for name, target in _LINKS.items():
        if not any(path.is_relative_to(name) for path in rules):
            arguments += ["--symlink", target, name]
    arguments += ["--dir", str(HOME)] if view.home is None else ["--bind", str(_directory(view.home)), str(HOME)]
    for source, place in view.single:
        arguments += ["--ro-bind", str(source), str(place)]
    if view.workdir is not None:
        work = _workdir(view.workdir)
        arguments += [*_own_git(work), "--chdir", str(work)]
    return [*arguments, "--remount-ro", "/"]


def _programs(view: View) -> Iterator[str]:
    for name in _PROGRAMS:
        path = Path(name)
        if path.is_symlink():
            yield from ("--symlink", str(path.readlink()), name)
        elif path.is_dir():
            yield from ("--ro-bind", name, name)
    hidden = _existing(view.hidden)
    for setting in _settings():
        real = setting.resolve()
        # A link is bound as what it leads to, where no cover of that reaches.
        if real == setting or not any(real.is_relative_to(one) or one.is_relative_to(real) for one in hidden):
            yield from ("--ro-bind", str(setting), str(setting))


def _settings() -> Iterator[Path]:
    """Of /etc only what is listed."""
    etc = Path("/etc")
    for pattern in _ETC:
        yield from (path for path in sorted(etc.glob(pattern)) if _is_there(path))


def _system() -> tuple[Path, ...]:
    """What every cage shows."""
    return (*(path for path in map(Path, _PROGRAMS) if path.is_dir() or path.is_symlink()), *_settings())


def _rules(view: View) -> dict[Path, list[str]]:
    rules: dict[Path, list[str]] = {}
    work = None if view.workdir is None else _workdir(view.workdir)
    shown = _existing(view.readonly)
    private = [path for path in _existing(map(Path, _PRIVATE)) if path not in shown]
    hidden = [*_existing(view.hidden), *private]
    for path in shown:
        if path in hidden:
            raise ValueError(f"{path} cannot be both hidden and readable")
        if work is not None and path.is_relative_to(work):
            raise ValueError(f"{path} lies in the working directory, which is writable")
        if len(path.parts) < 2:
            raise ValueError("the whole file system cannot be shown")
        rules[path] = ["--ro-bind", str(path), str(path)]
    if work is not None:
        if work in hidden or work in rules:
            raise ValueError(f"the working directory {work} cannot be hidden or read-only as well")
        rules[work] = ["--bind", str(work), str(work)]
    visible = (*rules, *_system())
    rules.update({path: _cover(path) for path in hidden if any(path.is_relative_to(one) for one in visible)})
    return {**_links(view.readonly, rules), **rules}


def _links(paths: Iterable[Path], rules: Mapping[Path, list[str]]) -> dict[Path, list[str]]:
    """The links over which `paths` are reached, where nothing that is shown has them already.

    A link in the cage leads to what the cage has, so that it shows nothing that is hidden.
    """
    covers, shown = set(_covers(rules)), {*rules, *_system()}
    found: dict[Path, list[str]] = {}
    for link, target in chain.from_iterable(
        _followed(path) for path in paths if path.is_absolute() and _is_there(path)
    ):
        above = next((path for path in (link, *link.parents) if path in shown), None)
        if above is None or above in covers:
            found[link] = ["--symlink", target, str(link)]
    return found


def _followed(path: Path) -> Iterator[tuple[Path, str]]:
    """Each link on the way to `path`, where it really lies, with what it says."""
    here, left = Path("/"), list(path.parts[1:])
    for _step in range(_MOST_STEPS):
        if not left:
            return
        part = left.pop(0)
        there = here.parent if part == ".." else here / part
        if not there.is_symlink():
            here = there
            continue
        target = there.readlink()
        yield there, str(target)
        here = Path("/") if target.is_absolute() else here
        left = [*(part for part in target.parts if part != "/"), *left]


def _workdir(workdir: Path) -> Path:
    work = _directory(workdir)
    if len(work.parts) < 3:
        raise ValueError(f"the working directory must not be so near the root: {work}")
    return work


def _directory(path: Path) -> Path:
    if path.is_symlink() or not path.is_dir():
        raise ValueError(f"the working directory must be a directory, not a link: {path}")
    return path.resolve()


def _own_git(work: Path) -> list[str]:
    """`.git` stays as it is. A link there was made by hand: bwrap would follow it to any place of the host."""
    git = work / ".git"
    if git.is_symlink():
        raise ValueError(f"{git} is a symbolic link; remove it")
    return ["--ro-bind", str(git), str(git)] if git.exists() else []


def _existing(paths: Iterable[Path]) -> list[Path]:
    absolute = [path for path in paths if path.is_absolute()]
    return list(dict.fromkeys(path.resolve() for path in absolute if _is_there(path)))


def _is_there(path: Path) -> bool:
    try:
        return path.exists() and os.access(path, os.R_OK)
    except PermissionError:
        return False  # what we may not see, the command, which is the same user, may not see either


def _cover(path: Path) -> list[str]:
    if path.is_dir():
        return [*_COVER, str(path)]
    return ["--ro-bind", "/dev/null", str(path)]


def _covers(rules: Mapping[Path, list[str]]) -> list[Path]:
    return [path for path, rule in rules.items() if rule[: len(_COVER)] == list(_COVER)]
