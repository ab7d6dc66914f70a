"""A worker's mirror with a run on it, for attacks by what Otto would push."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from otto_bot.core.budget import Money
from otto_bot.core.config import Config, HostCaps
from otto_bot.core.diff_findings import Finding
from otto_bot.core.redact import Redactor
from otto_bot.core.run import Run
from otto_bot.core.values import Person, Repo
from otto_bot.git.mirror import Mirror
from otto_bot.git.reading import Reading
from otto_bot.git.runner import GitRunner
from otto_bot.jobs.context import Context
from otto_bot.jobs.gated_push import held_by

OPEN = Config.model_validate({"paths": {"protected": []}})
"""A repository whose own file protects nothing."""
Entry = bytes | str | tuple[str, bytes | str]
"""A file's content, or (mode, content); of a submodule the commit."""
LOCK = """{
  "lockfileVersion": 3,
  "packages": {
    "node_modules/ms": {
      "version": "2.1.3",
      "resolved": "https://registry.npmjs.org/ms/-/ms-2.1.3.tgz",
      "integrity": "sha512-6FlzubTLZG3J2a/NVCAleEhjzq5oxgHyaCU9yYXvcLsvoVaHJq/s5xXI6/XXP6tz7R9xAOtHnSO/tXtF3WRTlA=="
    }
  }
}
"""
BASE: Mapping[str, Entry] = {
    "src/app.py": "print('hello')\n",
    "package.json": '{"name": "app", "scripts": {"test": "node --test"}, "dependencies": {"ms": "2.1.3"}}\n',
    "package-lock.json": LOCK,
    "requirements.txt": "flask==3.0.0\n",
    "go.mod": "module example.com/app\n\ngo 1.22\n\nrequire golang.org/x/text v0.14.0\n",
}


class Place:
    """A mirror with one commit, as a worker has it, and a run on it."""

    def __init__(self, path: Path) -> None:
        self.runner = GitRunner(path / "home", protocols=("http",))
        self.mirror = Mirror(path / "mirror.git", "http://127.0.0.1:9/o/r.git", self._token, self.runner)
        subprocess.run(["git", "init", "-q", "--bare", self.mirror.path], check=True)
        (self.mirror.path / "info").mkdir(exist_ok=True)
        (self.mirror.path / "info" / "attributes").write_text("* -text\n")
        self.base = self.commit(BASE)

    async def _token(self, pushes: bool) -> str | None:
        return None

    def git(self, *argv: str, given: bytes = b"") -> str:
        env = {**self.runner.environment(), "GIT_DIR": str(self.mirror.path)}
        ran = subprocess.run(["git", *argv], input=given, env=env, capture_output=True, check=True)
        return ran.stdout.decode().strip()

    def commit(self, files: Mapping[str, Entry], *parents: str, message: str = "Work") -> str:
        """A commit of the base's files with these, whatever they are named: git's own checks are passed by."""
        root: dict[str, Any] = {}
        for path, entry in {**BASE, **files}.items():
            *folders, name = path.split("/")
            folder = root
            for part in folders:
                folder = folder.setdefault(part, {})
            folder[name] = entry if isinstance(entry, tuple) else ("100644", entry)
        made = [f"-p{parent}" for parent in parents]
        who = {
            f"GIT_{role}_{what}": "otto@example.com" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")
        }
        env = {**self.runner.environment(), **who, "GIT_DIR": str(self.mirror.path)}
        ran = subprocess.run(
            ["git", "commit-tree", self._tree(root), *made],
            input=message.encode(),
            env=env,
            capture_output=True,
            check=True,
        )
        return ran.stdout.decode().strip()

    def _tree(self, folder: Mapping[str, Any]) -> str:
        rows = b""
        for name, entry in folder.items():
            if isinstance(entry, dict):
                row = f"040000 tree {self._tree(entry)}"
            elif entry[0] == "160000":
                row = f"160000 commit {entry[1]}"
            else:
                content = entry[1].encode() if isinstance(entry[1], str) else entry[1]
                row = f"{entry[0]} blob {self.git('hash-object', '-w', '--stdin', given=content)}"
            rows += f"{row}\t{name}".encode() + b"\0"
        return self.git("mktree", "-z", "--missing", given=rows)

    @property
    def run(self) -> Run:
        at = datetime(2026, 1, 1, tzinfo=UTC)
        return Run(
            id=1, repo=Repo(id=1, installation_id=1, owner="o", name="r", default_branch="main"), issue=7, ordinal=1,
            title="T", body="B", actor=Person(id=1, login="anna"), config=OPEN, caps=HostCaps(), started_at=at,
            base_sha=self.base, head=self.base, money=Money(cap=1),
        )  # fmt: skip

    async def held(
        self, sha: str, run: Run | None = None, secret: str = "", known: Sequence[str] = ()
    ) -> tuple[Finding, ...]:
        """What the one way to GitHub says about a commit."""
        parts = {
            "redactor": Redactor([secret]),
            "reading": lambda mirror: Reading(mirror.path, self.runner.environment()),
        }
        return await held_by(cast("Context", SimpleNamespace(**parts)), run or self.run, self.mirror, sha, known)


async def pushed(where: Path, files: Mapping[str, Entry], message: str = "Work", secret: str = "") -> str | None:
    """What the attacker gets on GitHub: names of the files, where the gate lets one commit with all of them through."""
    here = Place(where)
    sha = here.commit(files, here.base, message=message)
    return None if await here.held(sha, secret=secret) else f"{sorted(files) or message!r} is pushed"


async def any_of(where: Path, files: Mapping[str, Entry]) -> str | None:
    """The same for a commit of each file alone: one that is held hides no other one."""
    here = Place(where)
    found = [path for path, entry in files.items() if not await here.held(here.commit({path: entry}, here.base))]
    return f"{found} are pushed" if found else None
