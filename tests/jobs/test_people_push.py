"""People push to every branch of a run, at any moment: nothing of theirs is ever lost, and the run gets to its end."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from interleavings import Near, Play, merged, none
from shared_remote import OTTO, Interrupted, Remote, lost

from otto_bot.core.redact import Redactor
from otto_bot.model.prices import Prices
from otto_bot.store.archive import Archive
from otto_bot.store.database import open_database
from otto_bot.store.effect_rows import EffectRows
from otto_bot.store.learnings import Learnings
from otto_bot.store.ledger import Ledger

TOGETHER = 10
"""Interleavings of one test: they share a repository, as the runs of one do."""
STEPS = 120

SOME = [0, TOGETHER]
"""Those of the quick tests; all hundred are played with the slow ones."""


@pytest.mark.parametrize(
    "first", [*SOME, *(pytest.param(one, marks=pytest.mark.slow) for one in range(2 * TOGETHER, 100, TOGETHER))]
)
async def test_no_commit_of_anyone_else_is_lost(
    first: int, tmp_path: Path, make_database: Callable[..., str], backend: str
) -> None:
    engine = open_database(make_database(backend))
    remote = Remote(tmp_path / "remote.git", random.Random(first))
    git = Interrupted(tmp_path / "home", remote)
    context = Near(
        ledger=Ledger(engine), rows=EffectRows(engine), archive=Archive(engine), learnings=Learnings(engine),
        github=none(), web_url="https://example.org", runner=git, state_dir=tmp_path, model=none(),
        prices=Prices.published(), redactor=Redactor(), cage=None, stopping=lambda: False,
        now=lambda: datetime.now(UTC), nonce_key=b"key", remote=remote.path,
    )  # fmt: skip
    for number in range(first, first + TOGETHER):
        remote.rng = random.Random(number)
        git.prefix, git.left, git.story, git.onto_run = "", 0, [], []
        play = Play(context, remote, git, remote.rng, number + 1)
        await play.begin()
        for _ in range(STEPS):
            if not await play.step():
                break
        assert not lost(remote), "\n".join([*lost(remote), play.told()])
        run, heads = play.run, remote.heads()
        assert merged(run), play.told()
        assert run.head == heads[run.run_branch], play.told()
        kept = {name for name in git.onto_run if name.startswith("rita-")}
        assert kept <= remote.files(run.run_branch), play.told()
    assert sum(who != OTTO for who in remote.authors().values()) > TOGETHER
    engine.dispose()
