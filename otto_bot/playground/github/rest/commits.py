"""One commit by any name: registered after everything that continues its path."""

from __future__ import annotations

from otto_bot.playground.github.routing import Call, Reply, Routes, read
from otto_bot.playground.github.shapes import repo

routes = Routes()


@routes.on("GET ~/commits/{ref:path}", *read("contents"))
def get_commit(call: Call) -> Reply:
    """A commit with its files."""
    sha = call.commit(call.params["ref"])
    return Reply(repo.commit(call.world, call.world.repo.commit(sha), files=True))
