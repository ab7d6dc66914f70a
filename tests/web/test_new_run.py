"""Beginning runs on a page, in the real application: the issue, the label and the word are the person's own."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from acting import Forms, log_in, press, reach_of, repo_of, send
from github_server import GitHub, github_server

from otto_bot.core.config import HostCaps
from otto_bot.playground.github.config import FaultConfig
from otto_bot.store.ledger import Trigger
from otto_bot.store.worker_rows import WorkerRows

TITLE = "Let links expire"


@pytest.fixture(scope="module")
def _one(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GitHub]:
    with github_server(tmp_path_factory.mktemp("github")) as github:
        yield github


@pytest.fixture
def github(_one: GitHub) -> Iterator[GitHub]:
    levels = {login: user.permission for login, user in _one.world.users.items()}
    _one.world.user_tokens.clear()
    _one.world.requests.clear()
    yield _one
    _one.stand_in.hub.faults.clear()
    for login, user in _one.world.users.items():
        user.permission = levels[login]


@pytest.fixture
async def host(make_host: Any, github: GitHub) -> Any:
    """A host with a public address and no run."""
    app = github.world.config.app
    made = make_host(reach_of(github), app_id=app.id, key=app.private_key_pem)
    async with made.http:
        yield made
    await made.close()


def opened(github: GitHub, login: str, title: str = TITLE) -> list[Any]:
    return [row for row in github.world.issues if row.author == login and row.title == title]


def an_issue(github: GitHub) -> int:
    return int(github.world.issues[0].number)


async def test_build_opens_the_issue_and_sets_the_label_as_the_person_and_leads_to_the_run(
    host: Any, github: GitHub
) -> None:
    await log_in(host.http, github, "wilma")
    answer = await press(host.http, "/new", "Build", title=TITLE, words="They live *forever*.\n\nNo more.")
    assert answer.status_code == 303, answer.text
    (issue,) = opened(github, "wilma")
    assert issue.body.startswith("They live *forever*.\n\nNo more.\n\n")
    assert issue.labels == ["otto"]
    (label,) = [row for row in github.world.issue_events if row.number == issue.number and row.event == "labeled"]
    assert label.actor == "wilma"

    there = answer.headers["location"]
    page = await host.page(there)
    assert f"Issue #{issue.number} stands, opened by you" in page
    repo = repo_of(github)
    person = Trigger(key="label/1", repo=repo, issue=issue.number, title=TITLE, body="", actor=host.start(99).actor)
    run = host.ledger.start(person, HostCaps(), host.ledger.load(1).started_at)
    following = await host.http.get(there)
    assert (following.status_code, following.headers["location"]) == (303, f"/runs/{run.id}")


async def test_nothing_that_the_page_adds_to_an_issue_is_hidden_in_it(host: Any, github: GitHub) -> None:
    """Hidden words of an issue are held against it: what finds the issue again is seen by everybody."""
    from otto_bot.text.shown.seen import seen

    await log_in(host.http, github, "wilma")
    await press(host.http, "/new", "Build", title="Seen", words="As it is.")
    (issue,) = opened(github, "wilma", "Seen")
    assert seen(issue.body).hidden == {}


async def test_a_double_click_opens_one_issue(host: Any, github: GitHub) -> None:
    await log_in(host.http, github, "wilma")
    page = await host.page("/new")
    answers = await asyncio.gather(*(press(host.http, "", "Build", page, title="Twice") for _ in range(3)))
    assert len({answer.headers["location"] for answer in answers}) == 1
    (issue,) = opened(github, "wilma", "Twice")
    events = [row for row in github.world.issue_events if row.number == issue.number and row.event == "labeled"]
    assert len(events) == 1


async def test_other_words_of_the_same_form_are_never_taken_for_the_ones_that_were_sent(
    host: Any, github: GitHub
) -> None:
    """Someone goes back, types something else and sends the old form."""
    await log_in(host.http, github, "wilma")
    page = await host.page("/new")
    first, second = [await press(host.http, "", "Build", page, title="Back", words=words) for words in ("a", "b")]
    assert first.headers["location"] != second.headers["location"]
    assert [row.body[0] for row in opened(github, "wilma", "Back")] == ["a", "b"]


@pytest.mark.parametrize("lost", ["issues$", "labels$"])
async def test_a_crash_in_the_middle_leaves_one_issue_and_the_same_press_ends_it(
    host: Any, github: GitHub, make_host: Any, lost: str
) -> None:
    """GitHub did what it was asked, and nobody heard of it; then another process is asked."""
    await log_in(host.http, github, "wilma")
    page = await host.page("/new")
    title = f"Lost {lost}"
    match = {"method": "POST", "path": lost}
    github.stand_in.hub.faults.append(FaultConfig.model_validate({"kind": "lost_response", "match": match}))
    answer = await press(host.http, "", "Build", page, title=title, words="Kept.")
    assert answer.status_code == 503
    assert "Press again in a minute" in answer.text
    kept = Forms(answer.text)
    assert ("title", title) in kept.forms["Build"]
    assert ("words", "Kept.") in kept.forms["Build"]
    app = github.world.config.app
    other = make_host(reach_of(github), app_id=app.id, key=app.private_key_pem)
    other.http.cookies = host.http.cookies
    async with other.http:
        again = await press(other.http, "", "Build", answer.text)
    assert again.status_code == 303, again.text
    (issue,) = opened(github, "wilma", title)
    assert issue.labels == ["otto"]
    other.engine.dispose()


async def test_improve_and_certify_are_said_by_the_person_once(host: Any, github: GitHub) -> None:
    await log_in(host.http, github, "wilma")
    page = await host.page("/new")
    number = an_issue(github)
    for kind in ("Improve", "Certify"):
        for _ in range(2):
            answer = await press(host.http, "", kind, page, number=f"#{number}")
            assert answer.status_code == 303, answer.text
    said = [(row.author, row.body.partition("\n")[0]) for row in github.world.comments if row.number == number]
    assert said == [("wilma", "/otto improve"), ("wilma", "/otto certify")]
    page = await host.page(answer.headers["location"])
    assert f"<code>/otto certify</code> stands as your comment on #{number}." in page


@pytest.mark.parametrize(
    ("form", "changes", "status", "said"),
    [
        ("Build", {"title": "  ", "words": "x"}, 400, "an issue needs a title"),
        ("Build", {"title": "x" * 257}, 400, "more than 256 characters"),
        ("Certify", {"number": "soon"}, 400, "by its number"),
        ("Certify", {"number": "4711"}, 404, "There is no issue or pull request #4711"),
    ],
)
async def test_what_is_missing_is_advice_and_keeps_what_was_typed(
    host: Any, github: GitHub, form: str, changes: dict[str, str], status: int, said: str
) -> None:
    await log_in(host.http, github, "wilma")
    before = len(github.world.issues)
    answer = await press(host.http, "/new", form, **changes)
    assert answer.status_code == status
    assert said in answer.text
    kept = dict(Forms(answer.text).forms["Build"])
    assert kept["words"] == changes.get("words", "")
    assert len(github.world.issues) == before


async def test_the_line_before_sending_says_what_it_will_run_with(host: Any, github: GitHub) -> None:
    await log_in(host.http, github, "wilma")
    page = Forms(await host.page("/new"))
    line = page.texts["with"].strip()
    assert line.startswith("Will run with: planner claude-")
    assert "· ≤ $10 · approval auto · lane is found when it begins · no worker up" in line
    assert "It will wait in the queue" in (await host.page("/new")).replace("it will", "It will")


async def test_workers_are_counted(host: Any, github: GitHub) -> None:
    from datetime import UTC, datetime

    rows = WorkerRows(host.engine)
    for name in ("a", "b"):
        rows.arrive(name, "h", "1", datetime.now(UTC))
    await log_in(host.http, github, "wilma")
    assert "2 workers up" in await host.page("/new")
    assert "wait in the queue" not in await host.page("/new")


async def test_who_only_reads_cannot_begin_and_is_told(host: Any, github: GitHub) -> None:
    await log_in(host.http, github, "wilma")
    page = await host.page("/new")
    await log_in(host.http, github, "rob")
    reader = await host.page("/new")
    assert Forms(reader).disabled["Begin"] == "nobody"
    mine = (await host.page("/")).partition('name="csrf" value="')[2].partition('"')[0]
    fields = [(k, mine if k == "csrf" else v) for k, v in Forms(page).sends("Build", title="Mine")]
    answer = await send(host.http, "/new", fields)
    assert answer.status_code == 403
    assert opened(github, "rob", "Mine") == []


async def test_who_was_removed_meanwhile_begins_nothing(host: Any, github: GitHub) -> None:
    """Who may write was asked a moment ago; GitHub itself says no now."""
    await log_in(host.http, github, "wilma")
    page = await host.page("/new")
    github.world.users["wilma"].permission = "none"
    answer = await press(host.http, "", "Build", page, title="Removed")
    assert answer.status_code in (403, 404)
    assert opened(github, "wilma", "Removed") == []


async def test_without_a_login_the_page_says_how_to_get_one(host: Any, make_host: Any, github: GitHub) -> None:
    assert (await host.http.get("/new")).status_code == 401
    local = make_host(reach_of(github, asked="local", bound="127.0.0.1", public_url=""))
    async with local.http:
        page = await local.page("/new")
        assert 'href="/login?next=%2Fnew"' in page
        assert Forms(page).disabled["Begin"] == "nobody"
    local.engine.dispose()


async def test_the_empty_list_explains_itself_in_two_sentences_and_one_action(host: Any, github: GitHub) -> None:
    await log_in(host.http, github, "wilma")
    page = await host.page("/")
    assert "No run yet." in page
    assert '<a class="button" href="/new">New run</a>' in page
