"""`otto-bot redeliver`: which deliveries did not arrive, asked for again, or worked in once more from here."""

from __future__ import annotations

import asyncio
import json
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from otto_bot.github.ci_models import Delivery
from otto_bot.github.client import GitHubApp
from otto_bot.github.errors import GitHubError, RetryLater
from otto_bot.intake.redelivery import Missed, look, missed, window
from otto_bot.settings import Settings
from otto_bot.store.database import migrate, open_database
from otto_bot.store.deliveries import Deliveries
from otto_bot.store.installations import Installations, SharedSlots

OK, NOT_ALL = 0, 1
_SINCE = re.compile(r"(\d{1,6})([mhd])")
_UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}


@dataclass(frozen=True)
class Wanted:
    """What the command line asks for. `since` None = as far back as GitHub's log goes."""

    guids: tuple[str, ...]
    since: timedelta | None
    force: bool
    dry_run: bool


def span(text: str) -> timedelta:
    """`30m`, `2h` or `3d`. Raises ValueError."""
    match = _SINCE.fullmatch(text.strip())
    if match is None or int(match.group(1)) == 0:
        raise ValueError(f"{text!r} is no time; give one like 30m, 2h or 3d")
    return int(match.group(1)) * _UNITS[match.group(2)]


def run(wanted: Wanted, settings: Settings) -> int:
    """The exit code: 0 all that was wanted was done, or nothing is missing; 1 not all of it could be."""
    if settings.poll and not wanted.force:
        _say("this host asks GitHub by itself (OTTO_POLL) and receives no webhooks: none can be missing")
        return OK
    return asyncio.run(_run(wanted, settings))


async def _run(wanted: Wanted, settings: Settings) -> int:
    engine = open_database(settings.database)
    await asyncio.to_thread(migrate, engine)
    slots = SharedSlots(Installations(engine, settings.write_pause_seconds))
    try:
        async with GitHubApp(
            settings.github_api_url,
            settings.app_id,
            settings.private_key.get_secret_value(),
            now=_now,
            slots=slots,
            api_version=settings.github_api_version,
        ) as github:
            command = _Command(wanted, github, Deliveries(engine), window(settings.github_api_url))
            return await command()
    except RetryLater as error:
        until = f"{error.until:%Y-%m-%d %H:%M:%S} UTC"
        _warn(f"nothing may be asked of GitHub now: {error.reason}. Say it again after {until}")
        return NOT_ALL
    except GitHubError as error:
        _warn(f"GitHub's log of deliveries cannot be used: {error}. Check OTTO_APP_ID and OTTO_PRIVATE_KEY")
        return NOT_ALL
    finally:
        engine.dispose()


class _Command:
    def __init__(self, wanted: Wanted, github: GitHubApp, deliveries: Deliveries, kept: timedelta) -> None:
        self._wanted = wanted
        self._github = github
        self._deliveries = deliveries
        self._since = _now() - min(wanted.since or kept, kept)

    async def __call__(self) -> int:
        if self._wanted.force:
            return await self._forced()
        if self._wanted.guids:
            return await self._named()
        found = await look(self._github, self._deliveries, self._since, _now())
        code = await self._ask(found)
        dead = self._deliveries.dead()
        for guid, name, error in dead:
            _say(f"{guid}  {name}  arrived, and could not be worked in: {error[:200]}")
        if dead:
            _say(f"{len(dead)} dead: `otto-bot redeliver --force GUID` works one in again")
        if not found and not dead:
            _say(f"nothing is missing since {self._since:%Y-%m-%d %H:%M} UTC")
        return code

    async def _ask(self, found: Sequence[Missed]) -> int:
        code = OK
        for one in found:
            what = f"{one.guid}  {one.name}  {one.at:%Y-%m-%d %H:%M:%S}  {one.why or 'did not arrive'}"
            if self._wanted.dry_run:
                _say(f"{what}: would be asked for")
                continue
            try:
                await self._github.redeliver(one.id)
            except GitHubError as error:
                _warn(f"{what}: GitHub will not send it again: {error}")
                code = NOT_ALL
                continue
            _say(f"{what}: asked for again")
        return code

    async def _named(self) -> int:
        """These, whatever they are. What arrived already is known by its GUID, and changes nothing."""
        attempts = await self._attempts()
        known = self._deliveries.states(self._wanted.guids)
        code, found = OK, []
        for guid in self._wanted.guids:
            if guid in known:
                _say(f"{guid}  is in the inbox ({known[guid]}); `--force` works it in again")
                continue
            tries = [one.model_copy(update={"status": "", "status_code": 0}) for one in attempts if one.guid == guid]
            if not tries:
                code = self._unknown(guid)
            found += missed(tries, (), all_events=True)
        return max(code, await self._ask(found))

    async def _forced(self) -> int:
        code, attempts = OK, None
        for guid in self._wanted.guids:
            state = self._deliveries.states([guid]).get(guid, "not in the inbox")
            if self._wanted.dry_run:
                _say(f"{guid}  {state}: would be worked in again")
                continue
            if self._deliveries.again(guid) == "again":
                _say(f"{guid}  was {state}: a running worker takes it up again")
                continue
            attempts = await self._attempts() if attempts is None else attempts
            newest = max((one for one in attempts if one.guid == guid), key=lambda one: one.id, default=None)
            if newest is None:
                code = self._unknown(guid)
                continue
            content = await self._github.delivery(newest.id)
            body = json.dumps(content.payload, separators=(",", ":")).encode()
            self._deliveries.put(guid, content.event, newest.action, body, _now())
            _say(f"{guid}  was {state}: fetched from GitHub, a running worker takes it up again")
        return code

    async def _attempts(self) -> list[Delivery]:
        return await self._github.deliveries(self._since)

    def _unknown(self, guid: str) -> int:
        _warn(f"{guid}  is not in GitHub's log since {self._since:%Y-%m-%d %H:%M} UTC; it keeps a few days")
        return NOT_ALL


def _now() -> datetime:
    return datetime.now(UTC)


def _say(line: str) -> None:
    print(line)  # noqa: T201


def _warn(line: str) -> None:
    print(f"otto-bot: {line}", file=sys.stderr)  # noqa: T201
