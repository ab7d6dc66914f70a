"""Logs: any size on a small page, at the exact lines; whose they are, how they stand, and what is left of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from core_builders import T0, to_verifying
from page_reader import Reader

from otto_bot.core import events as e
from otto_bot.github.ci_models import Job
from otto_bot.github.errors import GitHubError, LogsGone, NotFound, Unreachable
from otto_bot.web.viewer import Viewer

LARGEST = 150_000


class GitHub:
    """Jobs and logs of one repository, in the place of the verbs that ask GitHub."""

    def __init__(self) -> None:
        self.jobs: dict[int, Job] = {}
        self.logs: dict[int, list[bytes] | GitHubError] = {}
        self.asked: list[int] = []
        self.going_on = asyncio.Event()
        self.going_on.set()

    def add(self, job: int, log: bytes | GitHubError, workflow_run: int = 5, status: str = "completed") -> None:
        self.jobs[job] = Job(id=job, run_id=workflow_run, name="CI / test", status=status)
        self.logs[job] = (
            log if isinstance(log, GitHubError) else [log[n : n + 65536] for n in range(0, len(log), 65536)]
        )

    async def __call__(self, _installation: int, _repository: int) -> Any:
        return self

    async def job(self, job_id: int) -> Job:
        self.asked.append(job_id)
        if job_id not in self.jobs:
            raise NotFound(404, "no job")
        return self.jobs[job_id]

    async def job_log_parts(self, job_id: int, limit: int) -> AsyncIterator[bytes]:
        found = self.logs[job_id]
        if isinstance(found, GitHubError):
            raise found
        return self._parts(found)

    async def _parts(self, found: list[bytes]) -> AsyncIterator[bytes]:
        for part in found:
            yield part
            await self.going_on.wait()


@pytest.fixture
def github(host: Any) -> GitHub:
    """What the host's pages ask instead of GitHub."""
    made = GitHub()
    host.logs.desk._jobs._ask = made
    return made


def numbered(count: int) -> bytes:
    return b"".join(b"2026-11-29T10:00:00.0000000Z line %d of the log\n" % number for number in range(1, count + 1))


async def part(host: Any, path: str) -> Any:
    answer = await host.http.get(path)
    assert answer.headers["content-type"].startswith("application/json")
    return answer.json()


async def test_logs_a_citation_opens_the_exact_lines(host: Any, github: GitHub) -> None:
    """From the gate's quote to the job's log, with the quoted line marked and an anchor at it."""
    host.at_gate()
    github.add(9, numbered(5_000))

    gate = Reader(await host.page("/runs/1/gates/1"))
    page = await host.page("/runs/1/logs/9?line=21")

    assert "/runs/1/logs/9?line=21&cited=1.E1" in gate.links
    assert 'id="L21" href="#L21">21</a> <mark>' in page
    assert page.count("<mark>") == 1
    assert "line 21 of the log</mark>" in page
    assert "Final: 5,000 lines" in page
    assert Reader(page).wrong == []


async def test_logs_a_quote_is_found_in_the_log_itself(host: Any, github: GitHub) -> None:
    """An excerpt may leave out empty lines, so that only the log knows in which one the words stand."""
    host.at_gate()
    told = numbered(19) + b"2026-11-29T10:00:00.0000000Z collected\n\n\n"
    told += (
        b"2026-11-29T10:00:00.0000000Z E   ModuleNotFoundError: \x1b[31mNo module\x1b[0m  named 'flask'\n" + numbered(9)
    )
    github.add(9, told)

    page = await host.page("/runs/1/logs/9?line=20-26&cited=1.E1")
    other = await host.page("/runs/1/logs/9?line=20-26&cited=1.E2")

    assert page.count("<mark>") == 1
    assert 'id="L23" href="#L23">23</a> <mark>' in page
    assert 'data-first="23" data-last="23" data-marks="23"' in page
    assert other.count("<mark>") == 7
    for odd in ("x", "1.", "9.E1", ".", "1.E1" * 20):
        assert (await host.page(f"/runs/1/logs/9?line=20-26&cited={odd}")).count("<mark>") == 7


