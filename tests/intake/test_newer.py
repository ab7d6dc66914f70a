"""A delivery for a run that a newer version works on waits for a worker of that version, and is never given up."""

from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from otto_bot.store.inbox import ATTEMPT_LIMIT


async def test_a_delivery_for_a_newer_versions_run_is_left_to_it(started: Any) -> None:
    with started.engine.begin() as c:
        c.execute(sa.text("UPDATE runs SET version = version + 1"))
    await started.do(comment={"where": "issue/1", "body": "/otto stop"})
    for _ in range(ATTEMPT_LIMIT + 2):
        started.now.ahead += timedelta(seconds=2)
        await started.work()
    assert [(row.state, row.attempts) for row in started.rows()[-1:]] == [("failed", 0)]

    with started.engine.begin() as c:
        c.execute(sa.text("UPDATE runs SET version = version - 1"))
    started.now.ahead += timedelta(seconds=2)
    await started.work()
    assert started.given() == ["stop"]
