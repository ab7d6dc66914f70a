"""The bench decides as the whole bot does: the same scenarios through the playground, the same decisions."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
from pathlib import Path
from typing import Any

import pytest
import yaml
from forks import ForkServer
from played import Reader, until_rest

from otto_bot.bench.command import run
from otto_bot.bench.export import played_right
from otto_bot.bench.measure import Measured
from otto_bot.bench.options import add_parser
from otto_bot.bench.scenario_file import find, load
from otto_bot.playground.demo.expect import differences
from otto_bot.playground.demo.harness import Playground
from otto_bot.playground.demo.promise import broken
from otto_bot.playground.scenario import load as load_playground

Json = dict[str, Any]
PLAYED = {
    "code-bug": "own_log",
    "peer-discovery": "sibling_handoff",
    "units-in-issue": "spec",
    "two-tasks-one-cause": "two_failures_together",
    "runner-lost": "nowhere",
    "contradictory-contract": "nowhere",
}
"""Six scenarios with where the fact can be seen: one has a single move, in the last one a person is asked."""
ALL = "OTTO_BENCH_ALL"
"""Set, all six are played through the playground; else every third one."""


def exported(name: str, folder: Path) -> int:
    parser = argparse.ArgumentParser()
    add_parser(parser.add_subparsers())
    return run(parser.parse_args(["bench", "gate", "--export", name, str(folder)]))


def made(events: list[Json]) -> list[Json]:
    """Each decision as it was made, in the words that matter."""
    return [
        {
            "gate": event["gate"],
            "by": event["decision"]["decided_by"],
            "moves": {move["task"]: (move["action"], move["guidance"]) for move in event["decision"]["moves"]},
            "routed": {one["target_task"]: one["context"] for one in event["decision"]["routed"]},
            "batches": [list(batch) for batch in event["decision"]["batches"]],
        }
        for event in events
        if event["type"] == "DecisionMade"
    ]


def in_the_end(gates: list[Json]) -> list[Json]:
    """What each gate's decision was when it was applied: a person may have changed it."""
    return [
        {
            "moves": {move["task"]: move["action"] for move in gate["decision"]["moves"]},
            "batches": [list(batch) for batch in gate["decision"]["batches"]],
            "causes": {failure["task"]: failure["cause"] for failure in gate["failures"]},
        }
        for gate in gates
    ]


def seen(best: Measured) -> list[Json]:
    return [
        {"moves": gate.moves, "batches": [list(batch) for batch in gate.batches], "causes": gate.causes}
        for gate in best.gates
    ]


def test_the_six_differ_in_where_the_fact_can_be_seen() -> None:
    benches = {name: load(find(name)).bench for name in PLAYED}
    assert {name: bench.seen_in for name, bench in benches.items()} == PLAYED
    assert benches["runner-lost"].single_move
    assert benches["contradictory-contract"].truth.ask_needed


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", PLAYED if ALL in os.environ else list(PLAYED)[1::3])
def test_the_whole_playground_decides_as_the_bench_does(forks: ForkServer, name: str, tmp_path: Path) -> None:
    assert exported(name, tmp_path / "scenarios") == 0
    best = played_right(load(find(name)))
    report = asyncio.run(played(forks, tmp_path / "scenarios" / name, tmp_path / "play"))
    assert made(report["events"]) == made(list(best.events))
    assert in_the_end(report["gates"]) == seen(best)


async def played(forks: ForkServer, folder: Path, root: Path) -> Json:
    """The report of an exported scenario; it ends as the bench's own run did and breaks no rule."""
    scenario = load_playground(folder)
    (root / "state").mkdir(parents=True)
    with contextlib.closing(Reader(f"sqlite:///{root / 'state' / 'otto.sqlite'}")) as reads:
        async with Playground(scenario, root, launch=forks.launch, reads=reads) as play:
            await play.label()
            try:
                await asyncio.wait_for(until_rest(play), scenario.script.time_limit)
            except TimeoutError:
                pytest.fail(f"it did not come to rest\n{play.logs()}")
            report = await play.full_report()
            found = [*differences(scenario.script.expect, report), *broken(report), *await play.outstanding()]
            assert not found, "\n".join([*found, play.logs()])
    return report


REFUSED = [
    ("systemic", "history: other runs' verdicts"),
    ("base-red", "people.mends: commits of a person"),
    ("oom", "the playground's runner has no fault like oom"),
]


@pytest.mark.parametrize(("name", "words"), REFUSED)
def test_what_the_playground_cannot_do_is_said(
    name: str, words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert exported(name, tmp_path) == 2
    assert words in capsys.readouterr().err
    assert not (tmp_path / name).exists()


def test_an_exported_scenario_is_never_written_over(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "runner-lost").mkdir()
    assert exported("runner-lost", tmp_path) == 2
    assert "is there already" in capsys.readouterr().err


@pytest.mark.slow
def test_an_export_says_what_came_of_the_benchs_own_run(tmp_path: Path) -> None:
    assert exported("runner-lost", tmp_path) == 0
    said = yaml.safe_load((tmp_path / "runner-lost" / "scenario.yml").read_text())
    assert said["expect"] == {
        "outcome": "done",
        "tasks": {"t1": {"state": "merged", "attempts": 1}, "t2": {"state": "merged", "attempts": 1}},
        "gates": 1,
        "decided_by": ["rules"],
    }
    assert said["github"]["actions"]["faults"] == [{"kind": "lost_runner", "branch": "/t1-[^/]*-a1$", "attempts": [1]}]
    assert [rule["when"]["role"] for rule in said["script"]][:2] == ["planner", "coder"]