async def test_logs_a_task_leads_to_the_lines_of_its_failure(host: Any, github: GitHub) -> None:
    host.at_gate()
    github.add(9, numbered(100))

    task = Reader(await host.page("/runs/1/tasks/t1"))
    page = await host.page("/runs/1/logs/9?line=20-23")

    assert "/runs/1/logs/9?line=20-23" in task.links
    assert page.count("<mark>") == 4


async def test_logs_of_any_size_on_a_small_page(host: Any, github: GitHub) -> None:
    """Whatever is asked for, and whatever stands in it."""
    host.at_gate()
    odd = b"\x1b[31m<\x1b[32m>\x1b[0m" * 3_000 + b"\n" + b"<&>'\"" * 2_000 + b"\n"
    github.add(9, odd * 60 + numbered(20_000) + b"x" * 3_000_000 + b"\n" + odd * 60 + b"the end")

    for query in ("", "?line=10", "?line=1-120", "?line=20121", "?from=121", "?find=the+end", "?line=999999999"):
        page = await host.page(f"/runs/1/logs/9{query}")
        assert len(page.encode()) < LARGEST, query
        assert Reader(page).wrong == [], query
    assert "the end" in await host.page("/runs/1/logs/9")


async def test_logs_without_a_script_every_line_can_be_reached(host: Any, github: GitHub) -> None:
    """By links alone, each line once."""
    host.at_gate()
    github.add(9, numbered(1_234))

    seen: list[int] = []
    place = "/runs/1/logs/9?from=1"
    while place:
        page = Reader(await host.page(place))
        lines = [int(one[1:]) for one in page.ids if one[:1] == "L"]
        seen += lines
        following = f"/runs/1/logs/9?from={lines[-1] + 1}"
        place = following if following in page.links else ""

    assert seen == list(range(1, 1_235))


async def test_logs_are_searched_from_match_to_match(host: Any, github: GitHub) -> None:
    host.at_gate()
    github.add(9, numbered(3_000))

    first = await host.page("/runs/1/logs/9?find=LINE+12+of")
    none = await host.page("/runs/1/logs/9?find=nowhere")
    told = await part(host, "/runs/1/logs/9/part?find=999+of")

    assert "line 12 of the log</mark>" in first
    assert "Next match" in first
    assert "Not found." in none
    assert [number for _, number in told["matches"]] == [999, 1999, 2999]
    assert told["following"] is None


async def test_logs_say_that_a_job_still_runs_and_are_looked_for_again(host: Any, github: GitHub) -> None:
    host.at_gate()
    github.add(9, b"", status="in_progress")

    page = await host.page("/runs/1/logs/9")
    told = await part(host, "/runs/1/logs/9/part")
    again = await part(host, "/runs/1/logs/9/part")

    assert "Not there yet: GitHub has a job" in page
    assert "this one is in progress. Looked 0 s ago." in page
    assert "Look again" in page
    assert (told["standing"], told["final"]) == ("waiting", False)
    assert again["standing"] == "waiting"
    assert github.asked == [9]  # not once for each who looks


@pytest.mark.parametrize("why", [LogsGone(410, "gone"), NotFound(404, "no log")])
async def test_logs_that_are_gone_leave_what_was_frozen(host: Any, github: GitHub, why: GitHubError) -> None:
    """The page names what is missing, and shows the lines that the run itself kept."""
    host.at_gate()
    github.add(9, why)

    page = await host.page("/runs/1/logs/9?line=21")

    assert "Gone: GitHub does not keep this job&#39;s log any more." in page
    assert "These lines were frozen" in page
    assert "No module named &#39;flask&#39;" in page
    assert Reader(page).wrong == []


