"""What is measured: the most that each server takes, how quick it is below that, and what a kill or strangers leave."""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.webhooks.bodies import Body
from bench.webhooks.servers import HERE, Keys, Server, otto, probot

WARM_SECONDS = 2.0


@dataclass(frozen=True)
class Plan:
    """How long and how often."""

    seconds: float
    rounds: int
    connections: tuple[int, ...]
    foreign: int


@dataclass(frozen=True)
class Shot:
    """One load on one server. Milliseconds; MB; `cores` = processor time of the server in all of that time."""

    server: str
    connections: int
    rate: float
    p50: float
    p99: float
    memory: float
    cores: float
    failed: int


class Bench:
    """Both servers, one after the other under the same load."""

    def __init__(self, folder: Path, keys: Keys, bodies: Sequence[Body], port: int) -> None:
        self._folder, self._keys, self._bodies, self._port = folder, keys, bodies, port
        self._loads = 0

    def shoot(self, server: Server, connections: int, seconds: float, rate: float = 0) -> Shot:
        """One load. `rate` 0: as fast as answers come."""
        before = server.cpu
        result = self.load(server, self._bodies, connections=connections, seconds=seconds, rate=rate)
        failed = sum(n for status, n in result["statuses"].items() if status not in ("200", "202")) + result["broken"]
        return Shot(
            server.name, connections, result["rate"], result["p50"], result["p99"], server.memory,
            (server.cpu - before) / result["seconds"], failed,
        )  # fmt: skip

    def load(self, server: Server, bodies: Sequence[Body], **order: Any) -> dict[str, Any]:
        """Run the generator in a process of its own."""
        self._loads += 1
        order |= {
            "prefix": f"load{self._loads}-", "host": server.host, "port": server.port, "path": server.path,
            "bodies": [{"event": b.event, "content": b.content.decode(), "signature": b.signature} for b in bodies],
        }  # fmt: skip
        done = subprocess.run(
            [sys.executable, "-m", "bench.webhooks.load"], input=json.dumps(order), text=True, check=True,
            capture_output=True, cwd=HERE.parents[1], timeout=order["seconds"] + 60,
        )  # fmt: skip
        result: dict[str, Any] = json.loads(done.stdout)
        return result

    def most(self, plan: Plan) -> list[Shot]:
        """The sweep: in each round both servers, at each number of connections; Otto with a new database each time."""
        shots: list[Shot] = []
        peer = probot(self._folder / "peer", self._keys, self._port)
        try:
            self.shoot(peer, plan.connections[0], WARM_SECONDS)
            for _ in range(plan.rounds):
                for connections in plan.connections:
                    shots.append(self._otto(connections, plan.seconds))
                    shots.append(self.shoot(peer, connections, plan.seconds))
                    _show(shots[-2:])
        finally:
            peer.end()
        return shots

    def steady(self, plan: Plan, rates: dict[str, float], connections: int) -> list[Shot]:
        """Each server at a rate of its own that it can keep up."""
        shots: list[Shot] = []
        peer = probot(self._folder / "peer", self._keys, self._port)
        try:
            self.shoot(peer, connections, WARM_SECONDS)
            for _ in range(plan.rounds):
                shots.append(self._otto(connections, plan.seconds, rates["otto"]))
                shots.append(self.shoot(peer, connections, plan.seconds, rates["probot"]))
                _show(shots[-2:])
        finally:
            peer.end()
        return shots

    def _otto(self, connections: int, seconds: float, rate: float = 0) -> Shot:
        server = otto(self._folder / "otto", self._keys)
        try:
            self.shoot(server, connections, WARM_SECONDS)
            return self.shoot(server, connections, seconds, rate)
        finally:
            server.end()
            shutil.rmtree(self._folder / "otto", ignore_errors=True)

    def kill(self, connections: int, seconds: float) -> tuple[int, int]:
        """SIGKILL in the middle of full load: how many deliveries were answered, and how many of them have no row."""
        server = otto(self._folder / "killed", self._keys)
        timer = threading.Timer(seconds, server.kill)
        timer.start()
        result = self.load(server, self._bodies, connections=connections, seconds=seconds + 5, numbers=True)
        timer.join()
        rows = guids(self._folder / "killed")
        lost = sum(f"load{self._loads}-{number}" not in rows for number in result["accepted"])
        shutil.rmtree(self._folder / "killed", ignore_errors=True)
        return len(result["accepted"]), lost

    def strangers(self, bodies: Sequence[Body], count: int) -> tuple[int, float]:
        """Deliveries that concern no run: rows that they left, and MB by which the process grew."""
        server = otto(self._folder / "foreign", self._keys)
        try:
            # The first ones fill caches and pools, as any delivery does.
            self.load(server, bodies, connections=32, seconds=60, count=20_000)
            before = server.memory
            self.load(server, bodies, connections=32, seconds=3600, count=count)
            return len(guids(self._folder / "foreign")), server.memory - before
        finally:
            server.end()
            shutil.rmtree(self._folder / "foreign", ignore_errors=True)


def guids(folder: Path) -> set[str]:
    """What is stored."""
    with closing(sqlite3.connect(folder / "state" / "otto.sqlite")) as connection:
        return {row[0] for row in connection.execute("SELECT guid FROM deliveries")}


def _show(shots: Sequence[Shot]) -> None:
    for shot in shots:
        print(f"{shot.server:7} {shot.connections:4} connections {shot.rate:7.0f}/s  p50 {shot.p50:6.1f} ms  "
              f"p99 {shot.p99:6.1f} ms  {shot.memory:5.0f} MB  {shot.cores:4.2f} cores  {shot.failed} failed",
              flush=True)  # fmt: skip
