"""The parts of a claim bench: the purse, the routing of calls, the folder, and what may be said of the pairs."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otto_bot.bench.interval import Interval, paired_interval
from otto_bot.bench.live.keep import Asked, KeepError, open_folder
from otto_bot.bench.live.pairs import ArmRun, Pair, counted, differences, given_up
from otto_bot.bench.live.play import _unpaired
from otto_bot.bench.live.purse import BenchPurse
from otto_bot.bench.live.routed import Broken, RoutedModel
from otto_bot.bench.live.verdict import (
    HELPS,
    NOT_SHOWN,
    Result,
    intervals,
    recorded_results,
    result,
    unit_table,
    verdict,
)
from otto_bot.bench.measure import GateSeen, Measured
from otto_bot.core.redact import Redactor
from otto_bot.core.values import Usage
from otto_bot.model.calls import ModelCall, ModelReply
from otto_bot.model.errors import ProviderError
from otto_bot.model.prices import Price, Prices

PRICES = Prices(table={"m": Price(input=0, output=1_000_000)})
"""One dollar an output token."""


# --- the purse


def test_what_is_reserved_and_spent_stays_below_the_cap(tmp_path: Path) -> None:
    purse = BenchPurse(tmp_path / "purse.jsonl", 1.0)
    first, second = purse.reserve("a", 0.6), purse.reserve("b", 0.6)
    assert (first.state, second.state) == ("held", "busy")
    purse.settle(first.name, 0.1)
    assert purse.left == pytest.approx(0.9)
    assert purse.reserve("b", 0.6).state == "held"
    assert purse.reserve("c", 0.95).state == "full"


def test_a_settlement_counts_once_and_an_unknown_cost_is_the_whole_reservation(tmp_path: Path) -> None:
    purse = BenchPurse(tmp_path / "purse.jsonl", 1.0)
    name = purse.reserve("a", 0.4).name
    purse.settle(name, None)
    purse.settle(name, 0.0)
    assert purse.spent == pytest.approx(0.4)


def test_what_a_crash_left_open_is_spent_and_half_a_line_is_none(tmp_path: Path) -> None:
    path = tmp_path / "purse.jsonl"
    BenchPurse(path, 1.0).reserve("a", 0.4)
    with path.open("a") as file:
        file.write('{"reserve": "b", "us')
    purse = BenchPurse(path, 1.0)
    assert purse.close() == pytest.approx(0.4)
    assert (purse.spent, purse.close()) == (pytest.approx(0.4), 0.0)
    assert purse.reserve("c", 0.6).state == "held"


def test_processes_share_the_purse(tmp_path: Path) -> None:
    """Each of three asks for a third as often as it can: together they get no more than the cap."""
    path = tmp_path / "purse.jsonl"
    program = (
        "import sys; from pathlib import Path; from otto_bot.bench.live.purse import BenchPurse\n"
        f"purse = BenchPurse(Path({str(path)!r}), 1.0)\n"
        "print(sum(purse.reserve('x', 0.01).state == 'held' for _ in range(60)))"
    )
    running = [subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE) for _ in range(3)]
    got = [int(process.communicate()[0]) for process in running]
    assert sum(got) == 100
    assert BenchPurse(path, 1.0).spent == pytest.approx(1.0)


# --- the routing


class Provider:
    """Answers what it is told to, in turn; stands in for a Messages server."""

    def __init__(self, *answers: ProviderError | ModelReply) -> None:
        self.answers = list(answers)
        self.asked: list[ModelCall] = []

    async def ask(self, call: ModelCall) -> ModelReply:
        self.asked.append(call)
        answer = self.answers.pop(0)
        if isinstance(answer, ProviderError):
            raise answer
        return answer


def reply(tokens: int = 1, *, known: bool = True) -> ModelReply:
    return ModelReply(
        text="", content=[], stop_reason="end_turn", usage=Usage(output_tokens=tokens), usage_known=known, model="m",
        request_id="", latency_seconds=0.5, raw="sk-ant-secret-secret",
    )  # fmt: skip


def call(role: Any = "pilot", attempt: int = 0, max_tokens: int = 4) -> ModelCall:
    return ModelCall(role=role, run="1", model="m", system="", messages=[], max_tokens=max_tokens, attempt=attempt)


def routed(
    purse: BenchPurse, live: Provider, scripted: Provider | None = None,
    sleep: Callable[[float], Awaitable[None]] = lambda _: asyncio.sleep(0),
) -> RoutedModel:  # fmt: skip
    return RoutedModel(scripted, live, purse, PRICES, Redactor(["sk-ant-secret-secret"]), "s/1/pilot", sleep)


@pytest.mark.parametrize(
    ("role", "attempt", "live"),
    [("coder", 1, False), ("judge", 1, False), ("coder", 2, True), ("judge", 2, True), ("pilot", 0, True),
     ("replan", 0, True), ("planner", 0, True)],
)  # fmt: skip
async def test_only_first_attempts_are_recorded(tmp_path: Path, role: str, attempt: int, live: bool) -> None:
    real, script = Provider(reply()), Provider(reply(tokens=3))
    model = routed(BenchPurse(tmp_path / "p", 10), real, script)
    said = await model.ask(call(role, attempt))
    assert (len(real.asked), len(script.asked)) == ((1, 0) if live else (0, 1))
    assert model.spent == (1.0 if live else 0.0)
    assert said.usage == (Usage(output_tokens=1) if live else Usage())


async def test_a_first_attempt_that_is_not_recorded_ends_the_run(tmp_path: Path) -> None:
    real = Provider(reply())
    model = routed(BenchPurse(tmp_path / "p", 10), real, Provider(ProviderError("bad_request", "no rule")))
    with pytest.raises(ProviderError, match="recorded first attempt cannot be played: no rule"):
        await model.ask(call("coder", 1))
    assert (model.broken is not None, real.asked) == (True, [])


async def test_without_a_script_everything_is_live(tmp_path: Path) -> None:
    real = Provider(reply())
    model = routed(BenchPurse(tmp_path / "p", 10), real)
    await model.ask(call("coder", 1))
    assert len(real.asked) == 1


async def test_a_call_that_does_not_fit_is_not_made_and_ends_the_run(tmp_path: Path) -> None:
    real = Provider(reply(), reply())
    model = routed(BenchPurse(tmp_path / "p", 4.5), real)
    await model.ask(call())
    for _ in range(2):
        with pytest.raises(ProviderError, match="may cost up to"):
            await model.ask(call())
    assert (len(real.asked), model.spent, model.gone.is_set()) == (1, 1.0, True)
    assert model.broken is not None
    assert model.broken.by == "cap"


async def test_money_that_another_call_holds_is_waited_for(tmp_path: Path) -> None:
    purse = BenchPurse(tmp_path / "p", 5)
    other = purse.reserve("other", 4)

    async def settled(_: float) -> None:
        purse.settle(other.name, 0.5)

    model = routed(purse, Provider(reply()), sleep=settled)
    await model.ask(call())
    assert (model.broken, purse.spent) == (None, 1.5)


async def test_what_may_pass_is_tried_again_and_paid_where_it_may_have_been(tmp_path: Path) -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    busy = ProviderError("overloaded", "busy", retryable=True, retry_after=7)
    lost = ProviderError("timeout", "lost", retryable=True, may_be_paid=True)
    model = routed(BenchPurse(tmp_path / "p", 100), Provider(busy, lost, reply()), sleep=sleep)
    await model.ask(call())
    assert (slept, model.spent, model.broken) == ([7, 20.0], 5.0, None)


@pytest.mark.parametrize(
    ("answers", "by", "asked"),
    [
        ((ProviderError("auth", "no key"),), "auth", 1),
        ((ProviderError("bad_request", "no"),), "provider", 1),
        ((ProviderError("overloaded", "busy", retryable=True),) * 4, "provider", 4),
    ],
)
async def test_an_error_that_stays_ends_the_run(
    tmp_path: Path, answers: tuple[ProviderError, ...], by: str, asked: int
) -> None:
    real = Provider(*answers)
    model = routed(BenchPurse(tmp_path / "p", 100), real)
    with pytest.raises(ProviderError):
        await model.ask(call())
    assert (len(real.asked), model.spent) == (asked, 0.0)
    assert model.broken is not None
    assert model.broken.by == by


async def test_a_cancelled_call_counts_as_paid(tmp_path: Path) -> None:
    asked = asyncio.Event()

    class Slow(Provider):
        async def ask(self, call: ModelCall) -> ModelReply:
            asked.set()
            await asyncio.Event().wait()
            raise AssertionError

    slow, purse = Slow(), BenchPurse(tmp_path / "p", 100)
    asking = asyncio.create_task(routed(purse, slow).ask(call()))
    await asked.wait()
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert (purse.spent, purse.close()) == (4.0, 0.0)


async def test_a_reply_without_usage_costs_its_reservation_and_kept_words_have_no_key(tmp_path: Path) -> None:
    model = routed(BenchPurse(tmp_path / "p", 100), Provider(reply(known=False), reply()))
    await model.ask(call())
    await model.ask(call("coder", 2))
    assert [made.usage.usd for made in model.calls] == [4.0, 1.0]
    assert [made.reply for made in model.calls] == ["[redacted]", ""]


# --- pairs and words


def measured(arm: str, recovered: int = 1, **changes: Any) -> Measured:
    plain = {
        "scenario": "s", "arm": arm, "seed": 1, "outcome": "done", "states": {}, "attempts_by_task": {},
        "recoverable": 2, "recovered": recovered, "attempts": 2, "wasted": 0, "usd": 0.5, "gate_usd": 0.0,
        "gate_calls": 0, "blamed": 0, "blamed_right": 0, "moved": 0, "moved_right": 0, "skips": (),
        "wrong_skips": (), "ask_needed": 0, "asked_needed": 0, "asked_needlessly": 0, "gates": (), "evidence": {},
    }  # fmt: skip
    return Measured.model_validate({**plain, **changes})


def pair(scenario: str, repeat: int = 1, pilot: int = 1, plain: int = 1, dropped: Broken | None = None) -> Pair:
    runs = {
        "pilot": ArmRun(measured=measured("pilot", pilot, usd=0.75, wasted=1)),
        "replan": ArmRun(measured=measured("replan", plain)),
    }
    return Pair.model_validate(
        {"scenario": scenario, "group": scenario, "repeat": repeat, "at": "2026-11-02T09:00:00Z", "usd": 1.25,
         "runs": runs, "dropped": dropped}
    )  # fmt: skip


LOST = Broken(by="provider", why="out of order")


def test_only_whole_pairs_count_and_one_that_was_played_again_is_not_lost() -> None:
    found = [pair("a", 1, dropped=LOST), pair("a", 1, pilot=2), pair("b", 1, dropped=LOST)]
    assert [one.key for one in counted(found)] == [("a", 1)]
    assert [one.key for one in given_up(found)] == [("b", 1)]
    assert differences(found, "recovered") == {"a": [1]}
    assert differences(found, "wasted") == {"a": [1]}
    assert differences(found, "usd") == {"a": [0.25]}
    assert "| `b` | 0 | 1 |" in unit_table(found)


def test_arms_that_start_from_other_failures_are_no_pair() -> None:
    gate = GateSeen(number=1, decided_by="pilot", causes={"t2": "test"})
    one = measured("pilot", gates=(gate,), evidence={"t2": "x", "t3": "later"})
    assert _unpaired([one, measured("replan", gates=(gate,), evidence={"t2": "x"})]) is None
    for other in (measured("replan", gates=(gate,), evidence={"t2": "y"}), measured("replan")):
        broken = _unpaired([one, other])
        assert broken is not None
        assert broken.by == "unpaired"


WORDS: list[tuple[Interval | None, str]] = [
    (None, f"{NOT_SHOWN}: no pair"),
    (Interval(mean=2, low=None, high=None, scenarios=4, pairs=9), f"{NOT_SHOWN}: 4 scenarios are too few"),
    (Interval(mean=1, low=0.25, high=2, scenarios=6, pairs=9), f"{HELPS}: +1.00 recovered tasks a run"),
    (Interval(mean=1, low=0.0, high=2, scenarios=6, pairs=9), f"{NOT_SHOWN}: +1.00"),
    (Interval(mean=0, low=-1, high=1, scenarios=6, pairs=9), f"{NOT_SHOWN}: +0.00"),
    (Interval(mean=-1, low=-2, high=-0.1, scenarios=6, pairs=9), f"{NOT_SHOWN}: -1.00"),
]


@pytest.mark.parametrize(("interval", "words"), WORDS, ids=range(len(WORDS)))
def test_the_words_follow_from_the_interval(interval: Interval | None, words: str) -> None:
    assert verdict({} if interval is None else {"recovered": interval}).startswith(words)


@given(
    st.dictionaries(st.sampled_from("abcdefgh"), st.lists(st.integers(-3, 3), min_size=1, max_size=3)),
    st.integers(0, 9),
)
def test_help_is_said_only_above_zero(gaps: dict[str, list[int]], seed: int) -> None:
    found = paired_interval({key: [float(v) for v in values] for key, values in gaps.items()}, Random(seed), 200)
    said = verdict({"recovered": found} if found is not None else {})
    assert said.startswith(HELPS) == (found is not None and found.low is not None and found.low > 0)


ASKED = Asked(bench="gate --live", otto="0", model="m", arms=("pilot", "replan"), prices="x", units={"a": "1"})


def test_a_result_survives_being_written_into_a_document() -> None:
    found = result(ASKED, [pair(name, pilot=2) for name in "abcdef"], "api.example.com", "2026-11-02")
    assert found is not None
    assert recorded_results(f"# Results\n\n{found.line}\n") == [found]
    assert found.recovered == (1.0, 1.0, 1.0)
    assert found.shows_help
    assert not found.model_copy(update={"address": "127.0.0.1"}).shows_help
    assert not found.model_copy(update={"recovered": (1.0, 0.0, 2.0)}).shows_help
    assert not found.model_copy(update={"recovered": (1.0, None, None)}).shows_help
    with pytest.raises(ValueError, match="live-result"):
        recorded_results('<!-- live-result: {"model": "m"} -->')


def test_too_few_groups_have_a_mean_and_no_interval() -> None:
    found = intervals([pair("a", n, pilot=2) for n in range(9)])
    assert (found["recovered"].mean, found["recovered"].low, found["recovered"].pairs) == (1.0, None, 9)


# --- the folder


def test_a_folder_is_taken_up_again_without_half_a_line(tmp_path: Path) -> None:
    with open_folder(tmp_path / "out", ASKED) as kept:
        kept.add(pair("a"))
    with (tmp_path / "out" / "pairs.jsonl").open("a") as file:
        file.write('{"scenario": "b"')
    with open_folder(tmp_path / "out", ASKED) as kept:
        kept.add(pair("c"))
        assert [one.scenario for one in kept.pairs()] == ["a", "c"]


@pytest.mark.parametrize("change", [{"model": "n"}, {"units": {"a": "2"}}, {"arms": ("pilot",)}, {"otto": "1"}])
def test_other_options_are_refused_and_named(tmp_path: Path, change: dict[str, Any]) -> None:
    with open_folder(tmp_path / "out", ASKED):
        pass
    with (
        pytest.raises(KeepError, match=f"other options \\({next(iter(change))}:"),
        open_folder(tmp_path / "out", ASKED.model_copy(update=change)),
    ):
        pass


def test_a_folder_with_other_things_is_not_written_into(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(KeepError, match=r"thesis\.txt"), open_folder(tmp_path, ASKED):
        pass


def test_two_benches_do_not_write_into_one_folder(tmp_path: Path) -> None:
    with (
        open_folder(tmp_path / "out", ASKED),
        pytest.raises(KeepError, match="another bench"),
        open_folder(tmp_path / "out", ASKED),
    ):
        pass


def test_raw_lines_are_json_of_one_line_each(tmp_path: Path) -> None:
    with open_folder(tmp_path / "out", ASKED) as kept:
        kept.add(pair("a"))
        kept.add(pair("b", dropped=LOST))
    lines = (tmp_path / "out" / "pairs.jsonl").read_text().splitlines()
    assert [json.loads(line)["dropped"] for line in lines] == [None, {"by": "provider", "why": "out of order"}]


def test_the_result_type_refuses_what_it_does_not_know() -> None:
    with pytest.raises(ValueError, match="extra"):
        Result.model_validate({"bench": "x", "surprise": 1})