async def test_logs_a_job_that_is_gone_itself(host: Any, github: GitHub) -> None:
    host.at_gate()

    assert "These lines were frozen" in await host.page("/runs/1/logs/9")


async def test_logs_that_cannot_be_had_now_say_why(host: Any, github: GitHub) -> None:
    host.at_gate()
    github.add(9, Unreachable(0, "the log could not be read: ReadTimeout"))

    page = await host.page("/runs/1/logs/9")

    assert "could not be had: the log could not be read: ReadTimeout" in page
    assert "These lines were frozen" in page


async def test_logs_of_a_host_without_a_key_that_works(host: Any) -> None:
    """The host of these tests has none: words, no error."""
    host.at_gate()

    assert "The log could not be had: " in await host.page("/runs/1/logs/9")


async def test_logs_of_other_runs_are_not_there(host: Any, github: GitHub) -> None:
    """A job of the same repository that verified something else; and one that is read right now for its own run."""
    host.at_gate()
    github.add(77, numbered(10), workflow_run=6)
    github.going_on.clear()

    assert "has nothing to do with job 77" in await host.page("/runs/1/logs/77", 404)
    assert (await host.http.get("/runs/1/logs/77/part")).status_code == 404
    assert "nothing to do with job 12345" in await host.page("/runs/1/logs/12345", 404)
    assert "nothing to do with job x" in await host.page("/runs/1/logs/x", 404)
    assert (await host.http.get("/runs/9/logs/77/part")).status_code == 404
    await host.page("/runs/9/logs/77", 404)


async def test_logs_of_a_verification_are_its_run(host: Any, github: GitHub) -> None:
    run = host.add(host.executing(), *to_verifying("t1"))
    host.add(run, e.VerificationPolled(at=T0, target="t1/a1", next_at=T0, run_ids=(6,)))
    github.add(77, numbered(10), workflow_run=6)

    assert "line 3 of the log" in await host.page("/runs/1/logs/77")


