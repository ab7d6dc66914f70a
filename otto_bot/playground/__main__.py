"""`python -m otto_bot.playground github | model | demo`: each part of the playground is a process of its own."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any


def _announce(line: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


def _model(argv: list[str]) -> int:
    from otto_bot.playground.model_server import serve, serve_many
    from otto_bot.playground.scenario import find
    from otto_bot.playground.scenario_file import ScenarioError

    parser = argparse.ArgumentParser(prog="playground model", description="Serve a scenario's scripted model.")
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--scenario", help="name of a shipped scenario, or a scenario folder")
    which.add_argument("--scripts", type=Path, help="a folder of scenario folders: each is served below /NAME")
    parser.add_argument("--port", type=int, default=0, help="loopback port (0: any free one)")
    options = parser.parse_args(argv)
    try:
        if options.scripts is not None:
            serve_many(options.scripts, options.port, _announce)
        else:
            serve(find(options.scenario), options.port, _announce)
    except ScenarioError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0


def _github(argv: list[str]) -> int:
    from otto_bot.playground.github.main import main

    return main(argv)


def _demo(argv: list[str]) -> int:
    from otto_bot.playground.demo.command import main

    return main(argv)


def main(argv: list[str]) -> int:
    """Runs one part; returns the exit code (2: called wrongly)."""
    parts: dict[str, Callable[[list[str]], int]] = {"github": _github, "model": _model, "demo": _demo}
    if not argv or argv[0] not in parts:
        sys.stderr.write(f"usage: python -m otto_bot.playground {' | '.join(parts)} …\n")
        return 2
    return parts[argv[0]](argv[1:])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
