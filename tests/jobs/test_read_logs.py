"""Logs and diffs as pages read them, from a GitHub that really ran the job: over HTTP, with the App's own tokens."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from otto_bot.core.redact import Redactor
from otto_bot.web.at_github import Account, AtGitHub
from otto_bot.web.logs.fetching import Fetching
from otto_bot.web.logs.spool import Spool
from otto_bot.web.logs.whose import Asked

pytestmark = pytest.mark.slow

CI = (
    "name: CI\non: push\njobs:\n  test:\n    runs-on: ubuntu-latest\n    steps:\n"
    '      - run: |\n          for n in $(seq 1 3000); do echo "line $n of hunter2-is-a-secret"; done\n'
    "          exit 1\n"
)


async def test_a_log_is_brought_whole_and_without_secrets(open_bench: Any, app_key: str, tmp_path: Path) -> None:
    """Line for line what GitHub has; a job of somebody else's is not brought at all."""
    async with open_bench({".github/workflows/ci.yml": CI, "a.py": "x = 1\n"}) as bench:
        workflow = await bench.push(a__py="x = 2\n")
        github, repo = bench.context.github, bench.repo
        verbs = github.repository(repo.installation_id, repo.id)
        (job,) = await verbs.jobs(workflow.id, 1)
        raw = await verbs.job_log(job.id)

        now = lambda: datetime.now(UTC)  # noqa: E731
        hidden = lambda: ("hunter2-is-a-secret",)  # noqa: E731
        account = Account(github._api_url, github.app_id, lambda: app_key, 0, tmp_path, 1 << 30, hidden)
        own = AtGitHub(account, bench.context.ledger._engine, now)
        fetching = Fetching(Spool(tmp_path / "logs", free=0), own.repository, lambda: own.redactor, now)
        asked = Asked(repo.installation_id, repo.id, job.id, False, frozenset({workflow.id}))
        source = await fetching.look(asked)
        while not source.final:
            source = await fetching.look(asked)
        other = await fetching.look(asked._replace(workflow_runs=frozenset({workflow.id + 1})))
        none = await fetching.look(asked._replace(job=job.id + 1000))
        await fetching.close()
        await own.close()

        assert (source.standing, source.name) == ("final", job.name)
        assert source.log is not None
        body = source.log.path.read_bytes()
        assert body == Redactor(hidden()).raw(raw)
        assert body.count(b"of [redacted]") >= 3_000
        assert source.log.index.lines == raw.count(b"\n") + (not raw.endswith(b"\n"))
        assert (other.standing, none.standing) == ("foreign", "foreign")


async def test_a_diff_has_the_commits_that_it_stands_between(open_bench: Any) -> None:
    async with open_bench({".github/workflows/ci.yml": CI, "a.py": "x = 1\n"}) as bench:
        world = bench.stand_in.hub.world
        before = world.repo.resolve("main")
        await bench.push(a__py="x = 2\n")
        verbs = bench.context.github.repository(bench.repo.installation_id, bench.repo.id)

        found = await verbs.compare(before, world.repo.resolve("main"))

        assert (found.base, found.merge_base, found.ahead_by) == (before, before, 1)
        assert [(one.filename, one.additions, one.deletions) for one in found.files] == [("a.py", 1, 1)]
        assert "+x = 2" in (found.files[0].patch or "")
