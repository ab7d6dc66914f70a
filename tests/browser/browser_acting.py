"""A host on loopback whose people log in at the stand-in; its run 1 waits at a gate, and nothing else happens."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from browser_host import Served
from browser_runs import Filled, web_tests

RUN, GATE = "/runs/1", "/runs/1/gates/1"


def helpers(name: str) -> Any:
    """A helper module of the page tests."""
    web_tests()
    __import__(name)
    return sys.modules[name]


class Acting:
    """The host, the stand-in's server, and the ledger."""

    def __init__(self, served: Served, github: Any) -> None:
        self.served, self.github = served, github

    @property
    def url(self) -> str:
        """Where the pages are."""
        return self.served.url

    def ledger(self) -> Any:
        """The ledger of the host's database."""
        from otto_bot.store.database import open_database
        from otto_bot.store.ledger import Ledger

        return Ledger(open_database(f"sqlite:///{self.served.database}"))

    def said(self) -> list[tuple[str, str]]:
        """Who said what on pages, in order."""
        told = [row.event for row in self.ledger().events(1) if row.event.type == "CommandGiven"]
        return [(one.given.by.login, one.given.command.verb) for one in told if one.given.key.startswith("page/")]


async def fill_gate(database: Path, github: Any) -> None:
    """Run 1 in the stand-in's repository: its retry plan r2 stands, t1 has failed, t2 is verified."""
    filled = Filled(database)
    filled.host.at_gate(repo=helpers("acting").repo_of(github))
    await filled.close()


def login_settings(github: Any, folder: Path) -> dict[str, str]:
    """What a host needs so that people of this stand-in can log in."""
    app = github.world.config.app
    key = folder / "stand-in.pem"
    key.write_text(app.private_key_pem)
    return {
        "OTTO_GITHUB_API_URL": github.url, "OTTO_GITHUB_WEB_URL": github.url, "OTTO_APP_ID": str(app.id),
        "OTTO_PRIVATE_KEY_FILE": str(key), "OTTO_CLIENT_ID": github.client_id,
        "OTTO_CLIENT_SECRET": helpers("github_server").CLIENT_SECRET,
    }  # fmt: skip


@asynccontextmanager
async def stand_in(folder: Path) -> AsyncIterator[Any]:
    """The stand-in's server in a thread of its own."""
    with helpers("github_server").github_server(folder) as github:
        yield github
