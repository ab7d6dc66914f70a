"""The bare repository on disk, read and written with plain git."""

from __future__ import annotations

import base64
import hashlib
import os
import re
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

ZERO = "0" * 40
GIT_TIMEOUT_SECONDS = 60
CONFIG = """
[http]
\treceivepack = true
[uploadpack]
\tallowAnySHA1InWant = true
\tallowFilter = true
[receive]
\tautogc = false
\thideRefs = refs/pull
[gc]
\tauto = 0
[core]
\tlogAllRefUpdates = false
\thooksPath = "{hooks}"
"""


ABOUT_OBJECTS = frozenset({"cat-file", "diff-tree", "log", "ls-tree", "merge-base", "merge-tree", "rev-list"})
FULL = re.compile(r"[0-9a-f]{40}")
PLAIN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_+-]*([./][A-Za-z0-9_+-]+)*")
"""Names of refs in which nothing is syntax of revisions, nor leads out of a folder."""
COMMITS = ("refs/heads/", "refs/pull/")
"""Refs that name commits, never tags of their own."""
OBJECT = re.compile(r"\^?[0-9a-f]{40}(:.*)?", re.DOTALL)
MOST_KEPT = 2000
MOST_KEPT_BYTES = 16 * 1024


def of_objects(args: Sequence[str]) -> bool:
    """Whether a command asks about nothing but objects named by full SHAs: no ref can change what it says."""
    words = args[1 : args.index("--")] if "--" in args else args[1:]
    named = [word for word in words if not word.startswith("-")]
    refs = any(word.startswith(("--all", "--branches", "--tags", "--remotes", "--glob", "--stdin")) for word in words)
    return args[0] in ABOUT_OBJECTS and not refs and bool(named) and all(map(OBJECT.fullmatch, named))


class GitError(RuntimeError):
    """A git command failed; the text is what git said."""


@dataclass(frozen=True)
class Person:
    """Author or committer of a commit."""

    name: str
    email: str
    at: datetime

    def stamp(self) -> str:
        """The date as git reads it from the environment."""
        return f"{int(self.at.timestamp())} {self.at.strftime('%z') or '+0000'}"


@dataclass(frozen=True)
class CommitInfo:
    """A commit object."""

    sha: str
    tree: str
    parents: tuple[str, ...]
    author: Person
    committer: Person
    message: str


@dataclass(frozen=True)
class TreeEntry:
    """One entry of a tree; `size` only for blobs."""

    mode: str
    type: str
    sha: str
    size: int | None
    path: str


@dataclass(frozen=True)
class FileChange:
    """One file of a diff."""

    status: str
    path: str
    previous: str | None
    additions: int
    deletions: int
    sha: str
    patch: str | None


