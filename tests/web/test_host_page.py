"""The page of the host: what is wrong is said first, with what to do; numbers have units."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from core_builders import T0

from otto_bot.core.quota import Quota
from otto_bot.core.rights import NEEDED as RIGHTS
from otto_bot.core.rights import Granted
from otto_bot.store.findings import Findings, Kept
from otto_bot.store.granted import Grants
from otto_bot.store.host_facts import DatabaseFacts, InstallationFacts, MirrorFacts, Redelivered
from otto_bot.store.installations import Totals
from otto_bot.store.pressure import Pressure
from otto_bot.store.worker_rows import WorkerRow
from otto_bot.text.doctor import cannot, found
from otto_bot.text.health import NEEDED
from otto_bot.web.views.health import health_page
from otto_bot.web.views.troubles import HostSeen, size_words, troubles

NOW = T0.timestamp()
WELL = DatabaseFacts(kind="sqlite", schema_version="0008", newest="0008", size=2_500_000)
FEW = Quota(limit=5_000, remaining=12, reset=NOW + 600)


def seen(**changes: Any) -> HostSeen:
    well = HostSeen(
        deliveries={}, effects={}, pressure=Pressure(), github=Totals(writes=0, waits=0, closed=0),
        workers=(WorkerRow(name="w-1", version="0.1.0", heartbeat_at=NOW - 2),), database=WELL,
        redelivered=Redelivered(), installations=(InstallationFacts(id=3, accounts=("octo",)),), idle=False,
        version="0.1.0",
    )  # fmt: skip
    return well._replace(**changes)


@pytest.mark.parametrize(
    ("changes", "about", "words", "advice"),
    [
        ({"idle": True}, "workers", "no worker was heard of for 30 seconds", "otto-bot worker"),
        ({"workers": (WorkerRow(name="w-1", version="0.1.0", heartbeat_at=NOW - 45),)}, "workers",
         "w-1 was last heard 45 s ago", "look at its log"),
        ({"workers": (WorkerRow(name="w-1", version="0.0.9", heartbeat_at=NOW),)}, "workers", "of version 0.0.9",
         "update the older one"),
        ({"pressure": Pressure(oldest_delivery=400)}, "deliveries", "waits for 7 min", "A worker takes"),
        ({"pressure": Pressure(oldest_effect=301)}, "steps", "waits for 5 min", "OTTO_CONCURRENCY"),
        ({"deliveries": {"dead": 1}}, "deliveries", "1 delivery failed for good", "otto-bot redeliver"),
        ({"deliveries": {"dead": 3}}, "deliveries", "3 deliveries failed for good", "--force GUID"),
        ({"redelivered": Redelivered(total=9, asked={"a": 3, "b": 2})}, "deliveries", "1 delivery did not arrive",
         "the webhook's address"),
        ({"installations": (InstallationFacts(id=3, accounts=("octo",), closed_until=NOW + 60, closed_why="slow"),)},
         "limits", "nothing for installation 3 (octo) before 2026-11-01 09:01 UTC: slow", "by itself"),
        ({"installations": (InstallationFacts(id=3, quota=FEW),)}, "limits", "12 of 5000 requests", "gives way"),
        ({"database": WELL.model_copy(update={"schema_version": "0009"})}, "database", "schema 0009", "newer version"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_what_to_do(changes: Mapping[str, Any], about: str, words: str, advice: str) -> None:
    (found,) = troubles(seen(**changes), T0)

    assert found.about == about
    assert words in found.words
    assert advice in found.advice


def test_where_all_is_well_nothing_is_said() -> None:
    late = {"oldest_delivery": 299.0, "oldest_effect": 300.0}
    given = {"deliveries": {"failed": 2, "done": 9}, "pressure": Pressure.model_validate(late)}
    old = InstallationFacts(id=3, quota=Quota(limit=5_000, remaining=1, reset=NOW - 1), closed_until=NOW - 1)

    assert troubles(seen(**given, installations=(old,)), T0) == ()


def test_nobody_is_told_to_add_workers_where_there_is_none() -> None:
    found = troubles(seen(idle=True, workers=(), pressure=Pressure(oldest_effect=9_000)), T0)

    assert [one.about for one in found] == ["workers"]


def test_an_installation_tells_its_limit_and_what_is_held_back() -> None:
    quota = Quota(limit=5_000, remaining=4_321, reset=NOW + 600)
    held = InstallationFacts(id=3, accounts=("octo",), quota=quota, parked={"day": 2}, barred={"archived": 1})
    (one,) = health_page(seen(installations=(held,)), T0).installations

    assert (one.left, one.state, one.tone) == ("4,321 of 5,000 requests", "open", "done")
    assert one.held == ("2 runs: wait for the next day", "1 run: repository archived")
    assert one.resets is not None
    assert one.resets.words == "2026-11-01 09:10 UTC"
    (old,) = health_page(seen(installations=(held,)), datetime.fromtimestamp(NOW + 601, UTC)).installations
    assert (old.left, old.resets) == ("not told in this hour", None)


def test_what_mirrors_take_is_told_by_machine() -> None:
    facts = MirrorFacts(host="box-1", count=12, bytes=3_400_000_000, cap=214_748_364_800, evicted=2)
    told = [words for name, words in health_page(seen(mirrors=(facts,)), T0).host if name == "mirrors"]
    assert told == ["box-1: 12 mirrors, 3.4 GB of 214.7 GB; 2 mirrors put away for room so far"]


@pytest.mark.parametrize(
    ("size", "words"), [(None, "not told"), (1, "1 byte"), (999, "999 bytes"), (1_500, "1.5 kB"), (2.5e9, "2.5 GB")]
)
def test_sizes_have_units(size: int | None, words: str) -> None:
    assert size_words(size) == words


def test_the_permissions_on_the_page_are_those_that_the_app_asks_for() -> None:
    manifest = yaml.safe_load((Path(__file__).parents[2] / "otto_bot" / "app.yml").read_text("utf-8"))[
        "default_permissions"
    ]
    said = {"statuses": "Commit statuses", "pull_requests": "Pull requests"}
    levels = {"read": "read", "write": "read and write"}

    assert dict(NEEDED) == {said.get(name, name.capitalize()): levels[level] for name, level in manifest.items()}


def test_what_the_doctor_found_is_shown_with_its_age_the_worst_first() -> None:
    findings = (
        found("clock", "right", seconds=1),
        found("webhook", "silent"),
        found("clock", "wrong", seconds=90, way="behind"),
        cannot("github", "no answer"),
    )
    page = health_page(seen(doctor=Kept(NOW - 300, findings)), T0)

    assert [one.check for one in page.doctor] == ["clock", "github", "webhook"]
    assert [one.tone for one in page.doctor] == ["bad", "wait", "off"]
    assert page.doctor_words.startswith("Looked at 5 min ago: 1 check found nothing wrong.")
    assert "Nobody has looked yet" in health_page(seen(), T0).doctor_words


def test_installations_say_what_they_have_not_granted() -> None:
    page = "https://github.com/settings/installations/3"
    all_of_it = Granted(id=3, account="octo", page=page, permissions=dict(RIGHTS), at=NOW)
    rows = [
        all_of_it,
        all_of_it.model_copy(update={"permissions": {**RIGHTS, "actions": "read"}}),
        all_of_it.model_copy(update={"permissions": {"issues": "write"}, "page": "javascript:alert(1)"}),
        all_of_it.model_copy(update={"suspended": True}),
    ]
    grants = health_page(seen(grants=rows), T0).grants

    assert [one.state for one in grants] == ["all granted", "people have more to do", "runs rest", "suspended"]
    assert grants[1].missing == "Actions: read and write"
    assert [one.page for one in grants] == [page, page, "", page]


async def test_findings_and_grants_are_on_the_page(host: Any) -> None:
    host.executing()
    Findings(host.engine).put([found("clock", "wrong", seconds=90, way="behind")], datetime.now(UTC))
    rights = {**RIGHTS, "checks": "read"}
    Grants(host.engine).put([Granted(id=3, account="octo", page="https://g.test/3", permissions=rights)], T0)

    page = await host.page("/health")

    assert "Set the clock, and turn on NTP." in page
    assert 'Checks: read and write <a href="https://g.test/3">accept</a>' in page


async def test_the_page_says_what_is_wrong_first(host: Any) -> None:
    host.executing()

    page = await host.page("/health")

    assert page.index("Not as it should be") < page.index('id="workers"')
    kind = {"sqlite": "SQLite, ", "postgresql": "PostgreSQL, "}[host.engine.dialect.name]
    for words in ("3 (octo)", kind, "GitHub was asked to send 0 deliveries again", "Pull requests"):
        assert words in page, words
