"""Diffs: which commits, when taken, how much of how much, how to get all of it, and whether the branch has moved."""

from __future__ import annotations

from typing import Any

import pytest
from core_builders import coded, pushed, started
from page_reader import Reader

from otto_bot.github.errors import Forbidden, GitHubError, NotFound
from otto_bot.github.models import ComparedFile, Comparison

BASE, HEAD, MERGE, LATER = "b" * 40, "c" * 40, "d" * 40, "e" * 40
LARGEST = 150_000


class GitHub:
    """Branches and comparisons, in the place of the verbs that ask GitHub."""

    def __init__(self) -> None:
        self.head: str | None = HEAD
        self.files: tuple[ComparedFile, ...] = ()
        self.trouble: GitHubError | None = None
        self.compared: list[tuple[str, str]] = []

    async def __call__(self, _installation: int, _repository: int) -> Any:
        return self

    async def branch_sha(self, _name: str) -> str | None:
        return self.head

    async def compare(self, base: str, head: str) -> Comparison:
        self.compared.append((base, head))
        if self.trouble is not None:
            raise self.trouble
        told = {"base_commit": {"sha": BASE}, "merge_base_commit": {"sha": MERGE}, "behind_by": 2, "files": self.files}
        return Comparison.model_validate(told)

    def file(
        self, name: str = "app.py", patch: str | None = "@@ -1 +1,2 @@\n-old\n+new\n+line\n same", **more: Any
    ) -> None:
        given = {"filename": name, "status": "modified", "additions": 2, "deletions": 1, "patch": patch, **more}
        self.files = (*self.files, ComparedFile.model_validate(given))


@pytest.fixture
def github(host: Any) -> GitHub:
    """What the host's pages ask instead of GitHub."""
    made = GitHub()
    host.logs.diffs._diffs._ask = made
    return made


async def test_diff_freshness(host: Any, github: GitHub) -> None:
    """Base, head, where they parted, when it was taken, all of it, and how to get it."""
    run = host.executing()
    github.file()

    page = await host.page(f"/runs/{run.id}/diff")

    for words in (BASE, HEAD, MERGE, "0 s ago", "all of it: 1 file, 3 changed lines", "commits that the base has",
                  f"git fetch https://github.com/octo/app.git {HEAD}", f"git diff {MERGE}...FETCH_HEAD",
                  f"https://github.com/octo/app/compare/{BASE}...{HEAD}", '<span class="del">-old</span>',
                  '<span class="add">+new\n+line</span>'):  # fmt: skip
        assert words in page, words
    assert Reader(page).wrong == []
    assert github.compared == [("main", HEAD)]


async def test_diff_says_how_much_of_how_much(host: Any, github: GitHub) -> None:
    """Three hundred large files: the page is small, each file that is shown has its share, and the rest is counted."""
    host.executing()
    for number in range(300):
        github.file(f"src/<{number}>" + "x" * 150, "+<&>\n" * 5_000, additions=5_000, deletions=0)

    page = await host.page("/runs/1/diff")

    assert len(page.encode()) < LARGEST
    assert Reader(page).wrong == []
    assert "120 of 300 files" in page
    assert "of 1,500,000 changed lines" in page
    assert "GitHub names at most 300 files" in page
    assert "<p>+ 180</p>" in page


async def test_diff_names_what_has_no_text(host: Any, github: GitHub) -> None:
    host.executing()
    github.file("new.png", None, status="added", additions=0, deletions=0)
    github.file("b.py", None, status="renamed", previous_filename="a.py", additions=0, deletions=0)
    github.file("huge.json", None, additions=90_000)

    page = await host.page("/runs/1/diff")

    assert "a.py → b.py</code> renamed" in page
    assert "new.png</code> new" in page
    assert page.count("it is binary, or too large") == 2
    assert "0 of 90,001 changed lines" in page


async def test_diff_of_an_attempt_says_that_its_branch_has_moved(host: Any, github: GitHub) -> None:
    """It stays the attempt's own commit; whoever has it on screen is told."""
    run = host.add(host.executing(), started("t1"), coded("t1"), pushed("t1"))
    sha = run.tasks["t1"].last.sha
    github.head = LATER
    github.file()

    page = await host.page("/runs/1/tasks/t1/diff?attempt=1")
    now = (await host.http.get("/runs/1/tasks/t1/diff/now?attempt=1")).json()
    github.head = sha
    same = await host.page("/runs/1/tasks/t1/diff")
    github.head = None
    gone = await host.page("/runs/1/tasks/t1/diff")

    assert f"The branch has moved since: it is at {LATER[:12]}." in page
    assert now == {"head": LATER}
    assert {head for _, head in github.compared} == {sha}
    assert "has moved" not in same
    assert "The branch is gone." in gone
    assert "/runs/1/tasks/t1/diff?attempt=1" in Reader(await host.page("/runs/1/tasks/t1")).links


@pytest.mark.parametrize("why", [NotFound(404, "no"), Forbidden(403, "you may not")])
async def test_diff_that_cannot_be_had_says_why_and_what_else(host: Any, github: GitHub, why: GitHubError) -> None:
    host.executing()
    github.trouble = why

    page = await host.page("/runs/1/diff")

    assert "The diff could not be had:" in page
    assert "git fetch https://github.com/octo/app.git" in page
    assert Reader(page).wrong == []


async def test_diff_of_nothing(host: Any, github: GitHub) -> None:
    host.start()
    assert "Nothing of this run is on GitHub yet" in await host.page("/runs/1/diff", 404)
    run = host.executing(issue=5)
    assert "Nothing differs." in await host.page(f"/runs/{run.id}/diff")
    assert "Nothing of this attempt was pushed" in await host.page(f"/runs/{run.id}/tasks/t1/diff", 404)
    await host.page(f"/runs/{run.id}/tasks/t77/diff", 404)
    await host.page(f"/runs/{run.id}/tasks/t1/diff?attempt=7", 404)
    await host.page("/runs/99/diff", 404)
    assert (await host.http.get("/runs/99/diff/now")).status_code == 404


async def test_diff_words_of_a_repository_act_on_nothing(host: Any, github: GitHub) -> None:
    host.executing()
    host.logs.github.redactor.register("hunter2-is-a-secret")
    hostile = "</pre><script>alert(1)</script>\u202e{{ 7*7 }}"
    github.file(hostile, f"@@ {hostile}\n+{hostile}\n-password hunter2-is-a-secret", status=hostile)

    page = await host.page("/runs/1/diff")

    assert Reader(page).wrong == []
    assert "hunter2" not in page
    assert "\u202e" not in page
