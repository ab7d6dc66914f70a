"""A working directory, a secret beside it, a cage around both, and a server that must not be reached."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from otto_bot.sandbox.cage import Cage, Shared
from otto_bot.sandbox.result import Result


@pytest.fixture
def work(tmp_path: Path) -> Path:
    made = tmp_path / "work"
    (made / ".git").mkdir(parents=True)
    (made / ".git" / "config").write_text("[core]\n")
    (made / "file.txt").write_text("content\n")
    return made


@pytest.fixture
def secrets(tmp_path: Path) -> Path:
    made = tmp_path / "state"
    made.mkdir()
    (made / "private-key.pem").write_text("very secret")
    return made


@pytest.fixture
def run(work: Path, secrets: Path):
    cage = Cage.probe().cage(Shared(hidden=(secrets,)))

    async def call(command: str, **more) -> Result:
        return await cage.run(command, **{"workdir": work, "timeout": 20.0, **more})

    return call


@pytest.fixture
def loopback() -> Iterator[tuple[int, list[object]]]:
    """A server on loopback that notes who connects."""
    visits: list[object] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            while True:
                connection, address = server.accept()
                connection.close()
                if visits and visits[-1] == "end":
                    return
                visits.append(address)

        thread = threading.Thread(target=serve)
        thread.start()
        yield server.getsockname()[1], visits
        visits.append("end")
        socket.create_connection(server.getsockname()).close()
        thread.join()
