"""One scenario through the real core, jobs, git and model client, in arms that differ in who decides."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import NamedTuple

import pytest

from otto_bot.bench.arms import variants
from otto_bot.bench.claims import claims
from otto_bot.bench.command import run
from otto_bot.bench.measure import Measured
from otto_bot.bench.options import add_parser
from otto_bot.bench.scenario import Bench
from otto_bot.bench.scenario_file import find, load, shipped


def options(*words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_parser(parser.add_subparsers())
    return parser.parse_args(["bench", "gate", *words])


def arms(*names: str) -> list[str]:
    return [word for name in names for word in ("--arm", name)]


def measured(folder: Path) -> list[Measured]:
    return [Measured.model_validate_json(line) for line in (folder / "runs.jsonl").read_text().splitlines()]


class InThreeArms(NamedTuple):
    """`peer-discovery`, in three arms."""

    code: int
    none: Measured
    replan: Measured
    pilot: Measured


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> InThreeArms:
    folder = tmp_path_factory.mktemp("bench")
    three = arms("none", "replan", "pilot-1")
    code = run(options("--scenario", "peer-discovery", *three, "--jobs", "1", "--out", str(folder)))
    return InThreeArms(code, *measured(folder))


@pytest.mark.slow
def test_the_fact_that_a_sibling_found_reaches_the_coder_only_through_the_pilot(played: InThreeArms) -> None:
    code, none, replan, pilot = played
    assert code == 0
    assert (none.arm, none.recovered, none.wasted, none.gate_calls) == ("none", 0, 0, 0)
    assert (replan.arm, replan.recovered, replan.problems) == ("replan", 0, ())
    assert (pilot.arm, pilot.recovered, pilot.wasted, pilot.outcome) == ("pilot-1", 2, 0, "done")
    assert [(gate.decided_by, gate.moves, gate.batches) for gate in pilot.gates] == [
        ("pilot", {"t2": "retry_different"}, (("t2", "t3"),))
    ]
    assert none.evidence["t2"] == replan.evidence["t2"] == pilot.evidence["t2"]


@pytest.mark.slow
def test_a_change_that_is_only_repeated_is_no_reason_to_retry_again(played: InThreeArms) -> None:
    """The second attempt changes nothing: that is the first failure again, and going on from there is over."""
    gates, events = played.replan.gates, played.replan.events
    of_t2 = [(gate.causes["t2"], gate.first_moves["t2"]) for gate in gates if "t2" in gate.causes]
    assert of_t2[:2] == [("test", "retry"), ("no_changes", "restart_fresh")]
    failures = [e["failure"] for e in events if e["type"] == "AttemptFailed" and e["task"] == "t2"]
    first = next(e["failure"] for e in events if e["type"] == "VerificationEnded" and e["target"] == "t2/a1")
    assert {(one["progress"], one["fingerprint"]) for one in failures} == {("same", first["fingerprint"])}


@pytest.mark.slow
@pytest.mark.parametrize("name", ["billing", "no-ci", "action-required"])
def test_what_a_person_mended_is_verified_again_and_not_coded_again(tmp_path: Path, name: str) -> None:
    assert run(options("--scenario", name, "--arm", "rules", "--jobs", "1", "--out", str(tmp_path))) == 0
    (one,) = measured(tmp_path)
    assert (one.recovered, one.wasted) == (one.recoverable, 0)
    assert set(one.attempts_by_task.values()) == {1}
    assert [set(gate.moves.values()) for gate in one.gates] == [{"rerun"}]


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_a_scenario_of_each_kind_in_the_arms_of_every_claim_holds_them_all(tmp_path: Path) -> None:
    """Half right is measured, and nothing is claimed of it; arms without a pilot play where a claim names them.

    `make bench-gate` plays all of them.
    """
    benches = {name: load(find(name)).bench for name in one_of_each_kind()}
    plain = [name for name, one in benches.items() if one.seen_in == "own_log" or one.single_move]
    always, retrying = ("none", "replan", "pilot-1", "pilot-0"), ("blind", "rules")
    chosen = [word for name in plain for word in ("--scenario", name)]
    each = [word for name in benches for word in ("--scenario", name)]
    codes = [
        run(options("--seeds", "1", *arms(*always), *each, "--docs", str(tmp_path), "--out", str(tmp_path / "all"))),
        run(options("--seeds", "1", *arms(*retrying), *chosen, "--out", str(tmp_path / "plain"))),
    ]
    found = [*measured(tmp_path / "all"), *measured(tmp_path / "plain")]
    made = claims(benches, found)
    assert ([claim for claim in made if not claim.holds], codes) == ([], [0, 0])
    assert len(made) == 10
    assert len(found) == len(benches) * len(always) + len(plain) * len(retrying)
    told = (tmp_path / "bench-gate.md").read_text()
    assert all(claim.text in told for claim in claims(benches, measured(tmp_path / "all")))


def one_of_each_kind() -> list[str]:
    """Of each place in which the cause can be seen, and of those that one move mends."""
    kinds: dict[tuple[str, bool], str] = {}
    for name in shipped():
        one = load(find(name)).bench
        kinds.setdefault((one.seen_in, bool(one.single_move)), name)
    return sorted(kinds.values())


def test_scenarios_of_each_kind_are_shipped() -> None:
    places = [load(find(name)).bench.seen_in for name in shipped()]
    wanted = {"own_log": 6, "sibling_handoff": 6, "spec": 4, "two_failures_together": 4, "nowhere": 4}
    assert {place: places.count(place) >= least for place, least in wanted.items()} == dict.fromkeys(wanted, True)


def test_seeds_multiply_only_arms_with_chance() -> None:
    assert [one.name for one in variants(("replan", "pilot-1", "pilot-0"), 2)] == [
        "replan", "pilot-1", "pilot-0-s1", "pilot-0-s2",
    ]  # fmt: skip


def bench(name: str, **changes: object) -> Bench:
    return load(find(name)).bench.model_copy(update=changes)


def figures(scenario: str, arm: str, **changes: object) -> Measured:
    gate = {"number": 1, "decided_by": "pilot", "causes": {"t2": "test"}}
    plain = {
        "scenario": scenario, "arm": arm, "seed": 0, "outcome": "done", "states": {}, "attempts_by_task": {},
        "recoverable": 1, "recovered": 1, "attempts": 2, "wasted": 0, "usd": 0.0, "gate_usd": 0.0, "gate_calls": 0,
        "blamed": 0, "blamed_right": 0, "moved": 0, "moved_right": 0, "skips": (), "wrong_skips": (), "ask_needed": 0,
        "asked_needed": 0, "asked_needlessly": 0, "gates": (gate,), "evidence": {"t2": "e"},
    }  # fmt: skip
    return Measured.model_validate({**plain, **changes})


BROKEN: list[tuple[str, str, tuple[Measured, ...]]] = [
    ("came to rest", "code-bug", (figures("code-bug", "replan", problems=("x",)),)),
    ("those that the scenario says", "code-bug", (figures("code-bug", "none", evidence={"t1": "e"}),)),
    ("Rules alone", "runner-lost", (figures("runner-lost", "rules", recovered=0),)),
    ("Rules alone", "runner-lost", (figures("runner-lost", "rules", gate_calls=1),)),
    ("the arms that retry tie", "code-bug", (figures("code-bug", "replan"), figures("code-bug", "blind", recovered=0))),
    (
        "the pilot decides",
        "code-bug",
        (figures("code-bug", "pilot-1", gates=({"number": 1, "decided_by": "replan"},)),),
    ),
    (
        "at least as much",
        "code-bug",
        (figures("code-bug", "replan"), figures("code-bug", "pilot-1", recovered=0)),
    ),
    ("in sum", "peer-discovery", (figures("peer-discovery", "replan"), figures("peer-discovery", "pilot-1"))),
    ("one attempt a gate", "code-bug", (figures("code-bug", "replan"), figures("code-bug", "pilot-0", wasted=2))),
    ("No arm skips", "code-bug", (figures("code-bug", "blind", wrong_skips=("t2",)),)),
    (
        "same raw evidence",
        "code-bug",
        (figures("code-bug", "replan"), figures("code-bug", "blind", evidence={"t2": "other"})),
    ),
]


@pytest.mark.parametrize(("words", "name", "found"), BROKEN, ids=[f"{row[0]}-{n}" for n, row in enumerate(BROKEN)])
def test_a_claim_can_fail(words: str, name: str, found: tuple[Measured, ...]) -> None:
    made = claims({name: bench(name)}, found)
    assert [claim.holds for claim in made if words in claim.text] == [False]


def test_claims_hold_for_figures_that_are_right() -> None:
    found = (
        figures("peer-discovery", "replan", recovered=0, recoverable=2),
        figures("peer-discovery", "pilot-1", recovered=2, recoverable=2),
        figures("peer-discovery", "pilot-0", recovered=0, wasted=1),
    )
    assert all(claim.holds for claim in claims({"peer-discovery": bench("peer-discovery")}, found))
