"""Few words where much is asked: answers outside of runs, and an issue whose label comes and goes."""

from __future__ import annotations

import asyncio
import logging
from datetime import datetime

from otto_bot.core.quota import CROWDED
from otto_bot.github.errors import RetryLater
from otto_bot.github.verbs import Repository
from otto_bot.store.ledger import Ledger, Trigger
from otto_bot.text import reply as words
from otto_bot.text.markers import marker

log = logging.getLogger(__name__)


async def say(repository: Repository, number: int, key: str, text: str) -> None:
    """One answer outside of a run; a second delivery finds it.

    Where an issue got as many comments as it may within an hour it is left out: hours later it would help nobody, and
    the reaction to the command has told that it was read.
    """
    try:
        await repository.upsert_comment(number, marker(0, f"answer/{key}"), text)
    except RetryLater as limit:
        if limit.reason != CROWDED:
            raise
        log.warning("issue %s has got enough comments for this hour; %s is not answered", number, key)


async def rests(ledger: Ledger, repository: Repository, trigger: Trigger, now: datetime) -> bool:
    """Whether the issue began so many runs lately that this one does not begin; that is said once.

    A label that stays on is found again by whoever looks for lost deliveries, when its time has come.
    """
    opens = await asyncio.to_thread(ledger.opens_again, trigger.repo.id, trigger.issue, now)
    if opens is None:
        return False
    text = words.too_often(opens, trigger.key.startswith("label/"))
    await say(repository, trigger.issue, f"often/{trigger.repo.id}/{trigger.issue}", text)
    return True