async def test_logs_grow_while_they_come(host: Any, github: GitHub, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is here already can be read; nobody sends for it twice."""
    monkeypatch.setattr("otto_bot.web.logs.fetching.PATIENCE", 0.05)
    host.at_gate()
    github.add(9, numbered(4_000))
    github.going_on.clear()

    for _ in range(100):
        first = await part(host, "/runs/1/logs/9/part?from=0&most=4096")
        if first["size"]:
            break
    page = await host.page("/runs/1/logs/9")
    github.going_on.set()
    for _ in range(100):
        told = await part(host, f"/runs/1/logs/9/part?from={first['next']}")
        if told["final"]:
            break

    assert first["standing"] == "loading"
    assert first["text"].startswith("2026-11-29T10:00:00.0000000Z line 1 of")
    assert first["text"].endswith("of the log\n")
    assert "On its way from GitHub" in page
    assert (told["standing"], told["lines"]) == ("final", 4_000)
    assert github.asked == [9]


async def test_logs_parts_are_whole_lines_and_join(host: Any, github: GitHub) -> None:
    host.at_gate()
    body = numbered(3_000) + "é".encode() * 10_000 + b"\nlast"
    github.add(9, body)

    text, at, line = "", 0, 1
    while True:
        told = await part(host, f"/runs/1/logs/9/part?from={at}&most=5000")
        if not told["text"]:
            break
        assert (told["from"], told["line"]) == (at, line)
        at, text = told["next"], text + told["text"]
        line += body[told["from"] : told["next"]].count(b"\n")
    tail = await part(host, "/runs/1/logs/9/part?tail=1&most=5000")
    middle = await part(host, "/runs/1/logs/9/part?line=1500")

    assert at == len(body)
    assert text == body.decode()
    assert tail["next"] == len(body)
    assert middle["line"] == 1_500
    assert "line 1500 of" in middle["text"].split("\n")[0]


async def test_logs_no_secret_of_the_host_is_shown_or_kept(host: Any, github: GitHub, tmp_path: Path) -> None:
    host.at_gate()
    host.logs.github.redactor.register("hunter2-is-a-secret")
    github.add(9, b"token is hunter2-is-a-secret here\nghp_" + b"a1B2" * 9 + b"\n")

    page = await host.page("/runs/1/logs/9")

    kept = b"".join(path.read_bytes() for path in (tmp_path / "logs").iterdir())
    assert "token is [redacted] here" in page
    assert b"hunter2" not in kept
    assert b"ghp_a1B2" not in kept
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "logs").iterdir()} == {0o600}


async def test_logs_words_of_a_job_act_on_nothing(host: Any, github: GitHub) -> None:
    host.at_gate()
    hostile = "</pre><script>alert(1)</script><img src=x onerror=alert(1)>\u202egnp \x1b]8;;javascript:alert(1)\x07x"
    github.add(9, f"{hostile}\r\n\x1b[38;2;1;2;3mx\x1b[99;1;;mz\x1b[2J\x1b[\n".encode() * 3)

    page = await host.page("/runs/1/logs/9?line=1-2")
    told = await part(host, "/runs/1/logs/9/part")

    assert Reader(page).wrong == []
    assert "<script>alert" not in page
    assert "⟦U+202E⟧" in page
    assert "\x1b" not in page
    assert "javascript" not in told["text"]


async def test_logs_a_full_disk_is_said_and_breaks_nothing(host: Any, github: GitHub, tmp_path: Path) -> None:
    host.at_gate()
    github.add(9, numbered(50_000))
    host.logs.desk._spool.free = 1 << 60

    page = await host.page("/runs/1/logs/9")

    assert "This host could not keep the log" in page
    assert "These lines were frozen" in page
    assert list((tmp_path / "logs").iterdir()) == []


async def test_logs_that_made_room_for_others_are_read_again(host: Any, github: GitHub, tmp_path: Path) -> None:
    host.at_gate()
    github.add(9, numbered(10))
    await host.page("/runs/1/logs/9")
    for path in (tmp_path / "logs").iterdir():
        path.unlink()

    assert "line 10 of the log" in await host.page("/runs/1/logs/9")
    assert github.asked == [9, 9]


async def test_logs_a_run_lists_the_jobs_that_its_failures_quote(host: Any, github: GitHub) -> None:
    host.at_gate()

    page = Reader(await host.page("/runs/1/logs"))

    assert page.wrong == []
    assert "/runs/1/logs/9?line=20-23" in page.links
    assert "/runs/1/logs?of=t1%2Fa1" in page.links


@pytest.mark.parametrize("path", [
    "/runs/1/logs", "/runs/1/logs/9", "/runs/1/logs/9/part", "/runs/1/diff", "/runs/1/diff/now",
    "/runs/1/tasks/t1/diff", "/runs/1/tasks/t1/attempts/1", "/runs/1/tasks/t1/attempts/1/log",
    "/runs/1/tasks/t1/attempts/1/log/part",
])  # fmt: skip
async def test_logs_and_diffs_are_shown_to_those_who_may_read_the_repository(
    host: Any, github: GitHub, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    """To others a run is as if it was not there, and GitHub is not even asked; strangers get the words of the door."""
    host.at_gate()

    async def somebody(_: Any) -> Viewer:
        return Viewer(login="in", repositories=frozenset({123}))

    strange = await host.http.get(path, headers={"x-forwarded-for": "1.2.3.4"})
    monkeypatch.setattr(host.logs.pages.entrance, "viewer", somebody)
    hidden, missing = await host.http.get(path), await host.http.get(path.replace("/runs/1/", "/runs/99/"))

    assert strange.status_code == 403
    assert hidden.status_code == missing.status_code == 404
    assert hidden.text.replace("run 1", "run 99") == missing.text or "99" in missing.text
    assert github.asked == []
