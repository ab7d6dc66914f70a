"""Attacks on the purse: whoever may start work makes Otto spend, write or begin without end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import sqlalchemy as sa
from security_registry import attack, defence
from web_host import fresh_database

from otto_bot.bench.simulate.planting import Change
from otto_bot.core import events as e
from otto_bot.core.allowance import RUNS_OF_ISSUE, Allowance, day_of
from otto_bot.core.answers import MOST
from otto_bot.core.commands import Command, Given
from otto_bot.core.config import HostCaps
from otto_bot.core.limits import AtOnce, HostLimits
from otto_bot.core.quota import CONTENT_OF_PLACE, Ask
from otto_bot.core.run import Run
from otto_bot.core.values import Person, Repo, Usage
from otto_bot.model.client import read_reply
from otto_bot.store import allowance
from otto_bot.store.allowance import DayUsedUp
from otto_bot.store.database import open_database
from otto_bot.store.installations import Installations
from otto_bot.store.ledger import Ledger, Trigger

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
MIDNIGHT = datetime(2026, 11, 2, tzinfo=UTC)
MALLORY = Person(id=66, login="mallory")
REPO = Repo(id=7, installation_id=3, owner="octo", name="app", default_branch="main")
MANY = AtOnce(runs=1000, attempts=1000, agents=1000)
CONSUMPTION = "https://genai.owasp.org/llmrisk/llm102025-unbounded-consumption/"
KEY_ABUSE = "https://github.com/openai/codex-action/blob/main/docs/security.md"

MONEY_OF_A_DAY = defence(
    "money-of-a-day",
    "On one day a host and each installation spend no more than was set, however many issues are labelled",
    Change("otto_bot.core.allowance", "money_shut", "if most is None or used + usd <= most + _TINY:", "if True:"),
)
DAY_OF_A_CALL = defence(
    "day-of-a-call",
    "What a call did not use is given back to the day on which it was put aside, never to a later one",
    Change("otto_bot.store.allowance", "book", "_add(c, open_call.day,", "_add(c, day_of(event.at.timestamp()),"),
)
RUNS_OF_A_DAY = defence(
    "runs-of-a-day",
    "A person, and a repository, begin no more runs on one day than was set; what is above waits",
    Change("otto_bot.core.allowance", "held_today", "if reason:", "if False:"),
)
FLAPPING = defence(
    "label-that-comes-and-goes",
    f"One issue begins at most {RUNS_OF_ISSUE} runs within an hour",
    Change("otto_bot.core.allowance", "opens_again", "if len(lately) < RUNS_OF_ISSUE:", "if True:"),
)
ANSWERS = defence(
    "answers-of-an-hour",
    f"A run writes at most {MOST} answers to commands within an hour",
    Change("otto_bot.core.answers", "bounded", "fresh[: max(0, MOST - len(lately))]", "fresh"),
)
COMMENTS_OF_A_PLACE = defence(
    "comments-of-a-place",
    f"One issue or pull request gets at most {CONTENT_OF_PLACE} new comments of Otto's within an hour",
    Change("otto_bot.core.quota", "_free", "if len(here) >= CONTENT_OF_PLACE:", "if False:"),
)
NO_FREE_CALLS = defence(
    "no-call-for-nothing",
    "A model's answer that claims to have cost nothing is counted at the most it may have cost",
    Change("otto_bot.model.client", "_usage", "if first + third + fourth == 0:", "if False:"),
)
LINEAGE = defence(
    "money-of-an-issue",
    "A run that is started anew for the same issue goes on with what is left of the issue's money",
    Change("otto_bot.core.budget", "inherited", "if not runs:", "if True:"),
)


@contextmanager
def host(place: Path, **day: float) -> Iterator[tuple[Ledger, sa.Engine]]:
    """A ledger of a host with these limits of a day, and no others."""
    engine = open_database(fresh_database(place))
    limits = {**dict.fromkeys(Allowance.model_fields), **day}
    try:
        yield Ledger(engine, HostLimits(installation=MANY, host=MANY, day=Allowance.model_validate(limits))), engine
    finally:
        engine.dispose()


def begin(ledger: Ledger, issue: int, at: datetime) -> Run:
    """Mallory labels an issue."""
    trigger = Trigger(key=f"{issue}/{at}", repo=REPO, issue=issue, title="T", body="B", actor=MALLORY)
    run = ledger.start(trigger, HostCaps(), at)
    assert run is not None
    return run


def reserved(ledger: Ledger, run: Run, call: str, usd: float, at: datetime) -> bool:
    """Whether a call of a model may be made."""
    try:
        after = ledger.append(run.id, [e.MoneyReserved(at=at, call=call, usd=usd)], at)
    except DayUsedUp:
        return False
    return call in after.money.reserved


def said(ledger: Ledger, run: Run, command: Command, key: str, at: datetime) -> Run:
    """Mallory comments."""
    return ledger.append(run.id, [e.CommandGiven(at=at, given=Given(key=key, command=command, by=MALLORY))], at)


@attack("denial-of-wallet", point=10, by=MONEY_OF_A_DAY, source=CONSUMPTION)
def denial_of_wallet(place: Path) -> str | None:
    """Somebody labels many issues, each of which stays within its own budget, to spend the host's money in a night."""
    with host(place, usd=20) as (ledger, engine):
        for issue in range(1, 8):
            reserved(ledger, begin(ledger, issue, NOON), "c", 5, NOON)
        with engine.connect() as c:
            spent = sum(allowance.spent_on(c, day_of(NOON.timestamp())).values())
    return f"${spent:.2f} on a day of $20" if spent > 20 else None


