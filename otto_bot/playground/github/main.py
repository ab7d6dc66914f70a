"""The process: `python -m otto_bot.playground github --config FILE`, one JSON line when it serves."""

from __future__ import annotations

import argparse
import json
import socket
import sys
from collections.abc import Sequence
from pathlib import Path

import uvicorn

from otto_bot.playground.github.config import ConfigError, StandInConfig, load_config
from otto_bot.playground.github.server import build
from otto_bot.playground.listening import listener

GRACE_SECONDS = 3


def serve(config: StandInConfig) -> None:
    """Serves until stopped; prints one JSON line when it is ready."""
    listening = listener(config.port)
    url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    holder: list[uvicorn.Server] = []

    def stop() -> None:
        for server in holder:
            server.should_exit = True

    stand_in = build(config, stop=stop)
    stand_in.set_url(url)
    server = _Announcing(
        uvicorn.Config(
            stand_in.asgi, loop="asyncio",  # uvloop raises where a child closes its input first, as git does
            log_level="warning", access_log=False, lifespan="on",
            timeout_graceful_shutdown=GRACE_SECONDS, http="h11",
        ), url,
    )  # fmt: skip
    holder.append(server)
    server.run(sockets=[listening])


class _Announcing(uvicorn.Server):
    """A server that says on standard output that it serves, for the process that started it."""

    def __init__(self, config: uvicorn.Config, url: str) -> None:
        super().__init__(config)
        self.url = url

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begins to serve, then announces it."""
        await super().startup(sockets)
        if self.started:
            sys.stdout.write(json.dumps({"ready": True, "url": self.url}) + "\n")
            sys.stdout.flush()


def main(argv: Sequence[str] | None = None) -> int:
    """`python -m otto_bot.playground github --config FILE`."""
    parser = argparse.ArgumentParser(prog="otto_bot.playground github", description="A GitHub stand-in on loopback.")
    parser.add_argument("--config", type=Path, required=True, help="JSON file; see docs/scenarios.md")
    options = parser.parse_args(argv)
    try:
        serve(load_config(options.config))
    except (ConfigError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0
