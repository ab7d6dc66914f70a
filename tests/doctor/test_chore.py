"""A worker looks now and then, one of all, and keeps what it found for the page."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from otto_bot.core.redact import Redactor
from otto_bot.doctor.chore import EVERY, LOOK_SECONDS, Looks
from otto_bot.doctor.host_checks import ON_THE_PAGE
from otto_bot.doctor.reading import given
from otto_bot.github.client import GitHubApp
from otto_bot.github.pace import LocalSlots
from otto_bot.store.database import open_database
from otto_bot.store.findings import Findings


async def test_one_worker_looks_and_everybody_can_read_it(open_scene: Any) -> None:
    clock, leads = [datetime.now(UTC)], [False]
    async with open_scene() as scene:
        settings = given(scene.environment, scene.folder).settings
        engine = open_database(settings.database)
        kept = Findings(engine)
        app = GitHubApp(
            scene.url, 4242, settings.private_key.get_secret_value(), now=scene.now, slots=LocalSlots(pause=0)
        )
        async with app as github:
            looks = Looks(
                settings, scene.environment, engine, github, Redactor(), lambda _at: leads[0], lambda: clock[0]
            )
            await looks()
            clock[0] += timedelta(seconds=LOOK_SECONDS)
            await looks()
            assert kept.last().at == 0, "not at once, and only where it leads"
            leads[0] = True
            await looks()
            first = kept.last()
            clock[0] += EVERY - timedelta(seconds=1)
            await looks()
            assert kept.last().at == first.at, "not so soon again"
            clock[0] += timedelta(seconds=1)
            scene.world.accepted = {"issues": "write"}
            await looks()
            last = kept.last()
        engine.dispose()

    assert list(dict.fromkeys(one.check for one in first.findings)) == list(ON_THE_PAGE)
    assert not [one for one in first.findings if one.level in ("problem", "unknown") and one.check != "sandbox"]
    assert [one.outcome for one in last.findings if one.check == "installations"] == ["lacking"]