@attack("yesterdays-change", point=10, by=DAY_OF_A_CALL, source="own: put aside before midnight, given back after")
def yesterdays_change(place: Path) -> str | None:
    """Large calls are begun just before midnight and cost little, so that what they give back pays for the new day."""
    with host(place, usd=10) as (ledger, _):
        run = begin(ledger, 1, NOON)
        reserved(ledger, run, "late", 9, MIDNIGHT - timedelta(seconds=1))
        ledger.append(run.id, [e.MoneySettled(at=MIDNIGHT, call="late", usage=Usage(usd=0.01))], MIDNIGHT)
        paid = [reserved(ledger, run, f"c{n}", 5, MIDNIGHT) for n in range(4)]
    return f"{paid.count(True)} calls of $5 on a day of $10" if paid.count(True) > 2 else None


@attack("label-everything", point=10, by=RUNS_OF_A_DAY, source=KEY_ABUSE)
def label_everything(place: Path) -> str | None:
    """Somebody with write access, or a script with their token, labels every issue of a repository."""
    with host(place, runs_per_person=3) as (ledger, engine):
        for issue in range(1, 9):
            begin(ledger, issue, NOON)
        with engine.connect() as c:
            began = allowance.begun_on(c, NOON.timestamp()).persons.get(MALLORY.id, 0)
    return f"{began} runs began" if began > 3 else None


@attack("label-on-label-off", point=10, by=FLAPPING, source=CONSUMPTION)
def label_on_label_off(place: Path) -> str | None:
    """A label is put on and taken off in a loop: each time a run begins, plans, and writes comments of its own."""
    with host(place) as (ledger, _):
        for minute in range(8):
            at = NOON + timedelta(minutes=minute)
            if ledger.opens_again(REPO.id, 1, at) is None:
                run = begin(ledger, 1, at)
                ledger.append(run.id, [e.IssueChanged(at=at, what="unlabelled")], at)
        runs = len(ledger.run_ids())
    return f"{runs} runs within 8 minutes" if runs > RUNS_OF_ISSUE else None


@attack("a-hundred-commands", point=10, by=ANSWERS, source="own: each answer mails everybody who watches the issue")
def a_hundred_commands(place: Path) -> str | None:
    """A script of somebody with write access asks for the status again and again, to have Otto flood the watchers."""
    with host(place) as (ledger, _):
        run = begin(ledger, 1, NOON)
        for number in range(40):
            run = said(ledger, run, Command(verb="status"), f"c{number}", NOON + timedelta(seconds=number))
    return f"{len(run.replies)} comments" if len(run.replies) > MOST else None


@attack(
    "one-issue-uses-up-the-hour",
    point=10,
    by=COMMENTS_OF_A_PLACE,
    source="https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api#about-secondary-rate-limits",
)
def one_issue_uses_up_the_hour(place: Path) -> str | None:
    """One issue is made to need so many comments that GitHub's limit of content holds for the whole account."""
    ask, written = Ask(content=True, place="/repos/octo/app/issues/1/comments"), 0
    with host(place) as (_, engine):
        shared = Installations(engine, pause=0)
        for number in range(65):
            written += shared.reserve(3, ask, NOON + timedelta(seconds=25 * number)).granted
    return f"{written} comments within half an hour" if written > CONTENT_OF_PLACE else None


@attack("a-model-that-costs-nothing", point=10, by=NO_FREE_CALLS, source=CONSUMPTION)
def a_model_that_costs_nothing(place: Path) -> str | None:
    """What stands between Otto and the model (a gateway, a proxy) says that no tokens were used: no cap is met."""
    usage = '{"input_tokens": 0, "output_tokens": 0}'
    raw = f'{{"content": [{{"type": "text", "text": "hi"}}], "stop_reason": "end_turn", "usage": {usage}}}'
    return "a call for nothing" if read_reply(raw, request_id="r", seconds=1).usage_known else None


@attack("stop-and-label-anew", point=10, by=LINEAGE, source="own: a new run of the same issue as a fresh purse")
def stop_and_label_anew(place: Path) -> str | None:
    """The label is taken off and put on when the money is used up, so that the same issue gets its budget again."""
    with host(place) as (ledger, _):
        first = begin(ledger, 1, NOON)
        reserved(ledger, first, "c", 40, NOON)
        ledger.append(first.id, [e.IssueChanged(at=NOON, what="unlabelled")], NOON)
        left = begin(ledger, 1, NOON + timedelta(minutes=1)).money.left
    return f"${left:.2f} again" if left > 10 else None
