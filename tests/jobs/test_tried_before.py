"""What a fresh start is shown of the attempt before it, on real commits."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from otto_bot.core.attempt import Attempt
from otto_bot.core.decision import Action
from otto_bot.git.commits import Author, write_commit
from otto_bot.git.merging import Conflict, Merging
from otto_bot.git.mirror import Mirror
from otto_bot.git.reading import Reading
from otto_bot.git.runner import GitRunner
from otto_bot.jobs.tried_before import previous_diff, standing

WHO, WHEN = Author("dev", "dev@invalid"), datetime(2026, 1, 2, tzinfo=UTC)


async def no_token(_pushes: bool) -> str | None:
    return None


class Repo:
    """Commits in a mirror that was never fetched from anywhere."""

    def __init__(self, folder: Path) -> None:
        self.runner = GitRunner(folder / "home")
        self.mirror = Mirror(folder / "mirror.git", "https://remote.invalid/o/r.git", no_token, self.runner)
        self.reading = Reading(self.mirror.path, self.runner.environment())
        self.merging = Merging(self.mirror)

    async def commit(self, *parents: str, **files: str) -> str:
        """The files of the first parent and these, `NAME.txt`, as a commit."""
        env = {"GIT_INDEX_FILE": str(self.mirror.path / "test-index")}
        await self.mirror.git("read-tree", *(parents[:1] or ["--empty"]), env=env)
        lines = []
        for name, text in files.items():
            blob = (await self.mirror.git("hash-object", "-w", "--stdin", input=text.encode())).text
            lines.append(f"100644 {blob}\t{name}.txt\n")
        await self.mirror.git("update-index", "--index-info", env=env, input="".join(lines).encode())
        tree = (await self.mirror.git("write-tree", env=env)).text
        return await write_commit(self.mirror, tree, list(parents), "Commit", author=WHO, when=WHEN)

    async def merged(self, ours: str, theirs: str) -> str:
        found = await self.merging.merge_in(ours, theirs, message="Merge", author=WHO, when=WHEN)
        assert not isinstance(found, Conflict)
        return found

    async def shown(self, *attempts: Attempt) -> str:
        return await previous_diff(self.reading, self.merging, attempts, attempts[-1])


@pytest.fixture
async def repo(tmp_path: Path) -> Repo:
    made = Repo(tmp_path)
    await made.mirror.ensure()
    return made


def attempt(number: int, base: str, sha: str | None = None) -> Attempt:
    return Attempt(number=number, branch=f"otto/1/t2-a{number}", base_sha=base, sha=sha, pushed=sha is not None)


async def test_work_that_was_merged_before_the_attempt_is_not_its_diff(repo: Repo) -> None:
    main = await repo.commit(readme="hello\n")
    head = await repo.commit(main, other_task="merged\n")
    tried = await repo.commit(head, own="tried\n")
    text = await repo.shown(attempt(1, head, tried), attempt(2, head))
    assert "own.txt" in text
    assert "other_task.txt" not in text


async def test_work_that_was_merged_since_is_not_its_diff_either(repo: Repo) -> None:
    main = await repo.commit(readme="hello\n")
    tried = await repo.commit(main, own="tried\n")
    head = await repo.commit(main, other_task="merged\n")
    text = await repo.shown(attempt(1, main, tried), attempt(2, head))
    assert "+tried" in text
    assert "other_task.txt" not in text


async def test_attempts_that_followed_one_another_are_shown_as_one_diff(repo: Repo) -> None:
    main = await repo.commit(readme="hello\n")
    first = await repo.commit(main, own="one\n")
    head = await repo.commit(main, other_task="merged\n")
    base = await repo.merged(first, head)
    second = await repo.commit(base, more="two\n")
    later = await repo.commit(head, third_task="merged\n")
    text = await repo.shown(attempt(1, main, first), attempt(2, base, second), attempt(3, later))
    assert "own.txt" in text
    assert "more.txt" in text
    assert "other_task.txt" not in text
    assert "third_task.txt" not in text


async def test_an_attempt_that_goes_on_from_the_last_one_needs_no_diff(repo: Repo) -> None:
    main = await repo.commit(readme="hello\n")
    first = await repo.commit(main, own="one\n")
    head = await repo.commit(main, other_task="merged\n")
    assert await repo.shown(attempt(1, main, first), attempt(2, first)) == ""
    assert await repo.shown(attempt(1, main, first), attempt(2, await repo.merged(first, head))) == ""
    assert await repo.shown(attempt(1, main), attempt(2, main)) == ""


def on(branch: str, number: int, sha: str | None = None, strategy: Action | None = None) -> Attempt:
    return Attempt(number=number, branch=branch, base_sha="base", sha=sha, pushed=sha is not None, strategy=strategy)


@pytest.mark.parametrize(
    ("attempts", "number"),
    [
        ([], None),
        ([on("a1", 1)], None),
        ([on("a1", 1, "s1")], 1),
        ([on("a1", 1, "s1"), on("a1", 2, "s2", Action.RETRY)], 2),
        ([on("a1", 1, "s1"), on("a1", 2, None, Action.RETRY)], 1),
        ([on("a1", 1, "s1"), on("a1", 2, None, Action.RETRY), on("a1", 3, None, Action.RETRY_DIFFERENT)], 1),
        ([on("a1", 1, "s1"), on("a2", 2, None, Action.RESTART_FRESH)], None),
        ([on("run", 1, "s1"), on("run", 2, None, Action.RESTART_FRESH)], None),
        ([on("a1", 1, "s1"), on("a2", 2, None, Action.RETRY)], None),
        ([on("a1", 1, "s1"), on("a2", 2, "s2", Action.RESTART_FRESH), on("a2", 3, None, Action.RETRY)], 2),
    ],
)
def test_a_retry_goes_on_from_the_newest_commit_of_its_line(attempts: list[Attempt], number: int | None) -> None:
    found = standing(attempts)
    assert (found.number if found else None) == number
