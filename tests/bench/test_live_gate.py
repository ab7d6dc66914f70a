"""`bench gate --live` against a Messages server that stands in for the live one."""

from __future__ import annotations

import argparse
import functools
import json
import os
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from otto_bot.bench.command import run
from otto_bot.bench.live.caged import plain_environment
from otto_bot.bench.live.first import write_first
from otto_bot.bench.live.gate import own_package
from otto_bot.bench.live.pairs import Pair
from otto_bot.bench.live.purse import BenchPurse
from otto_bot.bench.live.session import cage_for
from otto_bot.bench.options import DEFAULT_MODEL, REPEATS, add_parser, live_options
from otto_bot.bench.scenario_file import find, load, shipped_root
from otto_bot.bench.script import rules
from otto_bot.sandbox.cage import Cage, Probe, python_paths

SCENARIO = "peer-discovery"
NEEDS_CAGE = pytest.mark.skipif(not Cage.probe().ok, reason=f"no cage: {Cage.probe().reason}")


def options(*words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_parser(parser.add_subparsers())
    return parser.parse_args(["bench", "gate", "--live", "--scenario", SCENARIO, "--jobs", "1", *words])


def knowing() -> list[dict[str, Any]]:
    """A live model that writes the right code if the fact is in its prompt, and pilots as well as one can."""
    return rules(load(find(SCENARIO)))


def pairs(folder: Path) -> list[Pair]:
    return [Pair.model_validate_json(line) for line in (folder / "pairs.jsonl").read_text().splitlines()]


def test_without_key_and_address_it_names_both(stand_in: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(options()) == 2
    said = capsys.readouterr().err
    assert "ANTHROPIC_API_KEY" in said
    assert "ANTHROPIC_BASE_URL" in said
    assert "without --live `otto-bot bench gate` needs neither" in said


@pytest.mark.parametrize("command", [["gate", "--live"], ["real", "manifest.yml"]])
def test_what_is_not_given_is_none_or_its_default(command: list[str]) -> None:
    """All scenarios are what is played where none is named."""
    parser = argparse.ArgumentParser()
    add_parser(parser.add_subparsers())
    parsed = parser.parse_args(["bench", *command])
    whole = live_options(parsed, datetime(2026, 11, 1, tzinfo=UTC))
    assert vars(parsed).keys() <= vars(whole).keys()
    assert (whole.model, whole.repeats, whole.out) == (DEFAULT_MODEL, REPEATS, Path("bench-live-20261101-000000"))
    assert getattr(whole, "scenario", None) is None


def test_a_model_without_a_price_is_refused_with_advice(
    stand_in: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    address = stand_in.write("live", knowing())
    monkeypatch.setenv("ANTHROPIC_BASE_URL", address)
    assert run(options("--model", "no-such-model", "--out", str(tmp_path / "out"))) == 2
    said = capsys.readouterr().err
    assert "'no-such-model'" in said
    assert "OTTO_PRICES" in said
    assert stand_in.calls(address) == []
    assert not (tmp_path / "out").exists()


def test_prices_that_cannot_be_read_are_named(
    stand_in: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "key-for-tests")
    monkeypatch.setenv("OTTO_PRICES", "{")
    assert run(options()) == 2
    assert "OTTO_PRICES" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--live", "--arm", "replan"], "--arm: a live bench has the arms pilot and replan"),
        (["--live", "--seeds", "2", "--gates"], "--seeds, --gates: a live bench"),
        (["--usd", "3"], "--usd: the scripted bench asks no real model"),
        (["--model", "m", "--repeats", "2"], "--model, --repeats: the scripted bench"),
    ],
)
def test_an_option_of_the_other_bench_is_refused(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    parser = argparse.ArgumentParser()
    add_parser(parser.add_subparsers())
    assert run(parser.parse_args(["bench", "gate", "--scenario", "code-bug", *words])) == 2
    assert said in capsys.readouterr().err


def test_without_a_cage_nothing_is_asked(
    stand_in: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    address = stand_in.write("live", knowing())
    monkeypatch.setenv("ANTHROPIC_BASE_URL", address)
    monkeypatch.setattr(Cage, "probe", classmethod(lambda cls: Probe(False, "no user namespaces", None)))
    assert run(options("--out", str(tmp_path / "out"))) == 2
    assert "only in the cage, and there is none here: no user namespaces" in capsys.readouterr().err
    assert stand_in.calls(address) == []


@NEEDS_CAGE
async def test_what_a_model_wrote_cannot_read_the_answers(tmp_path: Path) -> None:
    """The scenarios lie beside the interpreter, which the cage shows."""
    answers = shipped_root() / SCENARIO / "bench.yml"
    assert answers.is_file()
    workdir = tmp_path / "work"
    workdir.mkdir()
    ran = await cage_for([own_package()]).run(
        f"cat {answers}; python -c 'import pydantic; print(1)'", workdir=workdir, timeout=30,
        env=plain_environment(), readonly=python_paths(),
    )  # fmt: skip
    assert "No such file" in ran.output
    assert ran.output.endswith("1\n")


def test_a_routed_fact_makes_no_scripted_success(tmp_path: Path) -> None:
    """The first attempt of each task is the one of a bare prompt, and has no condition besides."""
    folder = write_first(load(find(SCENARIO)), tmp_path)
    script = json.loads((folder / "scenario.yml").read_text())["script"]
    coder = [rule for rule in script if rule["when"]["role"] == "coder"]
    assert [rule["when"] for rule in coder] == [{"role": "coder", "task": f"t{n}"} for n in (1, 2, 3)]
    assert "/ 100" not in json.dumps(coder[1:])


@NEEDS_CAGE
@pytest.mark.slow
def test_pairs_start_alike_and_are_not_paid_twice(
    stand_in: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    address = stand_in.write("live", knowing())
    monkeypatch.setenv("ANTHROPIC_BASE_URL", address)
    words = ("--repeats", "1", "--out", str(tmp_path / "out"))
    assert run(options(*words)) == 0
    (pair,) = pairs(tmp_path / "out")
    pilot, plain = pair.runs["pilot"], pair.runs["replan"]
    assert (pilot.measured.recovered, plain.measured.recovered) == (2, 0)
    assert pilot.measured.evidence == plain.measured.evidence
    assert pilot.diffs["t2/a1"] == plain.diffs["t2/a1"]
    assert "/ 100" in pilot.diffs["t2/a2"]
    asked = stand_in.calls(address)
    assert {(call["role"], call["attempt"]) for call in asked if call["role"] == "coder"} <= {
        ("coder", n) for n in range(2, 9)
    }
    assert sorted(call.role for run in pair.runs.values() for call in run.calls) == sorted(c["role"] for c in asked)
    paid = sum(call.usage.usd for run in pair.runs.values() for call in run.calls)
    assert paid == pytest.approx(pair.usd, abs=1e-5)
    assert pair.usd == pytest.approx(pilot.measured.usd + plain.measured.usd, abs=1e-5)
    assert BenchPurse(tmp_path / "out" / "purse.jsonl", 5).spent == pytest.approx(pair.usd, abs=1e-5)
    assert any(event["type"] == "DecisionMade" for event in pilot.measured.events)
    said = capsys.readouterr().out
    assert "may spend up to $5.00" in said
    assert said.strip().splitlines()[-1].startswith("Not shown that the pilot helps: 1 scenarios are too few")

    assert run(options(*words)) == 0
    assert stand_in.calls(address)[-1]["seq"] == len(asked)
    assert len(pairs(tmp_path / "out")) == 1
    assert run(options(*words, "--model", "claude-opus-5")) == 2
    assert "begun with other options (model:" in capsys.readouterr().err


@NEEDS_CAGE
@pytest.mark.slow
def test_at_the_cap_it_stops_and_a_higher_one_goes_on(
    stand_in: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv("ANTHROPIC_BASE_URL", stand_in.write("live", knowing()))
    out = tmp_path / "out"
    # Enough for the pilot's call with its reservation, not for the coder sessions behind it.
    assert run(options("--repeats", "1", "--usd", "0.23", "--out", str(out))) == 1
    (pair,) = pairs(out)
    assert pair.dropped is not None
    assert pair.dropped.by == "cap"
    assert 0 < BenchPurse(out / "purse.jsonl", 0.23).spent <= 0.23
    said = capsys.readouterr().out
    assert "STOPPED: the cap of $0.23 is reached" in said
    assert "no pair with both arms counts" in said

    assert run(options("--repeats", "1", "--usd", "3", "--out", str(out))) == 0
    assert [one.dropped is None for one in pairs(out)] == [False, True]


@NEEDS_CAGE
@pytest.mark.slow
def test_a_pair_that_the_provider_fails_is_dropped_and_said(
    stand_in: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    failing = {
        "when": {"role": "pilot", "gate": 1},
        "times": 1,
        "reply": {"error": {"status": 400, "message": "out of order today"}},
    }  # fmt: skip
    monkeypatch.setenv("ANTHROPIC_BASE_URL", stand_in.write("live", [failing, *knowing()]))
    assert run(options("--repeats", "2", "--out", str(tmp_path / "out"))) == 1
    first, second = pairs(tmp_path / "out")
    assert first.dropped is not None
    assert (first.dropped.by, second.dropped) == ("provider", None)
    said = capsys.readouterr().out
    assert "out of order today" in said
    assert "1 pairs (1 dropped)" in said
    assert said.strip().splitlines()[-1].startswith("1 pairs are missing. ")


@NEEDS_CAGE
@pytest.mark.slow
@pytest.mark.parametrize(
    ("status", "begun", "said"),
    [
        (401, 1, "STOPPED: the provider does not accept the key"),
        (400, 3, "STOPPED: 3 pairs were lost one after another"),
    ],
)
def test_a_provider_that_refuses_everything_ends_the_bench(
    stand_in: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, status: int,
    begun: int, said: str,
) -> None:  # fmt: skip
    refusing: dict[str, Any] = {"when": {}, "reply": {"error": {"status": status, "message": "no"}}}
    address = stand_in.write("live", [refusing])
    monkeypatch.setenv("ANTHROPIC_BASE_URL", address)
    assert run(options("--repeats", "5", "--out", str(tmp_path / "out"))) == 1
    assert len(pairs(tmp_path / "out")) == begun
    assert len(stand_in.calls(address)) == begun
    assert said in capsys.readouterr().out


@NEEDS_CAGE
@pytest.mark.slow
@pytest.mark.timeout(280)
def test_ctrl_c_keeps_what_is_whole_and_it_goes_on_later(
    stand_in: Any, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    out = tmp_path / "out"
    argv = [
        sys.executable, "-m", "otto_bot", "bench", "gate", "--live", "--scenario", SCENARIO, "--jobs", "1",
        "--repeats", "2", "--out", str(out),
    ]  # fmt: skip
    env = {**os.environ, "ANTHROPIC_BASE_URL": stand_in.write("live", knowing())}
    # Where this test run was started in the background Ctrl-C is ignored, and its children would ignore it, too.
    request.addfinalizer(functools.partial(signal.signal, signal.SIGINT, signal.getsignal(signal.SIGINT)))
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with subprocess.Popen(argv, env=env, stdout=subprocess.PIPE, text=True, start_new_session=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith(f"{SCENARIO} #1: pilot"):
                process.send_signal(signal.SIGINT)
                break
        said = process.stdout.read()
    assert process.returncode == 130, said
    assert "STOPPED: interrupted" in said
    assert [pair.repeat for pair in pairs(out)] == [1]
    again = subprocess.run(argv, env=env, capture_output=True, text=True)
    assert again.returncode == 0, again.stderr
    assert [pair.repeat for pair in pairs(out)] == [1, 2]
