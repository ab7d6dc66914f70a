"""Composition of the worker: everything an effect may need, built once, and the loop that uses it."""

from __future__ import annotations

import asyncio
import fcntl
import hashlib
import logging
import os
import secrets
import signal
import socket
import sys
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import sqlalchemy as sa

from otto_bot.core.redact import Redactor
from otto_bot.doctor.chore import LOOK_SECONDS as DOCTOR_SECONDS
from otto_bot.doctor.chore import Looks as Doctor
from otto_bot.engine import outdated
from otto_bot.engine.admission import LOOK_SECONDS, Admission
from otto_bot.engine.execute import Executor
from otto_bot.engine.forgetting import forget
from otto_bot.engine.loop import STOP_SECONDS, Chore, Engine, Records, Who
from otto_bot.engine.numbers import WorkerNumbers
from otto_bot.engine.queue import DbosQueue, queue_url
from otto_bot.environment.env_file import place
from otto_bot.environment.forms import places
from otto_bot.git.runner import GitRunner
from otto_bot.github.client import GitHubApp
from otto_bot.intake.catchup import CatchUp
from otto_bot.intake.desk import Desk
from otto_bot.intake.meter import Meter
from otto_bot.intake.permission import PermissionGate
from otto_bot.intake.redelivery import Redelivery, window
from otto_bot.intake.rhythm import Rhythm
from otto_bot.intake.routes import Router
from otto_bot.intake.side_by_side import SideBySide
from otto_bot.jobs.context import Context
from otto_bot.jobs.host_cage import host_cage
from otto_bot.jobs.registry import jobs_for, translate
from otto_bot.jobs.room import GIB, MIB, DiskCaps
from otto_bot.keeping.collect import retention
from otto_bot.keeping.housekeeping import LOOK_SECONDS as HOUSEKEEPING_SECONDS
from otto_bot.keeping.housekeeping import Housekeeping
from otto_bot.model.client import warm
from otto_bot.model.one import OneModel
from otto_bot.model.prices import Prices
from otto_bot.observe import spans
from otto_bot.observe.events import Event, tell
from otto_bot.observe.lines import every_line_says
from otto_bot.settings import Settings, SettingsError
from otto_bot.store.archive import Archive
from otto_bot.store.clock import Clock
from otto_bot.store.database import migrate, open_database
from otto_bot.store.deliveries import Deliveries
from otto_bot.store.effect_rows import EffectRows
from otto_bot.store.granted import Grants
from otto_bot.store.held_back import HeldBack
from otto_bot.store.inbox import Inbox
from otto_bot.store.installations import Installations, SharedSlots
from otto_bot.store.leader import Leader
from otto_bot.store.learnings import Learnings
from otto_bot.store.ledger import Ledger
from otto_bot.store.looks import Looks
from otto_bot.store.telling import Telling
from otto_bot.store.versions import CODE_VERSION, shown
from otto_bot.store.worker_rows import WorkerRows

log = logging.getLogger(__name__)

MODEL_TIMEOUT_SECONDS = 600.0
LOCK_PATIENCE_SECONDS = 60.0
DELIVERIES_SECONDS = 1.0
"""So long a worker that ends lets deliveries in hand end too."""


def utc_now() -> datetime:
    """The clock of the host."""
    return datetime.now(UTC)


@dataclass
class _Switch:
    """Whether the worker is asked to end."""

    engine: Engine | None = None

    def __call__(self) -> bool:
        return self.engine is not None and self.engine.stopping


@contextmanager
def only_worker(settings: Settings) -> Iterator[bool]:
    """On SQLite there is one worker: hold its lock. Yields whether this one is alone. Raises SettingsError."""
    if not settings.database.startswith("sqlite"):
        yield False
        return
    try:
        settings.state_dir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SettingsError(f"OTTO_STATE_DIR: {settings.state_dir} cannot be made: {error.strerror}") from error
    with (settings.state_dir / "worker.lock").open("w") as lock:
        deadline = time.monotonic() + LOCK_PATIENCE_SECONDS
        while not _locked(lock.fileno()):
            if time.monotonic() > deadline:
                raise SettingsError("another worker uses this state folder; with SQLite there can be only one")
            time.sleep(0.1)
        yield True


