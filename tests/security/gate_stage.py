"""Everything behind the webhook's door with the stand-in as GitHub, in one process: to be attacked, and quickly set up.

Deliveries are handed over by the stage, so that it can lose one, change one or let one come late.
"""

from __future__ import annotations

import importlib.util
import json
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import cache, partial
from pathlib import Path
from typing import Any

import httpx
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pydantic import SecretStr

from otto_bot.core.config import HostCaps
from otto_bot.core.values import Repo
from otto_bot.github.client import GitHubApp
from otto_bot.github.pace import LocalSlots
from otto_bot.github.verbs import APP_PERMISSIONS
from otto_bot.intake.catchup import CatchUp
from otto_bot.intake.desk import Desk
from otto_bot.intake.permission import PermissionGate
from otto_bot.intake.rhythm import Rhythm
from otto_bot.intake.routes import Router
from otto_bot.playground.github.config import StandInConfig
from otto_bot.playground.github.people import Hand
from otto_bot.playground.github.people_config import Do
from otto_bot.playground.github.server import build
from otto_bot.playground.github.state import Json, User
from otto_bot.settings import Settings
from otto_bot.store.archive import Archive
from otto_bot.store.database import migrate, open_database
from otto_bot.store.inbox import Inbox
from otto_bot.store.learnings import Learnings
from otto_bot.store.ledger import Ledger
from otto_bot.store.looks import Looks

URL = "http://github.test"


def _way_in() -> Any:
    """The bench of the tests of the way in, of which this is the quick half. Test folders are no packages."""
    name = "way_in_bench"
    if name not in sys.modules:
        path = Path(__file__).parents[1] / "intake" / "conftest.py"
        spec = importlib.util.spec_from_file_location(name, path)
        assert spec is not None
        assert spec.loader is not None
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


WAY_IN = _way_in()


class Stage(WAY_IN.Bench):  # type: ignore[misc, name-defined, unused-ignore]
    """The bench, without sockets. What GitHub tells waits until `work`; `lose` forgets it."""

    told_so_far = 0

    @property
    def world(self) -> Any:
        return self.stand_in.hub.world

    async def act(self, as_: str = "dev", **action: Any) -> None:
        """A person does something; nothing is delivered yet."""
        await Hand(self.stand_in.hub, as_).do(Do.model_validate(action))

    def lose(self) -> None:
        """GitHub loses whatever waits to be delivered."""
        self.told_so_far = len(self.world.deliveries)

    def waiting(self) -> list[Any]:
        """Deliveries that wait, oldest first."""
        return list(self.world.deliveries[self.told_so_far :])

    async def work(self) -> None:
        rows = self.waiting()
        self.lose()
        for row in rows:
            self.inbox.add(row.guid, row.event, row.action or "", row.body, self.now())
        while (delivery := self.inbox.next(self.now())) is not None:
            await self.router.deliver(delivery)

    async def tell(self, event: str, action: str, body: Json) -> None:
        """A delivery of any content, and the work on it."""
        guid = f"told-{event}-{action}-{self.world.next_id()}"
        self.inbox.add(guid, event, action, json.dumps(body).encode(), self.now())
        await self.work()

    def later(self, seconds: float) -> None:
        """Time passes, on both sides."""
        self.now.ahead += timedelta(seconds=seconds)

    def person(self, login: str, permission: str = "none", user_id: int | None = None, kind: str = "User") -> User:
        """Somebody new on GitHub."""
        user = User(login, user_id or 70_000 + len(self.world.users), kind, permission)
        self.world.users[login.lower()] = user
        return user


@cache
def _key() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


async def _no_sleep(_seconds: float) -> None:
    return None


class Slots(LocalSlots):
    """Otto's own pace, which a stage can forget: hundreds of attacks come in one second here."""

    def forget(self) -> None:
        self._accounts.clear()


class Wire(httpx.ASGITransport):
    """The way to the stand-in. `instead` may answer for it, for what the stand-in cannot be made to say."""

    instead: Callable[[httpx.Request], httpx.Response | None] | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        answer = self.instead(request) if self.instead is not None else None
        return answer if answer is not None else await super().handle_async_request(request)


@asynccontextmanager
async def a_stage(place: Path, issue: Json | None = None, files: dict[str, str] | None = None) -> AsyncIterator[Stage]:
    """`dev` may write, `triager` label, `reader` read; issue 1 is by the stranger `mallory`."""
    source = place / "source"
    for name, text in {"README.md": "# Demo\n", **(files or {})}.items():
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_text(text)
    app = {"private_key_pem": _key(), "webhook_secret": WAY_IN.SECRET, "permissions": APP_PERMISSIONS,
           "events": WAY_IN.EVENTS}  # fmt: skip
    people = {"reader": "read", "dev": "write", "triager": "triage", "mallory": "none"}
    given = {
        "state_dir": place / "state", "app": app, "repo_source_dir": source,
        "users": [{"login": login, "permission": level} for login, level in people.items()],
        "issue": {"title": "Add a thing", "body": "Please.", "author": "mallory", **(issue or {})},
    }  # fmt: skip
    now, url = WAY_IN.Time(), f"sqlite:///{place / 'otto.db'}"
    engine = open_database(url)
    migrate(engine)
    stand_in = build(StandInConfig.model_validate(given), with_actions=False)
    stand_in.set_url(URL)
    stand_in.hub.world.clock = now
    stand_in.hub.courier.url = URL
    wire, slots = Wire(stand_in.asgi), Slots(pause=0)
    async with GitHubApp(URL, 4242, _key(), now=now, sleep=_no_sleep, slots=slots, transport=wire) as hub:
        (installation,) = await hub.installations()
        (info,) = await hub.repositories(installation.id)
        repo = Repo(
            id=info.id, installation_id=installation.id, owner=info.owner, name=info.name, default_branch="main"
        )
        ledger, archive, looks = Ledger(engine), Archive(engine), Looks(engine)
        inbox = Inbox(engine)
        gate = PermissionGate(now, 4242)
        desk = Desk(ledger, hub, gate, HostCaps(), now, URL, learnings=Learnings(engine), cursors=looks)
        rounds = CatchUp(desk, ledger, archive, hub, looks, Rhythm(unit=timedelta(minutes=1)), 10_000)
        settings = Settings(
            app_id=4242, private_key=SecretStr(_key()), webhook_secret=(SecretStr(WAY_IN.SECRET),), github_api_url=URL,
            database_url=url, state_dir=place,
        )  # fmt: skip
        stage = Stage(
            stand_in, hub, ledger, inbox, archive, engine, desk, Router(desk, inbox, looks),
            partial(rounds.round, every=True), repo, now, looks, rounds, settings,
        )  # fmt: skip
        stage.wire, stage.slots = wire, slots
        stage.lose()
        yield stage
    engine.dispose()
