"""Who wrote an issue is asked for once, and the run begins whether GitHub says it or not."""

from __future__ import annotations

from typing import Any

import pytest
from jobs_life import CI, Life

from otto_bot.core.authors import Author

FILES = {".github/workflows/ci.yml": CI, "a.txt": "a\n"}

pytestmark = pytest.mark.slow


async def test_a_run_knows_who_wrote_its_issue_and_what_they_may_do(open_bench: Any) -> None:
    async with open_bench(FILES) as bench:
        run = (await Life.begin(bench)).run
        who = await bench.context.repository(run).author_of(run.issue)
        assert who is not None
        level = (await bench.context.repository(run).permission(who.login)).level
        assert run.author == Author(login=who.login, permission=level)
