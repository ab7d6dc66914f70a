"""Live pages over real HTTP: each event once, also after a break; parts, ends, limits, rights, a database that goes."""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from core_builders import T0, said
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from live_server import PATIENCE, QUICK, LiveServer, Message, rest, take, until, whole

from otto_bot.core import events as e
from otto_bot.core.values import Person
from otto_bot.store import tables as t
from otto_bot.store.database import writing
from otto_bot.store.run_pages import QUIET
from otto_bot.web.answer import Page
from otto_bot.web.live import Limits, Places
from otto_bot.web.live_hub import Pace
from otto_bot.web.live_topic import KEPT
from otto_bot.web.viewer import Viewer

ISSUES = count(100)
VERSIONS = 20
"""Of a page, while somebody does not read: more than buffers hold on the way."""


@pytest.fixture
async def live(host: Any, database_url: str, tmp_path: Path) -> AsyncIterator[LiveServer]:
    server = LiveServer(database_url, tmp_path)
    await server.begin()
    yield server
    await server.end()


@pytest.fixture
def make_live(database_url: str, tmp_path: Path) -> Callable[[Pace], LiveServer]:
    """Servers that are not begun yet."""
    return lambda pace: LiveServer(database_url, tmp_path, pace)


def parked(number: int) -> e.Parked:
    """A telling event that says its number."""
    return e.Parked(at=T0, why="runs", reason=f"reason {number} {'x' * 280}")


def see(live: LiveServer, viewer: Viewer | Page) -> list[Any]:
    """Make everybody be this one, from now on; a list of who asked. The door itself has tests of its own."""
    asked: list[Any] = []

    async def found(request: Any) -> Viewer | Page:
        asked.append(request)
        return viewer

    live.app.streams.entrance.viewer = found  # type: ignore[method-assign]
    return asked


def entries(found: list[Message]) -> list[int]:
    return seqs([message for message in found if message.event == "entry"])


def numbers(host: Any, run_id: int, after: int = 0) -> list[int]:
    """The numbers of all events of a run: none of these tests adds a quiet one without saying so."""
    query = sa.select(t.events.c.seq).where((t.events.c.run_id == run_id) & (t.events.c.seq > after))
    with host.engine.connect() as c:
        return list(c.execute(query.order_by(t.events.c.seq)).scalars())


def address(page: str) -> str:
    """Where the script of a page listens, with what the page shows already."""
    found = re.search(r'data-live="([^"]+)" data-after="(\d+)" data-seen="(\w*)"', page)
    assert found is not None
    url, after, seen = found.groups()
    url = url.replace("&amp;", "&")
    return f"{url}{'&' if '?' in url else '?'}after={after}&seen={seen}"


def seqs(found: list[Message]) -> list[int]:
    return [message.data["seq"] for message in found]


async def test_an_open_page_is_told_what_it_does_not_show_yet_and_nothing_else(host: Any, live: LiveServer) -> None:
    run = host.executing()
    page = (await live.get(f"/runs/{run.id}")).text

    async with live.open(address(page)) as stream:
        first = (await take(stream, "parts"))[0]
        host.add(run, parked(1))
        entry = (await take(stream, "entry"))[0]
        parts = (await take(stream, "parts"))[0]

    assert set(first.data["parts"]) == {"nobody"}, "the page shows all others as they are"
    assert entry.id == str(entry.data["seq"]) == str(numbers(host, run.id)[-1])
    assert "reason 1" in entry.data["html"]
    assert "Waits for its turn" in parts.data["parts"]["head"]
    assert "tasks" not in parts.data["parts"]
    loaded = (await live.get(f"/runs/{run.id}")).text
    assert entry.data["html"].strip() in loaded
    assert all(html in loaded for html in parts.data["parts"].values())
    assert parts.data["seen"] in loaded


def telling(host: Any, run_id: int) -> list[int]:
    """Numbers of the events that a page shows."""
    query = sa.select(t.events.c.seq).where((t.events.c.run_id == run_id) & t.events.c.type.not_in(QUIET))
    with host.engine.connect() as c:
        return list(c.execute(query.order_by(t.events.c.seq)).scalars())


CUTS = st.lists(st.tuples(st.integers(0, 9_000), st.integers(0, 3)), max_size=5)
"""After how many bytes a connection breaks, and how many events there are before it."""
SHARED = [HealthCheck.function_scoped_fixture]


@given(cuts=CUTS)
@settings(max_examples=5, deadline=None, suppress_health_check=SHARED)
async def test_connections_that_break_anywhere_lose_and_double_no_event(
    host: Any, live: LiveServer, cuts: list[tuple[int, int]]
) -> None:
    await broken(host, live, cuts)


