"""How a worker is put together."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pydantic import SecretStr

from otto_bot import worker
from otto_bot.core.redact import Redactor
from otto_bot.engine.outdated import Outdated
from otto_bot.settings import Settings
from otto_bot.store.clock import Clock

HOUR = timedelta(hours=1)


class Ahead(Clock):
    """The database's clock, an hour ahead of the host's."""

    def sync(self) -> None:
        self._known = datetime.now(UTC) + HOUR, time.monotonic()


async def test_everyone_in_a_worker_asks_one_clock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whose own clock is ahead would write down what is due in a time that no worker reaches soon."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    settings = Settings(
        app_id=4242, private_key=SecretStr(pem), webhook_secret=(SecretStr("s"),),
        database_url=f"sqlite:///{tmp_path}/otto.sqlite", state_dir=tmp_path,
    )  # fmt: skip
    monkeypatch.setattr(worker, "Clock", Ahead)
    async with worker._engine(settings, Redactor(), alone=True) as engine:
        deliveries, executor = engine._deliver, engine._executor
        desk = deliveries._deliver.__self__.desk  # type: ignore[attr-defined]
        timed = [chore for _, chore in engine._chores if not isinstance(chore, Outdated)]
        chores = [chore._now for chore in timed]  # type: ignore[attr-defined]
        clocks = [executor._now, deliveries._now, desk.now, *chores]  # type: ignore[attr-defined]
        assert min(clock() for clock in clocks) > datetime.now(UTC) + HOUR / 2
        assert len(clocks) == 6
