"""Runs of a scenario: undisturbed, with the bot killed in the middle of a write, with faulty deliveries."""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import crash_end_state
import httpx
from played import Reader

from otto_bot.core.effects import scheduled
from otto_bot.playground.demo.expect import differences as unmet
from otto_bot.playground.demo.harness import ENDED, Launch, Playground
from otto_bot.playground.demo.processes import Child
from otto_bot.playground.demo.promise import broken
from otto_bot.playground.demo.stand_in import EVENTS
from otto_bot.playground.scenario import Scenario, find, load

Json = dict[str, Any]
When = Literal["before", "after"]
REACH_SECONDS = 1.0
DROP_SECONDS = 10.0
QUIET_SECONDS = 20.0
REST_SECONDS = 1.0
LOOK_SECONDS = 0.2
CALL_SECONDS = 0.005
TRAP_TRIES = 5
LONGEST_PAUSE = timedelta(minutes=10)
PATIENCE = 3.0
"""How many times a scenario's own limit a run may take that was killed, on a machine that is busy."""


@dataclass(frozen=True)
class Moment:
    """A kill: at the n-th write, before or after it is carried out."""

    nth: int
    when: When

    def __str__(self) -> str:
        return f"{self.when} write {self.nth}"


@dataclass
class Ended:
    """A run that has come to rest."""

    state: Json
    report: Json
    paid: Counter[str]
    problems: list[str]
    killed: list[str] = field(default_factory=list)
    log: str = ""

    @property
    def writes(self) -> list[str]:
        """Every write in order, as `POST /path`."""
        return [f"{row['method']} {row['path']}" for row in self.report["requests"] if "write" in row]

    def against(self, undisturbed: Ended) -> list[str]:
        """Every difference from the undisturbed run, every broken promise."""
        return [
            *crash_end_state.differences(undisturbed.state, self.state),
            *crash_end_state.doubles(self.report),
            *crash_end_state.paid_too_often(undisturbed.paid, self.paid, len(self.killed)),
            *self.problems,
        ]