@pytest.mark.slow
@given(cuts=CUTS)
@settings(max_examples=25, deadline=None, suppress_health_check=SHARED)
async def test_connections_that_break_very_often_lose_and_double_no_event(
    host: Any, live: LiveServer, cuts: list[tuple[int, int]]
) -> None:
    await broken(host, live, cuts)


async def broken(host: Any, live: LiveServer, cuts: list[tuple[int, int]]) -> None:
    """A connection breaks after any byte, things happen before the next one, it goes on from the last whole message."""
    run = host.start(issue=next(ISSUES))
    got: list[int] = []

    async def more(size: int) -> None:
        def all_there(found: list[Message]) -> bool:
            return [*got, *entries(found)][-1:] == telling(host, run.id)[-1:]

        found = await live.until_cut(f"/runs/{run.id}/live", got[-1] if got else 0, size, all_there)
        got.extend(entries(found))

    for size, new in cuts:
        host.add(run, e.Published(at=T0, surface="check", digest=str(size)), *(parked(one) for one in range(new)))
        await more(size)
    await more(10**9)

    assert got == telling(host, run.id)


@pytest.mark.parametrize("cut", [0, 3, *(pytest.param(cut, marks=pytest.mark.slow) for cut in (1, 2, 4, 5, 6, 7))])
async def test_a_page_goes_on_after_each_event_also_when_the_server_begins_anew(
    host: Any, live: LiveServer, cut: int
) -> None:
    run = host.start()
    host.add(run, *(parked(one) for one in range(7)))
    before = telling(host, run.id)[:cut]

    await live.end()
    host.add(run, parked(8))
    await live.begin()
    async with live.open(f"/runs/{run.id}/live", last=before[-1] if before else None) as stream:
        found = await take(stream, "entry", 9 - cut)
        host.add(run, parked(9))
        found += await take(stream, "entry")

    assert before + seqs(found) == telling(host, run.id)


async def test_who_was_away_for_too_long_is_told_to_load_the_page_anew(host: Any, live: LiveServer) -> None:
    run = host.start()
    host.add(run, *(parked(one) for one in range(KEPT + 1)))

    async with live.open(f"/runs/{run.id}/live", last=1) as stream:
        assert [message.event for message in await rest(stream)] == ["reload"]
    async with live.open(f"/runs/{run.id}/live", last=2) as stream:
        assert seqs(await take(stream, "entry", KEPT)) == list(range(3, KEPT + 3))
    async with live.open(f"/runs/{run.id}/live", last=999) as stream:
        assert [message.event for message in await rest(stream)] == ["reload"], "the ledger was put back"


async def test_a_page_of_every_event_gets_the_quiet_ones_too_and_one_of_older_ones_gets_none(
    host: Any, live: LiveServer
) -> None:
    run = host.executing()
    pages = {query: (await live.get(f"/runs/{run.id}{query}")).text for query in ("?events=every", "?before=3", "")}

    async with AsyncExitStack() as open_pages:
        streams = {
            query: await open_pages.enter_async_context(live.open(address(page))) for query, page in pages.items()
        }
        for stream in streams.values():
            assert list((await take(stream, "parts"))[0].data["parts"]) == ["nobody"]
        host.add(run, e.Published(at=T0, surface="check", digest="d"), parked(1))
        every = await take(streams["?events=every"], "entry", 2)
        usual = await take(streams[""], "entry")
        old = (await take(streams["?before=3"], "parts"))[0]

    last = numbers(host, run.id)[-1]
    assert (seqs(every), seqs(usual)) == ([last - 1, last], [last])
    assert "head" in old.data["parts"]
    assert "events" not in old.data["parts"]


async def test_two_who_look_at_one_run_see_the_same_and_nobody_asks_for_nobody(host: Any, live: LiveServer) -> None:
    run = host.executing()
    hub = live.app.streams.hub

    async with live.open(f"/runs/{run.id}/live") as one, live.open(f"/runs/{run.id}/live") as other:
        for stream in (one, other):
            await take(stream, "parts")
        assert hub.looked_at == 1
        host.add(run, parked(1))
        entries = [(await take(stream, "entry", 1))[-1] for stream in (one, other)]
        parts = [(await take(stream, "parts"))[0].data for stream in (one, other)]

    assert entries[0] == entries[1]
    assert parts[0]["parts"] == parts[1]["parts"]
    await until(lambda: hub.looked_at == 0)
    watching = ("live pages", "a live page begins")
    await until(lambda: not [task for task in asyncio.all_tasks() if task.get_name() in watching])


