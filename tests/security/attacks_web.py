"""Attacks on the web process and the way in: forged, repeated, deep, endless and look-alike."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

from security_registry import attack, defence
from web_host import fresh_database, living, post, started

from otto_bot.bench.simulate.planting import Change
from otto_bot.core import events as e
from otto_bot.core.commands import Command, Given
from otto_bot.core.config import HostCaps
from otto_bot.core.values import Person, Repo
from otto_bot.intake.markdown import command_in
from otto_bot.intake.webhook import MAX_BYTES
from otto_bot.store.database import open_database
from otto_bot.store.inbox import Inbox
from otto_bot.store.ledger import Ledger, Trigger

LABELLED = json.dumps(
    {"action": "labeled", "label": {"name": "otto"}, "issue": {"id": 1, "number": 7}, "repository": {"id": 1}}
).encode()
HOOKS = "https://docs.github.com/webhooks/using-webhooks"

SIGNED = defence(
    "signed-deliveries",
    "Only what was signed with the webhook's secret is stored",
    Change("otto_bot.intake.webhook", "signed", "return good", "return True"),
)
ONCE = defence(
    "a-comment-counts-once",
    "A comment gives its command once, in however many deliveries it comes",
    Change("otto_bot.core.steering", "steer", "if given.key in run.seen:", "if False:"),
)
SHALLOW = defence(
    "deep-bodies-are-refused",
    "A body that is nested deeper than Python reads is answered 400, and ends nothing",
    Change("otto_bot.intake.concern", "_whole", "except (ValueError, RecursionError):", "except ValueError:"),
)
SHORT = defence(
    "bodies-have-an-end",
    "No more of a body is read than GitHub ever sends, whatever its headers say",
    Change("otto_bot.intake.webhook", "Receiver._check_size", "if size > self._max_bytes:", "if False:"),
)
ASCII = defence(
    "verbs-in-ascii",
    "A command is made of our own letters: what only looks like a verb, or becomes one in small letters, is none",
    Change("otto_bot.core.commands", "parse_line", "if rest[0].isascii() else rest[0]", ""),
)


def _stored(place: Path) -> int:
    engine = open_database(f"sqlite:///{place / 'otto.sqlite'}")
    number = sum(Inbox(engine).counts().values())
    engine.dispose()
    return number


@attack("forged-delivery", point=2, by=SIGNED, source=f"{HOOKS}/validating-webhook-deliveries")
async def forged_delivery(place: Path) -> str | None:
    """Anybody who knows the address posts a delivery that says that an owner labelled an issue."""
    async with living(started(place)) as app:
        answer = await post(app, LABELLED, x_hub_signature_256=b"sha256=" + b"0" * 64)
    return f"{answer.status}, {_stored(place)} stored" if answer.status == 202 else None


@attack("replayed-under-a-new-id", point=2, by=ONCE, source=f"{HOOKS}/best-practices-for-using-webhooks")
def replayed_under_a_new_id(place: Path) -> str | None:
    """A delivery with `/otto budget +5` that was seen once is sent again: its id stands in no signed place."""
    engine = open_database(fresh_database(place))
    ledger, at = Ledger(engine), datetime(2026, 11, 1, 12, tzinfo=UTC)
    repo, anna = Repo(id=7, installation_id=3, owner="o", name="a", default_branch="main"), Person(id=1, login="anna")
    trigger = Trigger(key="k", repo=repo, issue=1, title="T", body="B", actor=anna)
    run = ledger.start(trigger, HostCaps(), at)
    assert run is not None
    given = Given(key="comment/21/2026-11-01", command=Command(verb="budget", usd=5), by=anna)
    for _ in range(4):
        run = ledger.append(run.id, [e.CommandGiven(at=at, given=given)], at)
    engine.dispose()
    return f"{len(run.replies)} times" if len(run.replies) > 1 else None


@attack("a-hundred-thousand-brackets", point=10, by=SHALLOW, source="https://cwe.mitre.org/data/definitions/674.html")
async def a_hundred_thousand_brackets(place: Path) -> str | None:
    """A signed body (a repository of a hostile member of the same App) is nested until the reader gives up."""
    async with living(started(place)) as app:
        try:
            answer = await post(app, b'{"a":' * 100_000)
        except RecursionError:
            return "the request ended in an error of the server"
    return None if answer.status == 400 else str(answer.status)


@attack("a-body-without-end", point=10, by=SHORT, source="https://cwe.mitre.org/data/definitions/770.html")
async def a_body_without_end(place: Path) -> str | None:
    """A body comes without a length, or with a smaller one than it has, to fill the memory before it is checked."""
    async with living(started(place)) as app:
        answer = await post(app, b" " * (MAX_BYTES + 1), content_length=b"5")
    return None if answer.status == 413 else f"all of it was read ({answer.status})"


@attack("kelvin-skips", point=2, by=ASCII, source="https://nvd.nist.gov/vuln/detail/CVE-2019-19844")
def kelvin_skips(place: Path) -> str | None:
    """A text to copy holds `/otto skip t1` with the sign for Kelvin: a filter for commands does not know the word."""
    found = command_in("/otto s\u212aip t1")
    return found.verb if isinstance(found, Command) else None
