"""`make bench-webhooks`: Otto's web process beside a Probot app, one generator, the same deliveries, one run."""

from __future__ import annotations

import argparse
import signal
import socket
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from bench.webhooks.bodies import foreign, kept
from bench.webhooks.measure import Bench, Plan
from bench.webhooks.report import best, table
from bench.webhooks.servers import SECRET, Keys, install_peer

SHARE = 0.8


def main() -> None:
    """Measure, and write a table."""
    parser = argparse.ArgumentParser(prog="bench.webhooks", description=__doc__)
    parser.add_argument("--seconds", type=float, default=8, help="of each load")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--connections", default="16,64,128", help="numbers to try")
    parser.add_argument("--foreign", type=int, default=100_000, help="deliveries that concern no run; 1000000 for docs")
    parser.add_argument("--peer", type=Path, help="keep npm's packages here; else they are installed each time")
    parser.add_argument("--out", type=Path, help="write the table to this file too")
    options = parser.parse_args()
    # The servers end with us, also when we are told to.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    plan = Plan(options.seconds, options.rounds, tuple(int(n) for n in options.connections.split(",")), options.foreign)
    # Not in /tmp: a file system in memory would make every commit free.
    with tempfile.TemporaryDirectory(prefix=".bench-", dir=Path.cwd()) as folder:
        text = _run(plan, Path(folder), options.peer)
    print("\n" + text)
    if options.out:
        options.out.write_text(text)


def _run(plan: Plan, folder: Path, peer: Path | None) -> str:
    when = datetime.now(UTC)
    home = (peer or folder / "peer").absolute()
    examples = install_peer(home)
    if peer is not None:
        (folder / "peer").symlink_to(home)
    bodies = kept(examples, SECRET)
    bench = Bench(folder, Keys(folder), bodies, _free_port())
    most = bench.most(plan)
    rates = {server: best(most, server)[1] * SHARE for server in ("otto", "probot")}
    steady = bench.steady(plan, rates, 2 * max(plan.connections))
    kill = bench.kill(max(plan.connections), 5)
    rows, grown = bench.strangers(foreign(examples, SECRET), plan.foreign)
    return table(when, bodies, most, steady, kill, (plan.foreign, rows, grown))


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
        return port


main()
