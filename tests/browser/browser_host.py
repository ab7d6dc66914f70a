"""The real server in a process of its own over a database that a test has filled; it may be stopped and started."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from forks import ForkServer

from otto_bot.playground.demo.processes import Child
from otto_bot.playground.demo.secrets import make_secrets
from otto_bot.playground.demo.stand_in import APP_ID

GITHUB = "http://127.0.0.1:9"
"""Nobody listens there: what is shown comes from the database."""
QUIET = {"NO_PROXY": "127.0.0.1,localhost", "no_proxy": "127.0.0.1,localhost", "PYTHONUNBUFFERED": "1"}


class Served:
    """`otto-bot serve` without a worker: whatever waits in its database goes on waiting."""

    def __init__(self, forks: ForkServer, folder: Path, **settings: str) -> None:
        self._forks, self.folder = forks, folder
        self._port = "0"
        self._child: Child | None = None
        self._settings = settings
        self.database = folder / "otto.sqlite"

    @property
    def url(self) -> str:
        """Where it listens."""
        assert self._child is not None
        return self._child.url

    async def start(self) -> None:
        """Starts it, on the same port as before."""
        argv = [sys.executable, "-m", "otto_bot", "serve", "--no-worker", "--port", self._port]
        self._child = await self._forks.launch("the host", argv, self._environment(), self.folder / "host.log")
        self._port = self._child.url.rpartition(":")[2]

    async def stop(self) -> None:
        """Ends it as its host would."""
        if self._child is not None:
            await self._child.stop()
            self._child = None

    async def kill(self) -> None:
        """Ends it as a power cut would."""
        assert self._child is not None
        await self._child.kill()

    def _environment(self) -> dict[str, str]:
        kept: Mapping[str, str] = {name: words for name, words in os.environ.items() if not name.startswith("OTTO_")}
        secrets = make_secrets(self.folder)
        own = {
            "OTTO_DATABASE_URL": f"sqlite:///{self.database}", "OTTO_STATE_DIR": str(self.folder),
            "OTTO_APP_ID": str(APP_ID), "OTTO_PRIVATE_KEY_FILE": str(secrets.key_file),
            "OTTO_WEBHOOK_SECRET_FILE": str(secrets.secret_file), "OTTO_HOST": "127.0.0.1",
            "OTTO_GITHUB_API_URL": GITHUB,
        }  # fmt: skip
        return {**kept, **QUIET, **own, **self._settings}


def copy_of(template: Path, folder: Path) -> Path:
    """A database to fill: a copy of one with the newest schema."""
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / "otto.sqlite"
    shutil.copy(template, target)
    return target
