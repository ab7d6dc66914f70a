"""One session of a claim bench: said what it may cost, played as far as it goes, evaluated from what was kept."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from otto_bot.bench.live.bench import PairBench, Told
from otto_bot.bench.live.keep import PAIRS, TABLE, Asked, Kept, open_folder
from otto_bot.bench.live.pairs import counted, given_up
from otto_bot.bench.live.play import Live, Unit
from otto_bot.bench.live.provider import Provider, Refused
from otto_bot.bench.live.purse import BenchPurse
from otto_bot.bench.live.verdict import interval_table, intervals, result, unit_table, verdict
from otto_bot.bench.report import by_arm
from otto_bot.model.prices import AS_OF
from otto_bot.sandbox.cage import Cage, Shared

EXIT_SHORT, EXIT_USAGE, EXIT_INTERRUPTED = 1, 2, 130


@dataclass(frozen=True)
class Request:
    """What both claim benches are asked for. `usd` is the cap over everything in `out`."""

    bench: str
    noun: str
    groups: str
    """What is drawn as a whole, in the plural; `noun` is what is played."""
    arms: tuple[str, ...]
    model: str
    repeats: int
    usd: float
    jobs: int
    out: Path


@dataclass(frozen=True)
class Bag:
    """What units are made from: the cage, a folder that is removed at the end, the folder that stays, a voice."""

    live: Live
    cage: Cage
    root: Path
    kept: Kept
    told: Told


@dataclass(frozen=True)
class _Room:
    cage: Cage
    root: Path
    kept: Kept
    purse: BenchPurse
    told: Told


Units = Callable[[Bag], AbstractAsyncContextManager[Sequence[Unit]]]


def cage_for(hidden: Sequence[Path]) -> Cage:
    """The cage in which all that a model wrote runs; what it must not read is hidden. Raises Refused."""
    probe = Cage.probe()
    if not probe.ok:
        raise Refused(f"what a model wrote runs only in the cage, and there is none here: {probe.reason}")
    return probe.cage(Shared(hidden=tuple(hidden)))


def conduct(
    request: Request, provider: Provider, digests: Mapping[str, str], hidden: Sequence[Path], units: Units, told: Told
) -> int:
    """The session; returns the exit code. Raises Refused and KeepError before anything is spent."""
    prices = f"{AS_OF}: {provider.prices.price(request.model).model_dump_json(exclude_none=True)}"
    asked = Asked(
        bench=request.bench, otto=version("otto-bot"), model=request.model, arms=request.arms, prices=prices,
        units=dict(digests),
    )  # fmt: skip
    with (
        open_folder(request.out, asked) as kept,
        tempfile.TemporaryDirectory(prefix="otto-bench-", ignore_cleanup_errors=True) as name,
    ):
        root = Path(name).resolve()
        cage = cage_for([*hidden, request.out.resolve(), root])
        purse = BenchPurse(kept.purse, request.usd)
        _announce(request, provider, purse, len(digests), told)
        interrupted = False
        try:
            stopped = asyncio.run(_play(request, provider, _Room(cage, root, kept, purse, told), units))
        except KeyboardInterrupt:
            interrupted, stopped = True, "interrupted; the same command goes on where it stopped"
        short = _evaluate(request, asked, provider, kept, len(digests), stopped, told)
        return EXIT_INTERRUPTED if interrupted else EXIT_SHORT if short else 0


async def _play(request: Request, provider: Provider, room: _Room, units: Units) -> str:
    """Why it stopped before the last pair; empty where it did not."""
    async with AsyncExitStack() as stack:
        client = await stack.enter_async_context(provider.client())
        live = Live(
            arms=request.arms, model=client, purse=room.purse, prices=provider.prices, redactor=provider.redactor,
            now=lambda: datetime.now(UTC),
        )  # fmt: skip
        bag = Bag(live, room.cage, room.root, room.kept, room.told)
        found = await stack.enter_async_context(units(bag))
        bench = PairBench(bag.live, bag.kept, bag.root / "pairs", bag.told)
        await bench.run(found, request.repeats, request.jobs)
        return bench.stopped


def _announce(request: Request, provider: Provider, purse: BenchPurse, units: int, told: Told) -> None:
    lost = purse.close()
    spent = purse.spent
    told(
        f"{units} {request.noun} × {request.repeats} repeats, arms {' and '.join(request.arms)}; {request.model} at "
        f"{provider.host}, prices of {AS_OF}"
    )
    told(
        f"this may spend up to ${max(0.0, request.usd - spent):.2f} of your money (--usd {request.usd:g}"
        + (f", of which ${spent:.2f} are spent" if spent else "")
        + (f", ${lost:.2f} of them by calls that were cut off" if lost else "")
        + f"); Ctrl-C stops, results are kept in {request.out}"
    )


def _evaluate(
    request: Request, asked: Asked, provider: Provider, kept: Kept, units: int, stopped: str, told: Told
) -> bool:
    """Print and keep what the whole pairs say. Returns whether pairs are missing."""
    pairs = kept.pairs()
    whole, lost = counted(pairs), given_up(pairs)
    found = intervals(pairs)
    date = datetime.now(UTC).date().isoformat()
    measured = [run.measured for pair in whole for run in pair.runs.values()]
    head = (
        f"{request.bench}: {len({pair.scenario for pair in whole})} {request.noun}, {len(whole)} pairs "
        f"({len(lost)} dropped), {request.model} at {provider.host}, {date}, prices of {AS_OF}, "
        f"${BenchPurse(kept.purse, request.usd).spent:.2f} in all"
    )
    parts = [head, by_arm(measured), unit_table(pairs), *([interval_table(found)] if found else [])]
    parts += [f"- dropped: {pair.scenario} #{pair.repeat}: {pair.dropped.why}" for pair in lost if pair.dropped]
    problems = sum(1 for one in measured if one.problems)
    parts += [f"- {problems} runs did not go as they should; see `problems` in {PAIRS}"] if problems else []
    parts += [f"STOPPED: {stopped}"] if stopped else []
    line = result(asked, pairs, provider.host, date)
    parts += [line.line] if line is not None else []
    said = verdict(found, request.groups)
    told("\n" + "\n\n".join(parts) + "\n")
    kept.write(TABLE, "\n\n".join([*parts, said]) + "\n")
    missing = units * request.repeats - len(whole)
    told((f"{missing} pairs are missing. " if missing > 0 else "") + said)
    return bool(stopped) or missing > 0
