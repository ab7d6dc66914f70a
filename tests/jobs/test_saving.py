"""What an attempt had when it ended goes to its branch, with what others have put there meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from core_builders import plan
from interleavings import Near, Play, near
from shared_remote import OTTO, commit_script, lost

from otto_bot.core import events as e
from otto_bot.core.attempt import Attempt
from otto_bot.core.effects import EffectKind, scheduled
from otto_bot.git.errors import PushRejected
from otto_bot.git.mirror import Mirror
from otto_bot.jobs.outcomes import Retry
from otto_bot.jobs.saving import Saved, saved
from otto_bot.jobs.starting import start_of
from otto_bot.jobs.tried_before import previous_diff
from otto_bot.store.database import open_database

OURS = {"t1.txt": "by Otto\n"}
BOTH = pytest.mark.parametrize("tasks", [("t1",), ("t1", "t2")], ids=["the run branch", "a branch of its own"])
"""Where the work goes."""


@pytest.fixture
def context(tmp_path: Path, make_database: Callable[..., str], backend: str) -> Iterator[Near]:
    """What jobs are given, over a remote that nobody has pushed to yet."""
    engine = open_database(make_database(backend))
    yield near(tmp_path, engine)
    engine.dispose()


class Coding:
    """An attempt at t1 that has written `OURS`, and has to end."""

    def __init__(self, play: Play, mirror: Mirror, attempt: Attempt, sha: str, tree: str) -> None:
        self.play, self.mirror, self.attempt, self.sha, self.tree = play, mirror, attempt, sha, tree

    @classmethod
    async def begin(cls, context: Near, *tasks: str) -> Coding:
        play = Play(context, 1)
        await play.begin(plan(*tasks), people=False)
        run, mirror = play.run, await context.mirror(play.run)
        effect = next(one for one in scheduled(run) if one.kind is EffectKind.CODE and one.task == "t1")
        start = await start_of(context, run, mirror, effect)
        where: dict[str, Any] = {"at": play.now, "task": "t1", "attempt": 1}
        run = await play.tell(e.AttemptStarted(**where, base_sha=start.base, branch=start.branch, fresh=start.fresh))
        attempt = run.task("t1").last
        assert attempt is not None
        await mirror.fetch(start.base)
        script = commit_script("refs/work/t1", OTTO, OURS, "Work", start.base)
        await mirror.git("fast-import", "--quiet", input=script.encode())
        sha, tree = (await mirror.git("rev-parse", "refs/work/t1", "refs/work/t1^{tree}")).text.split()
        if attempt.branch not in context.remote.heads():
            context.remote.run("branch", attempt.branch, start.base)
        return cls(play, mirror, attempt, sha, tree)

    async def save(self) -> Saved:
        async def made() -> str:
            return self.sha

        context, run = self.play.context, self.play.run
        return await saved(context, run, self.mirror, "t1", self.attempt, self.tree, made)

    def push(self, files: Mapping[str, str]) -> str:
        """A person pushes to the attempt's branch."""
        self.play.remote.commit(self.attempt.branch, files, "A person's")
        return self.head

    def race(self, files: Mapping[str, str]) -> None:
        """A person is faster than the next push."""
        script = self.play.remote.script(self.attempt.branch, files, "A person's")
        (self.play.remote.path / "race.in").write_text(script)

    @property
    def head(self) -> str:
        return self.play.remote.heads()[self.attempt.branch]


@BOTH
@pytest.mark.parametrize("racing", [False, True])
async def test_what_a_person_pushed_meanwhile_is_joined(context: Near, tasks: tuple[str, ...], racing: bool) -> None:
    coding = await Coding.begin(context, *tasks)
    theirs = {"rita.txt": "by a person\n"}
    if racing:
        coding.race(theirs)
    else:
        coding.push(theirs)
    kept = await coding.save()
    assert (kept.pushed, kept.sha) == (True, coding.head)
    assert {*theirs, *OURS} <= context.remote.files(coding.attempt.branch)
    assert kept.tree == context.remote.run("rev-parse", f"{coding.head}^{{tree}}").strip()
    assert not lost(context.remote)
    # Of the run branch the run knows where it is; what others made of a task's branch is verified with the rest of it.
    assert (coding.play.run.others is not None) is (len(tasks) == 1)


@BOTH
async def test_what_does_not_fit_is_kept_and_shown_to_the_next_attempt(context: Near, tasks: tuple[str, ...]) -> None:
    coding = await Coding.begin(context, *tasks)
    theirs = coding.push({"t1.txt": "by a person\n"})
    kept = await coding.save()
    assert (kept.pushed, kept.sha, coding.head) == (False, coding.sha, theirs)
    assert "not pushed: it does not fit to what others have pushed" in kept.words
    told = coding.attempt.model_copy(update={"sha": kept.sha, "tree": kept.tree, "pushed": False})
    following = Attempt(number=2, base_sha=theirs, branch=told.branch)
    reading, merging = context.reading(coding.mirror), context.merging(coding.mirror)
    assert "+by Otto" in await previous_diff(reading, merging, [told], following, here=frozenset([coding.sha]))


@BOTH
async def test_what_was_pushed_before_and_not_told_is_not_pushed_twice(context: Near, tasks: tuple[str, ...]) -> None:
    coding = await Coding.begin(context, *tasks)
    coding.push({"rita.txt": "by a person\n"})
    first = await coding.save()
    assert await coding.save() == first


async def test_what_is_refused_is_a_persons_and_is_not_lost(context: Near) -> None:
    coding = await Coding.begin(context, "t1", "t2")
    context.remote.refuse("refusing to allow a GitHub App to update workflow `ci.yml` without `workflows` permission\n")
    with pytest.raises(PushRejected):
        await coding.save()


async def test_where_others_push_all_the_time_it_is_tried_again_later(
    context: Near, monkeypatch: pytest.MonkeyPatch
) -> None:
    coding = await Coding.begin(context, "t1")

    async def behind(*_given: Any, **_named: Any) -> None:
        raise PushRejected("non_fast_forward", "fetch first")

    monkeypatch.setattr("otto_bot.jobs.gated_push.push", behind)
    with pytest.raises(Retry):
        await coding.save()