def _locked(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


async def work(settings: Settings, redactor: Redactor, *, stop_with_parent: bool = False) -> None:
    """Run a worker until SIGTERM or SIGINT. `redactor` knows the host's secrets, and is told each token."""
    spans.start(os.environ, "otto-worker", shown(CODE_VERSION), settings.app_id, redactor.text)
    with only_worker(settings) as alone:
        async with _engine(settings, redactor, alone) as engine:
            loop = asyncio.get_running_loop()
            for number in (signal.SIGTERM, signal.SIGINT):
                loop.add_signal_handler(number, end_in_time, engine)
            if stop_with_parent:
                loop.add_reader(0, _parent_is_gone)
            warming = asyncio.create_task(asyncio.to_thread(warm))
            await engine.run()
            warming.cancel()
    leave()


def end_in_time(engine: Engine) -> None:
    """Ask it to end, and end in time whatever hangs: a thread, a file system, a process that cannot be killed."""
    if engine.stopping:
        return
    engine.stop()
    tell(log, Event.WORKER_STOPPING)
    last = threading.Timer(STOP_SECONDS, _end_now)
    last.daemon = True
    last.start()


def _end_now() -> None:
    log.warning("something hangs; its work goes to the next worker when its lease is over")
    leave()


def leave() -> None:
    """End the process without taking it to pieces first: that takes seconds, and nothing waits for it."""
    spans.stop()
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


def _parent_is_gone() -> None:
    """The parent's end of our standard input closed: it died, and so do we; nothing is lost by it."""
    if os.read(0, 1) == b"":
        os._exit(1)


@asynccontextmanager
async def _engine(settings: Settings, redactor: Redactor, alone: bool) -> AsyncIterator[Engine]:
    engine_db = open_database(settings.database)
    await asyncio.to_thread(migrate, engine_db)
    host = socket.gethostname()
    # Never the name of one before: containers begin again with the same host and process number.
    name = f"{host[:50]}-{os.getpid()}-{secrets.token_hex(4)}"
    # Everyone here asks it: what one host says is due now must be due on a host whose own clock is behind.
    clock = Clock(engine_db, utc_now, time.monotonic)
    await asyncio.to_thread(clock.sync)
    numbers = WorkerNumbers(engine_db, settings.state_dir, settings.metrics_host, settings.metrics_port)
    every_line_says(worker=name, version=shown(CODE_VERSION))
    ledger = Ledger(engine_db, settings.limits, tell=Telling(numbers.meters))
    rows = EffectRows(engine_db)
    inbox, archive = Inbox(engine_db), Archive(engine_db)
    learnings, looks = Learnings(engine_db), Looks(engine_db)
    switch, grants = _Switch(), Grants(engine_db)
    async with GitHubApp(
        settings.github_api_url,
        settings.app_id,
        settings.private_key.get_secret_value(),
        now=utc_now,
        api_version=settings.github_api_version,
        on_secret=redactor.register,
        censor=redactor.text,
        slots=SharedSlots(Installations(engine_db, settings.write_pause_seconds)),
        meter=numbers.meters,
    ) as github:
        context = _context(settings, ledger, rows, archive, learnings, github, redactor, switch, clock, grants)
        context = replace(context, model=numbers.model(context.model, context.prices))
        gate = PermissionGate(clock, settings.app_id)
        desk = Desk(
            ledger,
            github,
            gate,
            settings.caps,
            clock,
            settings.web_url,
            settings.docs_url,
            learnings=learnings,
            cursors=looks,
            grants=grants,
        )
        rhythm = Rhythm(unit=timedelta(seconds=settings.round_seconds))
        executor = Executor(ledger, rows, jobs_for(context), translate, clock, meter=numbers.work)
        deliveries = SideBySide(Router(desk, inbox, looks).deliver, inbox, clock, executor.progressed.set)
        switch.engine = Engine(
            who=Who(name, host, shown(CODE_VERSION), alone),
            records=Records(rows, inbox, WorkerRows(engine_db), Leader(engine_db), clock),
            queue=DbosQueue(queue_url(settings.database), "otto" if alone else name),
            executor=executor,
            deliver=deliveries,
            catch_up=_catching_up(
                None
                if settings.poll  # nothing was sent that could have been lost
                else Redelivery(github, Deliveries(engine_db), looks, rhythm, clock, window(settings.github_api_url)),
                CatchUp(desk, ledger, archive, github, looks, rhythm, meter=_meter(settings)),
            ),
            catch_up_seconds=settings.round_seconds,
            concurrency=settings.concurrency,
            limits=settings.limits,
            chores=_chores(settings, engine_db, ledger, switch, clock, github, redactor),
        )
        try:
            async with numbers.shown(executor):
                tell(log, Event.WORKER_STARTED, worker=name, version=shown(CODE_VERSION))
                yield switch.engine
        finally:
            await deliveries.stop(DELIVERIES_SECONDS)
    engine_db.dispose()


def _meter(settings: Settings) -> Meter | None:
    """Quick rounds are held to GitHub's hour, but where the server is one without limits."""
    return Meter() if settings.poll and settings.write_pause_seconds > 0 else None


def _catching_up(redelivery: Redelivery | None, compare: CatchUp) -> Callable[[], Awaitable[None]]:
    async def catch_up() -> None:
        """What can be had again as a webhook; then what only a look shows."""
        if redelivery is not None:
            await redelivery()
        await compare()

    return catch_up


def _chores(
    settings: Settings,
    engine_db: sa.Engine,
    ledger: Ledger,
    switch: _Switch,
    clock: Clock,
    github: GitHubApp,
    redactor: Redactor,
) -> tuple[Chore, ...]:
    """What one worker of a database does for all of them. Two at the same moment do no harm, only more work."""

    def leads(_at: datetime) -> bool:
        return switch.engine is not None and switch.engine.leads

    held_back = HeldBack(engine_db, settings.limits)
    admission = Admission(ledger, held_back, Installations(engine_db).closed, leads, clock)
    kept = retention(settings, socket.gethostname())
    url = queue_url(settings.database)
    housekeeping = Housekeeping(engine_db, kept, lambda before, dry: forget(url, before, dry=dry), leads, switch, clock)
    ends = outdated.Outdated(engine_db, lambda: end_in_time(switch.engine) if switch.engine is not None else None)
    doctor = Doctor(settings, os.environ, engine_db, github, redactor, leads, clock)
    return (
        (LOOK_SECONDS, admission), (HOUSEKEEPING_SECONDS, housekeeping), (outdated.LOOK_SECONDS, ends),
        (DOCTOR_SECONDS, doctor),
    )  # fmt: skip


def _context(
    settings: Settings,
    ledger: Ledger,
    rows: EffectRows,
    archive: Archive,
    learnings: Learnings,
    github: GitHubApp,
    redactor: Redactor,
    switch: _Switch,
    clock: Clock,
    grants: Grants,
) -> Context:
    state = settings.state_dir.absolute()
    home = state / "git-home"
    home.mkdir(parents=True, exist_ok=True)
    hidden = (state, *places(os.environ), *filter(None, (place(os.environ, Path.cwd()),)))
    room = int(settings.workspace_gib * 1024**3)
    cage, enclose = host_cage(settings.shown_in_cage, hidden, room, scripted=settings.cage == "scripted")
    return Context(
        ledger=ledger,
        rows=rows,
        archive=archive,
        learnings=learnings,
        github=github,
        web_url=settings.web_url,
        docs_url=settings.docs_url,
        runner=GitRunner(home),
        state_dir=state,
        model=OneModel(MODEL_TIMEOUT_SECONDS),
        prices=Prices.published().plus_json(settings.prices) if settings.prices else Prices.published(),
        redactor=redactor,
        cage=cage,
        enclose=enclose,
        setup_hosts=settings.hosts_of_setups,
        setup_near=settings.near_hosts_of_setups,
        check_buttons=not settings.poll,
        stopping=switch,
        now=clock,
        grants=grants,
        disk=DiskCaps(repository=int(settings.repository_gib * GIB), partial=int(settings.partial_mib * MIB)),
        nonce_key=hashlib.sha256("\0".join(settings.secrets).encode()).digest(),
    )
