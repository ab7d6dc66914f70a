"""A host whose state lies on a disk of 16 MB: git and the database while it is full, and after room was made.

Usage: disk_program.py STATE URL. Prints one JSON object: step → what was found.
"""

import asyncio
import errno
import json
import os
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

from otto_bot.core.config import HostCaps
from otto_bot.core.events import Refused
from otto_bot.core.values import Person, Repo
from otto_bot.git.errors import DiskFull
from otto_bot.git.mirror import Mirror
from otto_bot.git.runner import GitRunner
from otto_bot.git.workspace import Workspace
from otto_bot.jobs.registry import translate
from otto_bot.store.archive import Archive
from otto_bot.store.database import StoreUnavailable, migrate, open_database
from otto_bot.store.ledger import Ledger, Trigger

AT = datetime(2026, 11, 1, tzinfo=UTC)
MEBIBYTE = 1024 * 1024


class Host:
    """The small disk, and what fills it."""

    def __init__(self, state: Path, url: str) -> None:
        self.state = state
        self.ballast = state / "ballast"
        self.found: dict[str, object] = {}

        async def token(_pushes: bool) -> str | None:
            return None

        self.mirror = Mirror(state / "mirror.git", url, token, GitRunner(state / "home"))

    def fill(self, left: int = 0) -> None:
        """Leave `left` bytes of room."""
        with self.ballast.open("wb", buffering=0) as file:  # what waits in a buffer would fail at the end once more
            try:
                while file.write(b"\0" * 65536):
                    pass
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise
                os.ftruncate(file.fileno(), max(0, os.fstat(file.fileno()).st_size - left))

    def clear(self) -> None:
        """Make room."""
        self.ballast.unlink()

    async def fails(self, step: str, act: Callable[[], Awaitable[object]]) -> None:
        """What an act raises for want of room, and what a run says then."""
        try:
            await act()
        except (DiskFull, OSError) as error:
            outcome = translate(error)
            self.found[step] = [type(error).__name__, outcome and outcome.message]
        else:
            self.found[step] = "did not fail"

    def leftovers(self) -> list[str]:
        """Temporary files of git."""
        return sorted(str(path.relative_to(self.state)) for path in self.state.rglob("tmp_*"))


async def git(host: Host) -> None:
    """Fetch, check out, take a snapshot: each without room, then with."""
    mirror, place = host.mirror, host.state / "work" / "t1-a1"
    await mirror.ensure()
    host.fill(MEBIBYTE)
    await host.fails("fetch", lambda: mirror.fetch("refs/heads/main"))
    host.found["after fetch"] = host.leftovers()
    host.clear()
    head = (await mirror.fetch("refs/heads/main"))["refs/heads/main"]
    host.fill(MEBIBYTE)
    await host.fails("workspace", lambda: Workspace.open(mirror, head, place))
    host.found["after workspace"] = [place.exists(), place.with_name("t1-a1.otto").exists()]
    host.clear()
    space = await Workspace.open(mirror, head, place)
    before = (await space.snapshot()).tree
    (place / "new.bin").write_bytes(os.urandom(2 * MEBIBYTE))
    host.fill(MEBIBYTE)
    await host.fails("snapshot", space.snapshot)
    host.found["after snapshot"] = host.leftovers()
    host.clear()
    after = (await space.snapshot()).tree
    host.found["snapshot again"] = before != after and (await space.snapshot()).tree == after
    (place / "new.bin").unlink()
    host.found["undone"] = (await space.snapshot()).tree == before
    await mirror.git("fsck", "--connectivity-only")
    await space.remove()


def database(host: Host) -> None:
    """The ledger and the coder's journal: nothing half, nothing lost."""
    engine = open_database(f"sqlite:///{host.state / 'otto.sqlite'}")
    migrate(engine)
    ledger, archive = Ledger(engine), Archive(engine)
    repo = Repo(id=7, installation_id=3, owner="octo", name="app", default_branch="main")
    who = Person(id=1, login="anna")
    run = ledger.start(Trigger(key="k", repo=repo, issue=4, title="T", body="B", actor=who), HostCaps(), AT)
    assert run is not None
    host.fill()

    def written(act: Callable[[], object]) -> str:
        try:
            act()
        except StoreUnavailable as error:
            return str(error)
        return "was written"

    host.found["ledger"] = written(lambda: ledger.append(run.id, [Refused(at=AT, reason="x" * 500_000)], AT))
    host.found["journal"] = written(lambda: archive.save_turn("run/1/code/t1/a1", 1, os.urandom(500_000), AT))
    host.found["unchanged"] = ledger.load(run.id) == run and archive.turns("run/1/code/t1/a1") == []
    host.clear()
    ledger.append(run.id, [Refused(at=AT, reason="x" * 500_000)], AT)
    archive.save_turn("run/1/code/t1/a1", 1, os.urandom(500_000), AT)
    with engine.connect() as c:
        host.found["whole"] = c.exec_driver_sql("PRAGMA integrity_check").scalar()
    host.found["kept"] = [len(ledger.events(run.id)), len(archive.turns("run/1/code/t1/a1"))]
    engine.dispose()


def main() -> None:
    host = Host(Path(sys.argv[1]), sys.argv[2])
    asyncio.run(git(host))
    database(host)
    sys.stdout.write(json.dumps(host.found))


if __name__ == "__main__":
    main()
