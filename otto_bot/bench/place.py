"""What all runs of one scenario share: the remote with its first commit, an empty database, the check's results."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from otto_bot.bench.checks import Checking, Checks
from otto_bot.bench.scenario import BenchScenario
from otto_bot.core.redact import Redactor
from otto_bot.git.commits import Author, write_commit
from otto_bot.git.mirror import Mirror
from otto_bot.git.runner import GitRunner
from otto_bot.model.prices import Prices
from otto_bot.sandbox.cage import Runs
from otto_bot.store.database import migrate, open_database

BEGUN = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
"""When every run begins, by its own clock."""
REPO_ID = 7
PERSON = Author("maintainer", "maintainer@users.noreply.github.com")
BOT = Author("otto[bot]", "41+otto[bot]@users.noreply.github.com")
REMOTE, MIRROR, DATABASE = "remote.git", "mirror.git", "otto.sqlite"


async def _no_token(_pushes: bool) -> str | None:
    return None


class LocalMirror(Mirror):
    """A mirror whose remote is a bare repository on this disk."""

    def __init__(self, path: Path, remote: Path, runner: GitRunner) -> None:
        super().__init__(path, "https://remote.invalid/octo/bench.git", _no_token, runner)
        self.url = str(remote)


@dataclass(frozen=True)
class Place:
    """Made by `prepare`; `open_run` gives each run a copy of its own."""

    root: Path
    scenario: BenchScenario
    base_sha: str
    checks: Checking
    runner: GitRunner
    prices: Prices = field(default_factory=Prices.published)
    redactor: Redactor = field(default_factory=Redactor)
    cage: Runs | None = None
    """Where the coder's commands run; without one it has none."""

    def open_run(self, name: str) -> Path:
        """A new folder with a remote, a mirror and a database as they stand before the run."""
        folder = self.root / name
        for part in (REMOTE, MIRROR):
            shutil.copytree(self.root / "before" / part, folder / part)
        shutil.copyfile(self.root / "before" / DATABASE, folder / DATABASE)
        return folder

    def mirror(self, folder: Path) -> LocalMirror:
        """The mirror of a run's folder."""
        return LocalMirror(folder / MIRROR, folder / REMOTE, self.runner)


async def prepare(scenario: BenchScenario, root: Path, database: Path, checks: Checks | None = None) -> Place:
    """The remote of a scenario with one commit on `main`. `database` is an empty one, see `empty_database`.

    `checks` may know trees already; without them each is run anew.
    """
    before = root / "before"
    before.mkdir(parents=True)
    shutil.copyfile(database, before / DATABASE)
    runner = GitRunner(root / "home", protocols=("file",))
    remote = LocalMirror(before / REMOTE, before / REMOTE, runner)
    await remote.ensure()
    # What a person pushes is fetched by its commit id, as on GitHub.
    await remote.git("config", "uploadpack.allowAnySHA1InWant", "true")
    tree = await write_tree(remote, scenario.repo, before / "index")
    sha = await write_commit(remote, tree, [], "Start", author=PERSON, when=BEGUN)
    await remote.git("update-ref", "refs/heads/main", sha)
    mirror = LocalMirror(before / MIRROR, before / REMOTE, runner)
    await mirror.fetch(sha)
    return Place(root, scenario, sha, checks or Checks(scenario.workflow.command, root / "checks"), runner)


async def write_tree(mirror: Mirror, folder: Path, index: Path) -> str:
    """The tree of a folder's files."""
    env = {"GIT_WORK_TREE": str(folder), "GIT_INDEX_FILE": str(index)}
    await mirror.git("add", "--all", "--force", "--", ".", ":(exclude,glob)**/__pycache__/**", env=env)
    return (await mirror.git("write-tree", env=env)).text


async def person_pushes(place: Place, folder: Path, files: Mapping[str, str | None], when: datetime) -> str:
    """A person's commit on the default branch; returns its id."""
    remote = LocalMirror(folder / REMOTE, folder / REMOTE, place.runner)
    head = (await remote.git("rev-parse", "refs/heads/main")).text
    env = {"GIT_INDEX_FILE": str(folder / "person-index")}
    await remote.git("read-tree", head, env=env)
    lines = []
    for path, text in files.items():
        if text is None:
            lines.append(f"0 {'0' * 40}\t{path}\n")
        else:
            blob = (await remote.git("hash-object", "-w", "--stdin", input=text.encode())).text
            lines.append(f"100644 {blob}\t{path}\n")
    await remote.git("update-index", "--index-info", env=env, input="".join(lines).encode())
    tree = (await remote.git("write-tree", env=env)).text
    sha = await write_commit(remote, tree, [head], "Mend the default branch", author=PERSON, when=when)
    await remote.git("update-ref", "refs/heads/main", sha)
    return sha


def empty_database(path: Path) -> Path:
    """A migrated database without rows, in one file: to be copied."""
    engine = open_database(f"sqlite:///{path}")
    migrate(engine)
    engine.dispose()  # the last connection that closes writes everything into the one file
    return path