class BareRepo:
    """One bare repository; every method is one or few git processes and raises GitError with git's words."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._settled: dict[tuple[str, ...], subprocess.CompletedProcess[bytes]] = {}
        self._commits: set[str] = set()

    def env(self, **extra: str) -> dict[str, str]:
        """An environment in which neither the host's nor a user's git configuration counts."""
        return {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": str(self.path),
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_TERMINAL_PROMPT": "0",
            "LC_ALL": "C",
            **extra,
        }

    def try_git(
        self, *args: str, stdin: bytes | None = None, env: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[bytes]:
        """Runs git in the repository and returns what it did, whatever the exit code.

        What it said of objects alone, named by their full SHAs, is so for good and is not asked again.
        """
        settled = stdin is None and env is None and of_objects(args)
        if settled and args in self._settled:
            return self._settled[args]
        done = self._run(args, stdin, env)
        if settled and done.returncode in (0, 1) and len(done.stdout) <= MOST_KEPT_BYTES:
            if len(self._settled) >= MOST_KEPT:
                self._settled.clear()
            self._settled[args] = done
        return done

    def _run(
        self, args: Sequence[str], stdin: bytes | None, env: Mapping[str, str] | None
    ) -> subprocess.CompletedProcess[bytes]:
        # An empty input, not the server's own: a git that reads would hang the process.
        return subprocess.run(  # noqa: S603  fixed program, no shell
            ["git", "-C", str(self.path), *args],  # noqa: S607  git is found where the host has it
            capture_output=True, env=self.env(**(env or {})), timeout=GIT_TIMEOUT_SECONDS, check=False,
            input=stdin or b"",
        )  # fmt: skip

    def git(self, *args: str, stdin: bytes | None = None, env: Mapping[str, str] | None = None) -> bytes:
        """Runs git and returns its standard output; raises GitError on a non-zero exit."""
        done = self.try_git(*args, stdin=stdin, env=env)
        if done.returncode:
            raise GitError(f"git {args[0]}: {done.stderr.decode(errors='replace').strip()[:2000]}")
        return done.stdout

    def line(self, *args: str, stdin: bytes | None = None, env: Mapping[str, str] | None = None) -> str:
        """First line of git's output, without the newline."""
        return self.git(*args, stdin=stdin, env=env).decode().strip()

    def create(self, default_branch: str) -> None:
        """Makes the bare repository if it is not there; pushes over HTTP are allowed, hooks are ours only."""
        if (self.path / "HEAD").exists():
            return
        self.path.mkdir(parents=True, exist_ok=True)
        self.git("init", "-q", "--bare", f"--initial-branch={default_branch}", ".")
        with (self.path / "config").open("a", encoding="utf-8") as file:
            file.write(CONFIG.format(hooks=self.path / "hooks"))

    def resolve(self, ref: str) -> str | None:
        """SHA of the commit that a branch, tag, full ref or SHA names; None if there is none."""
        if not ref or "\x00" in ref:
            return None
        if ref in self._commits and not self._read_ref(f"refs/heads/{ref}"):
            return ref
        for name in (f"refs/heads/{ref}", f"refs/tags/{ref}", ref):
            if name.startswith(COMMITS) and (tip := self._read_ref(name)):
                return tip
            done = self.try_git("rev-parse", "--verify", "-q", "--end-of-options", f"{name}^{{commit}}")
            if done.returncode == 0:
                sha = done.stdout.decode().strip()
                if ref == sha:
                    self._commits.add(sha)  # nothing is cleared away here: it is one for good
                return sha
        return None

    def _read_ref(self, name: str) -> str | None:
        """What the file of a ref says, as git reads it: clients ask for branches all the time. None = ask git."""
        if not PLAIN.fullmatch(name):
            return None
        try:
            text = (self.path / name).read_text(encoding="ascii").strip()
        except (OSError, UnicodeDecodeError):
            return None
        return text if FULL.fullmatch(text) else None

    def refs(self, prefix: str = "refs/heads/") -> dict[str, str]:
        """Full ref names below `prefix` with their SHAs, sorted by name."""
        out = self.git("for-each-ref", "--format=%(refname) %(objectname)").decode()
        pairs = (line.split(" ", 1) for line in out.splitlines())
        return {name: sha for name, sha in pairs if name.startswith(prefix)}

    def valid_ref(self, ref: str) -> bool:
        """True for a well-formed full ref name."""
        return "\x00" not in ref and self.try_git("check-ref-format", ref).returncode == 0

    def update_ref(self, ref: str, new: str, old: str) -> None:
        """Moves a ref from `old` (ZERO = must not exist) to `new` (ZERO = delete)."""
        if new == ZERO:
            self.git("update-ref", "-d", ref, old)
        else:
            self.git("update-ref", ref, new, old)

    def set_head(self, branch: str) -> None:
        """Names the default branch."""
        self.git("symbolic-ref", "HEAD", f"refs/heads/{branch}")

    def object_type(self, sha: str) -> str | None:
        """`commit`, `tree`, `blob`, `tag`, or None when there is no such object."""
        done = self.try_git("cat-file", "-t", sha)
        return done.stdout.decode().strip() if done.returncode == 0 else None

    def commit(self, sha: str) -> CommitInfo:
        """Reads a commit object."""
        form = "%H%x00%T%x00%P%x00%an%x00%ae%x00%aI%x00%cn%x00%ce%x00%cI%x00%B"
        fields = self.git("log", "-1", f"--format={form}", "--end-of-options", sha).decode(errors="replace").split("\0")
        commit, tree, parents, an, ae, at, cn, ce, ct, message = fields
        return CommitInfo(
            commit, tree, tuple(parents.split()),
            Person(an, ae, datetime.fromisoformat(at)), Person(cn, ce, datetime.fromisoformat(ct)),
            message.rstrip("\n"),
        )  # fmt: skip

    def write_commit(self, tree: str, parents: list[str], message: str, author: Person, committer: Person) -> str:
        """Writes a commit object and returns its SHA."""
        args = [part for parent in parents for part in ("-p", parent)]
        return self.line(
            "commit-tree", tree, *args, "-F", "-", stdin=message.encode(),
            env={
                "GIT_AUTHOR_NAME": author.name, "GIT_AUTHOR_EMAIL": author.email, "GIT_AUTHOR_DATE": author.stamp(),
                "GIT_COMMITTER_NAME": committer.name, "GIT_COMMITTER_EMAIL": committer.email,
                "GIT_COMMITTER_DATE": committer.stamp(),
            },
        )  # fmt: skip

    def write_signed(self, tree: str, parents: list[str], message: str, author: Person, committer: Person) -> str:
        """Writes a commit with a signature of the stand-in's own, and remembers that it is one."""
        plain = self.git("cat-file", "commit", self.write_commit(tree, parents, message, author, committer))
        head, _, body = plain.partition(b"\n\n")
        seal = base64.b64encode(hashlib.sha512(plain).digest()).decode()
        lines = ["-----BEGIN PGP SIGNATURE-----", "", seal, "-----END PGP SIGNATURE-----", ""]
        signature = "\n ".join(lines).encode()
        sha = self.line(
            "hash-object", "-t", "commit", "-w", "--stdin", stdin=head + b"\ngpgsig " + signature + b"\n\n" + body
        )
        with self._signed_file.open("a", encoding="ascii") as file:
            file.write(f"{sha}\n")
        return sha

    @property
    def _signed_file(self) -> Path:
        return self.path / "signed-by-the-stand-in"

    def signed(self) -> frozenset[str]:
        """Every commit that the stand-in has signed."""
        return frozenset(self._signed_file.read_text().split()) if self._signed_file.exists() else frozenset()

    def write_blob(self, content: bytes) -> str:
        """Writes a blob and returns its SHA."""
        return self.line("hash-object", "-w", "--stdin", stdin=content)

    def read_blob(self, sha: str) -> bytes:
        """Content of a blob."""
        return self.git("cat-file", "blob", sha)

    def tree(self, treeish: str, *, recursive: bool = False, path: str = "") -> list[TreeEntry]:
        """Entries of a tree (of its sub-folder `path`), with full paths."""
        flags = ["-r", "-t"] if recursive else []
        spec = f"{treeish}:{path}" if path else treeish
        done = self.try_git("ls-tree", "-z", "-l", *flags, spec)
        if done.returncode:
            raise GitError(f"no tree {spec}")
        rows = []
        for row in filter(None, done.stdout.decode(errors="surrogateescape").split("\0")):
            meta, name = row.split("\t", 1)
            mode, kind, sha, size = meta.split()
            rows.append(TreeEntry(mode, kind, sha, None if size == "-" else int(size), name))
        return rows

    def entry(self, treeish: str, path: str) -> TreeEntry | None:
        """The entry at `path`, or None."""
        out = self.git("ls-tree", "-z", "-l", treeish, "--", path).decode(errors="surrogateescape")
        rows = [row for row in out.split("\0") if row]
        if len(rows) != 1:
            return None
        meta, name = rows[0].split("\t", 1)
        mode, kind, sha, size = meta.split()
        return TreeEntry(mode, kind, sha, None if size == "-" else int(size), name)

    def write_tree(self, base: str | None, entries: list[tuple[str, str, str | None]]) -> str:
        """A tree like `base` with (mode, path, sha or None = removed) applied; returns its SHA."""
        lines = "".join(
            f"{'0' if sha is None else mode} {sha or ZERO}\t{path}\0" for mode, path, sha in entries
        ).encode()  # fmt: skip
        with tempfile.TemporaryDirectory(dir=self.path) as folder:
            index = {"GIT_INDEX_FILE": str(Path(folder) / "index")}
            if base:
                self.git("read-tree", base, env=index)
            self.git("update-index", "-z", "--index-info", stdin=lines, env=index)
            return self.line("write-tree", env=index)

    def write_folder(self, source: Path) -> str:
        """A tree of every file below `source` (a `.git` there is left out); returns its SHA."""
        with tempfile.TemporaryDirectory(dir=self.path) as folder:
            extra = {"GIT_INDEX_FILE": str(Path(folder) / "index"), "GIT_DIR": str(self.path)}
            self.git("-C", str(source), "--work-tree=.", "add", "-A", "-f", ".", env=extra)
            return self.line("write-tree", env=extra)