def moments(seed: int, writes: Sequence[str], number: int) -> list[Moment]:
    """Different writes, chosen by the seed, in order; before and after take turns.

    Half of them make something new (a comment, a check, a pull request, a commit on a branch): those could be there
    twice afterwards. `writes` as in `Ended.writes`.
    """
    dice = random.Random(seed)
    making = [place for place, write in enumerate(writes, start=1) if write.startswith("POST ")]
    others = [place for place, write in enumerate(writes, start=1) if not write.startswith("POST ")]
    made = dice.sample(making, min(len(making), number - min(len(others), number // 2)))
    left = dice.sample(others, min(len(others), number - len(made)))
    turn = dice.randrange(2)
    return [
        Moment(nth, "before" if (place + turn) % 2 == 0 else "after") for place, nth in enumerate(sorted(made + left))
    ]


async def undisturbed_run(name: str, folder: Path, launch: Launch) -> Ended:
    """Nothing happens. Raises AssertionError where that does not end as the scenario expects."""
    async with playing(name, folder, launch) as play:
        await play.label()
        ended = await rest(play)
    assert not ended.problems, "\n".join(["undisturbed:", *ended.problems, ended.log])
    return ended


async def killed_run(
    name: str, folder: Path, kills: Sequence[Moment], launch: Launch = Child.start, database: str = ""
) -> Ended:
    """The bot's whole process group gets SIGKILL at each moment, and is started again."""
    async with playing(name, folder, launch, database) as play:
        trap = TrapControl(play)
        told = []
        labelled = False
        for moment in kills:
            await trap.set(moment)
            if not labelled:
                await play.label()
                labelled = True
            told.append(await _kill(play, trap, moment))
            await play.start_bot()
        ended = await rest(play)
    ended.killed = told
    return ended


async def killed_coder_run(name: str, folder: Path, launch: Launch, turn: int) -> Ended:
    """The bot gets SIGKILL when the model has answered this turn of a coder, and is started again."""
    async with playing(name, folder, launch) as play:
        await play.label()
        async with asyncio.timeout(play.scenario.script.time_limit):
            await _coder_was_answered(play, turn)
        await play.kill_bot()
        await play.start_bot()
        ended = await rest(play)
    ended.killed = [f"when the coder's turn {turn} was answered"]
    return ended


async def faulty_run(
    name: str,
    folder: Path,
    launch: Launch,
    faults: Sequence[Json],
    quiet: float = REST_SECONDS,
    until: Callable[[Json], bool] = lambda _: True,
) -> Ended:
    """Deliveries get lost, come twice or in another order. It rests when nothing was new for `quiet` seconds.

    It may have ended before GitHub is asked for what was lost: `until` waits for that in the stand-in's state.
    """
    async with playing(name, folder, launch) as play:
        await set_faults(play, faults)
        await play.label()
        async with asyncio.timeout(play.scenario.script.time_limit * PATIENCE):
            while not until(await play.stand_in.state()):  # noqa: ASYNC110 - it tells nobody
                await asyncio.sleep(LOOK_SECONDS)
        return await rest(play, quiet)


async def set_faults(play: Playground, faults: Sequence[Json]) -> None:
    """What goes wrong from now on."""
    await _control(play, "POST", "faults", json=list(faults))


def every_delivery(kind: str, events: Sequence[str] = (*EVENTS, "check_suite", "workflow_job")) -> list[Json]:
    """A fault on each delivery of these events."""
    return [{"kind": kind, "event": event, "count": 100_000} for event in events]


class TrapControl:
    """The stand-in's trap."""

    def __init__(self, play: Playground) -> None:
        self._play = play

    async def set(self, moment: Moment) -> None:
        """Two moments may lie close together: what was written already is passed over."""
        for more in range(1, TRAP_TRIES + 1):
            nth = max(moment.nth, (await self.look())["writes"] + more)
            try:
                await self.put({"nth": nth, "when": moment.when})
                break
            except httpx.HTTPStatusError:
                # It was written between our look and our request; a few places further on there is time.
                if more == TRAP_TRIES:
                    raise

    async def put(self, trap: Json) -> None:
        """The trap as the stand-in takes it."""
        await _control(self._play, "POST", "trap", json=trap)

    async def set_ending(self, ending: str) -> None:
        """Hold the first write whose path ends so, before it is carried out."""
        await self.put({"nth": 1, "when": "before", "path": f"{ending}$"})

    async def reached(self) -> Json | None:
        """The held write, or None when it does not come within a moment."""
        seen = await self.look(REACH_SECONDS)
        return dict(seen["write"]) if seen["reached"] else None

    async def look(self, seconds: float = 0) -> Json:
        return await _control(self._play, "GET", "trap", params={"wait": seconds})

    async def let_go(self, write: Json) -> None:
        """After the kill: a request of the dead bot is gone; a push of git, which outlives it, goes on."""
        deadline = time.monotonic() + DROP_SECONDS
        while (await self.look())["held"]:
            assert time.monotonic() < deadline, f"{write} is still held {DROP_SECONDS:g} s after the bot was killed"
            if write["path"].endswith("/git-receive-pack"):
                await _control(self._play, "POST", "trap/release")

    async def disarm(self) -> None:
        await _control(self._play, "POST", "trap/release")


async def write_of(trap: TrapControl) -> Json:
    """The held write, once it comes."""
    while (write := await trap.reached()) is None:
        pass
    return write


@contextlib.asynccontextmanager
async def playing(
    name: str, folder: Path, launch: Launch = Child.start, database: str = ""
) -> AsyncIterator[Playground]:
    async with Playground(load(find(name)), folder, launch=launch, database=database) as play:
        yield play


async def _coder_was_answered(play: Playground, turn: int) -> None:
    while True:
        calls = await play.model_calls()
        if any(call["role"] == "coder" and call["turn"] == turn for call in calls):
            return
        await asyncio.sleep(CALL_SECONDS)


async def _kill(play: Playground, trap: TrapControl, moment: Moment) -> str:
    """Kills at the moment, or when all is quiet where a run makes fewer writes than the undisturbed one."""
    writes, since = -1, time.monotonic()
    while (write := await trap.reached()) is None:
        now = (await trap.look())["writes"]
        if now != writes:
            writes, since = now, time.monotonic()
        elif time.monotonic() - since > QUIET_SECONDS:
            await trap.disarm()
            await play.kill_bot()
            return f"{moment}: only {writes} writes came, killed in the silence after them"
    await play.kill_bot()
    await trap.let_go(write)
    return f"{moment}: {write['method']} {write['path']}"


async def rest(play: Playground, quiet: float = REST_SECONDS, pauses: float = 0.0) -> Ended:
    """Waits until the run rests with every delivery made and stays so for `quiet` seconds, then reads what is there.

    `pauses` are the seconds that steps may wait because they failed.
    """
    scenario: Scenario = play.scenario
    limit = scenario.script.time_limit * PATIENCE + pauses
    try:
        with contextlib.closing(reader(play)) as reads:
            async with asyncio.timeout(limit):
                ledger = await _settled(play, reads, quiet)
    except TimeoutError:
        raise AssertionError(f"it did not come to rest within {limit:g} s\n{play.logs()}") from None
    seen = await play.stand_in.state()
    report = {**ledger, **seen, "model_calls": await play.model_calls()}
    repository = next((play.root / "github" / "git").glob("*.git"))
    return Ended(
        state=crash_end_state.end_state(report, repository),
        report=report,
        paid=crash_end_state.paid(report),
        problems=[*_expected(scenario, report), *broken(report), *await play.outstanding(), *seen["problems"]],
        log=play.logs(),
    )


async def _settled(play: Playground, reads: Reader, quiet: float) -> Json:
    """The report of the first rest that is still one when every delivery was made and a quiet time has passed."""
    while True:
        before = await look_at(reads)
        ended = before.get("outcome") in ENDED
        if before.get("resting") and (ended or not await play.outstanding()):
            await play.stand_in.settle()
            await asyncio.sleep(quiet)
            after = await look_at(reads)
            if after["resting"] and len(after["events"]) == len(before["events"]):
                return after
        await asyncio.sleep(LOOK_SECONDS)


def reader(play: Playground) -> Reader:
    """Reads its bot's ledger."""
    return Reader(play.bot_environment()["OTTO_DATABASE_URL"])


async def look_at(reads: Reader) -> Json:
    """The report. What is tried again after a pause is not at rest yet, however long the pause."""
    seen = await reads.look(1)
    if seen is None:
        return {}
    found, run = seen
    until = datetime.now(UTC) + LONGEST_PAUSE
    again = [one for one in scheduled(run) if one.key in run.trouble and one.not_before and one.not_before < until]
    return {**found, "resting": found["resting"] and not again}


def _expected(scenario: Scenario, report: Json) -> list[str]:
    """What the scenario expects, without the number of model calls: a kill may cost one more."""
    return unmet(scenario.script.expect.model_copy(update={"model_calls": {}}), report)


async def _control(play: Playground, method: str, name: str, **more: Any) -> Json:
    headers = {"x-playground-token": play.secrets.control_token}
    async with httpx.AsyncClient(timeout=30, trust_env=False, headers=headers) as client:
        answer = await client.request(method, f"{play.stand_in.url}/_playground/{name}", **more)
        answer.raise_for_status()
        data: Json = answer.json()
        return data