async def slowly(live: LiveServer, path: str, meanwhile: Awaitable[None], end: bytes) -> list[Message]:
    """What somebody got who did not read while things happened."""
    with socket.socket() as slow:
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        slow.setblocking(False)
        loop = asyncio.get_running_loop()
        await loop.sock_connect(slow, ("127.0.0.1", live.port))
        await loop.sock_sendall(slow, f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
        await meanwhile
        got = b""
        async with asyncio.timeout(PATIENCE):
            while end not in got or not got.endswith(b"\n\n\r\n"):
                got += await loop.sock_recv(slow, 1 << 20)
    return whole(re.sub(rb"\r\n[0-9a-f]+\r\n", b"", got.partition(b"\r\n\r\n")[2]))


async def test_who_reads_slowly_gets_the_newest_parts_and_not_all_that_were(host: Any, live: LiveServer) -> None:
    for issue in range(60, 100):
        host.start(issue=issue, title="<" * 300)

    async def versions() -> None:
        async with live.open("/live?of=runs&size=100") as quick:
            await take(quick, "parts")
            for issue in range(VERSIONS):
                host.start(issue=issue, title="<" * 300)
                await take(quick, "parts")

    found = await slowly(live, "/live?of=runs&size=100", versions(), f"#{VERSIONS - 1}<".encode())

    assert len(found) < VERSIONS
    assert found[-1].data["parts"]["runs"].strip() in (await live.get("/?size=100")).text


async def test_who_reads_slowly_gets_every_event(host: Any, live: LiveServer) -> None:
    run = host.executing()
    first = numbers(host, run.id)[-1]

    async def much() -> None:
        async with live.open(f"/runs/{run.id}/live", last=first) as quick:
            for _ in range(4):
                host.add(run, *(parked(number) for number in range(50)))
                await take(quick, "entry", 50)

    found = await slowly(live, f"/runs/{run.id}/live?after={first}", much(), f"id: {first + 200}\n".encode())

    assert entries(found) == numbers(host, run.id, first)


async def test_nobody_waits_for_a_run_that_is_over_and_at_rest(host: Any, live: LiveServer) -> None:
    """Its page is brought up to date once more, then told that this was all."""
    run = host.executing()
    run = host.add(run, said("/otto stop"))
    assert run.ended
    first, last = numbers(host, run.id)[0], numbers(host, run.id)[-1]

    async with live.open(f"/runs/{run.id}/live", last=first) as stream:
        found = await rest(stream)

    assert entries(found)[-1] == last
    assert [message.event for message in found][-2:] == ["parts", "bye"]


async def test_a_list_of_runs_and_the_host_are_live_too(host: Any, live: LiveServer) -> None:
    host.start(issue=4)
    listed, health = (await live.get("/?size=10")).text, (await live.get("/health")).text

    async with live.open(address(listed)) as runs, live.open(address(health)) as stands:
        assert list((await take(runs, "parts"))[0].data["parts"]) == ["nobody"]
        host.start(issue=5, title="Another one")
        news = (await take(runs, "parts"))[0].data["parts"]
        counts = (await take(stands, "parts"))[0].data["parts"]
        while "health" not in counts:
            counts = (await take(stands, "parts"))[0].data["parts"]

    assert "Another one" in news["runs"]
    assert news["runs"].strip() in (await live.get("/?size=10")).text
    assert "Workers" in counts["health"]


async def test_every_open_page_learns_that_nobody_works_and_that_somebody_does_again(
    host: Any, live: LiveServer
) -> None:
    host.executing()
    page = (await live.get("/insight")).text

    async with live.open(address(page)) as stream:
        assert "no worker was heard of" in (await take(stream, "parts"))[0].data["parts"]["nobody"]
        with writing(host.engine) as c:
            c.execute(t.effects.update().values(state="done"))
        assert (await take(stream, "parts"))[0].data["parts"] == {"nobody": ""}


async def test_a_run_that_is_not_there_or_not_theirs_is_the_same_404(host: Any, live: LiveServer) -> None:
    run = host.executing()
    see(live, Viewer(repositories=frozenset({999})))

    answers = [await live.get(f"/runs/{number}/live") for number in (run.id, run.id + 1, "x")]

    assert [answer.status_code for answer in answers] == [404, 404, 404]
    assert answers[0].text == answers[1].text.replace(f"run {run.id + 1}", f"run {run.id}")
    see(live, Page(403, "not here"))
    assert (await live.get(f"/runs/{run.id}/live")).status_code == 403
    assert (await live.get("/live")).status_code == 403


async def test_a_list_holds_only_what_they_see(host: Any, live: LiveServer) -> None:
    host.executing()
    see(live, Viewer(repositories=frozenset({999})))

    async with live.open("/live?of=runs") as stream:
        first = (await take(stream, "parts"))[0].data["parts"]

    assert "octo/app" not in first["runs"]


async def test_who_may_not_look_any_more_is_cut_off(host: Any, make_live: Callable[[Pace], LiveServer]) -> None:
    """Also while nothing happens; a right that is kept is asked for again and again."""
    run = host.executing()
    live = make_live(QUICK._replace(rights=0.05))
    await live.begin()
    asked = see(live, Viewer())

    async with live.open(f"/runs/{run.id}/live") as stream, live.open("/live?of=runs") as listed:
        await take(stream, "parts")
        before = len(asked)
        await until(lambda: len(asked) > before + 3)
        see(live, Viewer(repositories=frozenset({999})))
        found, of_list = await rest(stream), await rest(listed)

    assert (found[-1].event, of_list[-1].event) == ("left", "again")
    await live.end()


async def test_who_comes_again_after_a_while_loses_nothing(host: Any, make_live: Callable[[Pace], LiveServer]) -> None:
    """A login is renewed at the beginning of an answer: so no answer goes on for ever."""
    run = host.executing()
    live = make_live(QUICK._replace(life=0.1, beat=0.05))
    await live.begin()

    async with live.open(f"/runs/{run.id}/live") as stream:
        found = await rest(stream)

    assert found[-1].event == "again"
    await live.end()


async def test_nothing_is_shown_while_nobody_can_say_who_may_see_it(
    host: Any, make_live: Callable[[Pace], LiveServer]
) -> None:
    run = host.executing()
    live = make_live(QUICK._replace(rights=0.05))
    await live.begin()

    async with live.open(f"/runs/{run.id}/live", last=numbers(host, run.id)[-1]) as stream:
        await take(stream, "parts")
        asked = see(live, Page(503, "GitHub does not answer"))
        await until(lambda: asked)
        host.add(run, parked(1))
        while "away" not in (await take(stream, "beat"))[0].data:
            pass
        see(live, Viewer())
        entry = await take(stream, "entry")

    assert seqs(entry) == numbers(host, run.id)[-1:]
    await live.end()


async def test_too_many_are_told_to_come_later_and_a_place_is_free_again(host: Any, live: LiveServer) -> None:
    """All together, and each person who is logged in."""
    live.app.streams.places = Places(Limits(all=3, mine=2))
    one, other = (Viewer(person=Person(id=number, login="p"), login="in") for number in (1, 2))
    see(live, one)
    async with live.open("/live") as first, live.open("/live") as second:
        await take(first, "parts")
        await take(second, "parts")
        third = await live.get("/live")
        see(live, other)
        async with live.open("/live") as theirs:
            await take(theirs, "parts")
            fourth = await live.get("/live")

    assert [(answer.status_code, answer.headers["retry-after"]) for answer in (third, fourth)] == [(503, "30")] * 2
    await until(lambda: live.app.streams.places.taken == 0)
    async with live.open("/live") as stream:
        await take(stream, "parts")


async def test_other_sites_cannot_listen(live: LiveServer) -> None:
    answer = await live.get("/live", **{"Sec-Fetch-Site": "cross-site"})

    assert answer.status_code == 403


async def test_streams_end_at_once_when_the_server_does(
    host: Any, make_live: Callable[[Pace], LiveServer], caplog: pytest.LogCaptureFixture
) -> None:
    """Whole: after five seconds uvicorn would break them off, and say so."""
    run = host.executing()
    live = make_live(QUICK)
    await live.begin()
    async with live.open(f"/runs/{run.id}/live") as stream, live.open("/live?of=health") as other:
        await take(stream, "parts")
        await take(other, "parts")
        await live.end()
        await rest(stream)
        await rest(other)

    assert not [record for record in caplog.records if "graceful" in record.getMessage()]


async def test_a_stream_outlives_its_database(host: Any, live: LiveServer, database_url: str, tmp_path: Path) -> None:
    """It says that what is shown may be old, and goes on where it was."""
    if not database_url.startswith("sqlite"):
        pytest.skip("platform: a file is moved away")
    run = host.executing()
    folder = Path(sa.make_url(database_url).database or "").parent
    engine = live.app.streams.engine

    async with live.open(f"/runs/{run.id}/live", last=numbers(host, run.id)[-1]) as stream:
        await take(stream, "parts")
        folder.rename(folder.with_name("away"))
        host.engine.dispose()
        engine.dispose()
        away = (await take(stream, "beat"))[0]
        refused = await live.get(f"/runs/{run.id}/live")
        folder.with_name("away").rename(folder)
        host.add(run, parked(1))
        entry = (await take(stream, "entry"))[0]

    assert away.data["away"] is True
    assert refused.status_code == 503
    assert entry.data["seq"] == numbers(host, run.id)[-1]
