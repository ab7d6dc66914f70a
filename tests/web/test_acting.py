"""Acting on pages, in the real application with people who log in at the stand-in: each contract of it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from acting import PUBLIC, Forms, log_in, press, reach_of, repo_of, send
from core_builders import T0
from github_server import GitHub, github_server

from otto_bot.core import events as e
from otto_bot.core.commands import Command, Given
from otto_bot.core.on_screen import shown
from otto_bot.core.run import Outcome
from otto_bot.core.values import Person
from otto_bot.playground.github.config import FaultConfig

RETRY, APPROVE, SKIP, PAUSE, STOP = "Try again", "Approve retry plan r2", "Leave out", "Pause", "Stop run 1"


@pytest.fixture(scope="module")
def _one(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GitHub]:
    with github_server(tmp_path_factory.mktemp("github")) as github:
        yield github


@pytest.fixture
def github(_one: GitHub) -> Iterator[GitHub]:
    levels = {login: user.permission for login, user in _one.world.users.items()}
    _one.world.user_tokens.clear()
    yield _one
    for login, user in _one.world.users.items():
        user.permission = levels[login]


@pytest.fixture
async def host(make_host: Any, github: GitHub) -> Any:
    """A host with a public address; run 1 waits at a gate."""
    app = github.world.config.app
    made = make_host(reach_of(github), app_id=app.id, key=app.private_key_pem)
    made.at_gate(repo=repo_of(github))
    async with made.http:
        yield made
    await made.close()


def given(host: Any) -> list[tuple[str, str]]:
    """Who said what on pages."""
    told = [item.event for item in host.ledger.events(1) if isinstance(item.event, e.CommandGiven)]
    return [(event.given.by.login, event.given.command.verb) for event in told if event.given.key.startswith("page/")]


async def test_who_writes_approves_what_stands_on_the_screen_and_reads_what_follows(host: Any, github: GitHub) -> None:
    await log_in(host.http, github, "wilma")
    answer = await press(host.http, "/runs/1/gates/1", APPROVE)
    assert answer.status_code == 303
    there = answer.headers["location"]
    assert there.startswith("/runs/1/gates/1?said=page/")
    page = await host.page(there)
    assert "Heard: You approved r2." in Forms(page).texts["said"]
    assert "Next: " in Forms(page).texts["said"]
    assert given(host) == [("wilma", "approve")]
    assert host.ledger.load(1).gates[-1].approved_by == "wilma"


async def test_an_address_that_claims_a_word_says_nothing(host: Any, github: GitHub) -> None:
    await log_in(host.http, github, "wilma")
    for said in ("page/" + "0" * 32 + "/" + "0" * 12, "x", "<script>", "said:/otto skip t3"):
        assert 'id="said"' not in await host.page(f"/runs/1?said={said}")


async def test_double_clicks_are_one_action_and_answer_the_same(host: Any, github: GitHub) -> None:
    await log_in(host.http, github, "wilma")
    page = await host.page("/runs/1")
    answers = await asyncio.gather(*(press(host.http, "", "Allow more", page, usd="2") for _ in range(3)))
    assert {answer.status_code for answer in answers} == {303}
    assert len({answer.headers["location"] for answer in answers}) == 1
    assert given(host) == [("wilma", "budget")]
    assert host.ledger.load(1).money.granted == 2.0


async def test_of_two_people_at_once_on_the_same_gate_one_wins_and_the_other_is_told_what_happened(
    host: Any, github: GitHub
) -> None:
    other = host.browser(PUBLIC)
    await log_in(host.http, github, "wilma")
    await log_in(other, github, "maria")
    mine, theirs = await host.page("/runs/1/gates/1"), (await other.get("/runs/1/gates/1")).text
    answers = await asyncio.gather(
        press(host.http, "", APPROVE, mine),
        press(other, "", RETRY, theirs, guidance="Declare flask.", task=["t1"]),
    )
    assert sorted(answer.status_code for answer in answers) == [303, 409]
    late = next(answer for answer in answers if answer.status_code == 409)
    won = "wilma" if answers[0].status_code == 303 else "maria"
    assert f"{won} " in late.text
    assert "a moment ago" in late.text
    assert "the run moved on" in late.text
    assert len(given(host)) == 1
    await other.aclose()


async def test_what_was_typed_is_kept_where_the_run_moved_on(host: Any, github: GitHub) -> None:
    await log_in(host.http, github, "wilma")
    page = await host.page("/runs/1/tasks/t1")
    host.add(
        host.ledger.load(1),
        e.CommandGiven(at=T0, given=Given(key="c", command=Command(verb="skip", tasks=("t3",)),
                                          by=Person(id=5, login="anna"))),
    )  # fmt: skip
    answer = await press(host.http, "", RETRY, page, guidance="Declare flask.\n\n<b>Twice</b>")
    assert answer.status_code == 409
    assert "anna left t3 out" in answer.text
    assert "&lt;b&gt;Twice&lt;/b&gt;" in answer.text
    assert given(host) == []
    # Whoever has read what happened may say it again there, about the run as that page tells it.
    again = await press(host.http, "", RETRY, answer.text)
    assert again.status_code == 303
    assert given(host) == [("wilma", "retry")]
    told = [item.event for item in host.ledger.events(1) if isinstance(item.event, e.CommandGiven)][-1]
    assert told.given.command.guidance == "Declare flask.\n\n<b>Twice</b>"


async def test_there_is_no_way_around_looking_again_before_an_approval(host: Any, github: GitHub) -> None:
    await log_in(host.http, github, "wilma")
    page = await host.page("/runs/1/gates/1")
    host.add(host.ledger.load(1), e.RunBranchMoved(at=T0, sha="c" * 40, tree="d" * 40, by="eve"))
    answer = await press(host.http, "", APPROVE, page)
    assert answer.status_code == 409
    assert "Look again" in answer.text
    assert APPROVE not in Forms(answer.text).forms
    fields = [(key, value) for key, value in Forms(page).sends(APPROVE) if key != "shown"]
    for carried in ("", "plan.00000000", "x" * 6_000):
        assert (await send(host.http, "/runs/1/say", [*fields, ("shown", carried)])).status_code == 409
    assert given(host) == []


async def test_a_word_that_makes_no_sense_is_answered_and_its_button_says_why_before(host: Any, github: GitHub) -> None:
    await log_in(host.http, github, "wilma")
    page = Forms(await host.page("/runs/1"))
    assert page.texts[page.disabled["Go on"]].startswith("It is not paused: a retry plan is written.")
    assert page.disabled["Make another plan"] == "no-replan"
    fields = [(key, "resume" if key == "verb" else value) for key, value in page.sends(PAUSE)]
    carried = shown(host.ledger.load(1), "resume")
    answer = await send(host.http, "/runs/1/say", [(k, carried if k == "shown" else v) for k, v in fields])
    assert answer.status_code == 409
    assert "It is not paused" in answer.text
    assert given(host) == []


async def test_stopping_is_asked_once_more_and_works_without_a_script(host: Any, github: GitHub) -> None:
    await log_in(host.http, github, "wilma")
    assert 'href="/runs/1/stop"' in await host.page("/runs/1")
    answer = await press(host.http, "/runs/1/stop", STOP)
    assert answer.status_code == 303
    assert host.ledger.load(1).outcome is Outcome.CANCELLED
    assert "Heard: You stopped the run." in await host.page(answer.headers["location"])
    page = Forms(await host.page("/runs/1/stop"))
    assert STOP in page.disabled
    assert page.texts["no"].startswith("This run is over")


async def test_guidance_of_any_alphabet_fits_up_to_its_limit(host: Any, github: GitHub) -> None:
    """A character of it may be twelve bytes of a form."""
    await log_in(host.http, github, "wilma")
    words = "\N{SNAKE}" * 2_000
    answer = await press(host.http, "/runs/1/tasks/t1", RETRY, guidance=words)
    assert answer.status_code == 303
    told = [item.event for item in host.ledger.events(1) if isinstance(item.event, e.CommandGiven)]
    assert told[-1].given.command.guidance == words


@pytest.mark.parametrize(
    ("form", "changes", "said"),
    [
        (RETRY, {"guidance": "x" * 2001}, "at most 2000 are read"),
        ("Allow more", {"usd": "lots"}, "say how much more"),
        ("Allow more", {"usd": "-5"}, "say how much more"),
        (SKIP, {}, "Name the tasks to skip"),
        (RETRY, {"task": ["t1; rm -rf"]}, "is no task"),
    ],
)
async def test_what_is_not_complete_is_answered_with_advice(
    host: Any, github: GitHub, form: str, changes: dict[str, Any], said: str
) -> None:
    await log_in(host.http, github, "wilma")
    answer = await press(host.http, "/runs/1", form, **changes)
    assert answer.status_code == 400
    assert said.lower() in answer.text.lower()
    assert given(host) == []


async def test_who_only_reads_sees_why_each_button_is_off_and_is_refused(host: Any, github: GitHub) -> None:
    await log_in(host.http, github, "wilma")
    page = await host.page("/runs/1/gates/1")
    await log_in(host.http, github, "rob")
    reader = Forms(await host.page("/runs/1/gates/1"))
    assert reader.disabled[APPROVE] == "nobody"
    assert "not write there" in reader.texts["nobody"]
    mine = (await host.page("/runs/1/gates/1")).partition('name="csrf" value="')[2].partition('"')[0]
    fields = [(k, mine if k == "csrf" else v) for k, v in Forms(page).sends(RETRY, guidance="Let me in.")]
    answer = await send(host.http, "/runs/1/say", fields)
    assert answer.status_code == 403
    assert "Write permission in this repository is needed" in answer.text
    assert "Let me in." in answer.text
    assert given(host) == []


async def test_who_was_removed_after_the_page_was_made_is_refused(host: Any, github: GitHub) -> None:
    await log_in(host.http, github, "wilma")
    page = await host.page("/runs/1/gates/1")
    github.world.users["wilma"].permission = "read"
    answer = await press(host.http, "", APPROVE, page)
    assert answer.status_code == 403
    assert given(host) == []


async def test_an_outsider_learns_nothing_of_the_run(host: Any, github: GitHub) -> None:
    await log_in(host.http, github, "wilma")
    page = await host.page("/runs/1/gates/1")
    await log_in(host.http, github, "olga")
    mine = (await host.page("/")).partition('name="csrf" value="')[2].partition('"')[0]
    fields = [(k, mine if k == "csrf" else v) for k, v in Forms(page).sends(APPROVE)]
    known, unknown = [await send(host.http, f"/runs/{run}/say", fields) for run in (1, 77)]
    assert (known.status_code, unknown.status_code) == (404, 404)
    assert known.text.replace("run 1", "run 77").replace("Run 1", "Run 77") == unknown.text
    assert given(host) == []


async def test_where_github_does_not_answer_the_same_press_can_be_sent_again(host: Any, github: GitHub) -> None:
    await log_in(host.http, github, "wilma")
    page = await host.page("/runs/1/gates/1")
    faults = github.stand_in.hub.faults
    match = {"method": "GET", "path": "/collaborators/", "count": 9}
    faults.append(FaultConfig.model_validate({"kind": "status", "status": 502, "match": match}))
    answer = await press(host.http, "", RETRY, page, guidance="Declare flask.", task=["t1"])
    faults.clear()
    assert answer.status_code == 503
    assert "Declare flask." in answer.text
    assert given(host) == []
    again = await press(host.http, "", "Send it again", answer.text)
    assert again.status_code == 303
    assert given(host) == [("wilma", "retry")]


@pytest.mark.parametrize(
    ("headers", "drop", "status"),
    [
        ({}, "csrf", 403),
        ({"origin": "https://evil.example"}, "", 403),
        ({"sec-fetch-site": "cross-site"}, "", 403),
        ({"content-type": "text/plain"}, "", 415),
        ({"content-type": "multipart/form-data; boundary=x"}, "", 415),
        ({}, "verb", 400),
        ({}, "once", 400),
    ],
)
async def test_what_is_no_form_of_the_session_does_nothing(
    host: Any, github: GitHub, headers: dict[str, str], drop: str, status: int
) -> None:
    await log_in(host.http, github, "wilma")
    fields = [pair for pair in Forms(await host.page("/runs/1")).sends(PAUSE) if pair[0] != drop]
    answer = await send(host.http, "/runs/1/say", fields, **headers)
    assert answer.status_code == status, answer.text
    assert given(host) == []


async def test_a_form_that_is_too_long_is_advice(host: Any, github: GitHub) -> None:
    await log_in(host.http, github, "wilma")
    fields = Forms(await host.page("/runs/1")).sends(RETRY, guidance="x" * 40_000)
    assert (await send(host.http, "/runs/1/say", fields)).status_code == 413
    many = [("x", "y")] * 300
    assert (await send(host.http, "/runs/1/say", many)).status_code == 400
    assert given(host) == []


async def test_without_a_login_each_button_is_off_with_the_reason_and_the_way_in(
    make_host: Any, github: GitHub
) -> None:
    """On the machine itself everything is read without a login; acting needs one."""
    reach = reach_of(github, asked="local", bound="127.0.0.1", public_url="")
    host = make_host(reach)
    host.at_gate(repo=repo_of(github))
    async with host.http:
        page = await host.page("/runs/1/gates/1")
        assert Forms(page).disabled[APPROVE] == "nobody"
        assert 'href="/login?next=%2Fruns%2F1%2Fgates%2F1"' in page
        answer = await send(host.http, "/runs/1/say", [("verb", "pause")], origin="http://127.0.0.1:8080")
        assert answer.status_code == 403
    host.engine.dispose()


async def test_where_nobody_can_log_in_the_page_says_so(host: Any, make_host: Any, tmp_path: Any) -> None:
    plain = make_host("127.0.0.1")
    async with plain.http:
        page = Forms(await plain.page("/runs/1"))
        assert "no login" in page.texts["nobody"]
        assert set(page.disabled.values()) >= {"nobody"}
        assert "/runs/1/say" not in page.actions.values()
    plain.engine.dispose()
