"""What live pages are made of, without a server: numbers to go on from, parts, frames, places."""

from __future__ import annotations

import asyncio
import json

from hypothesis import given, settings
from hypothesis import strategies as st
from live_server import whole

from otto_bot.web import live_wire as wire
from otto_bot.web.live import Limits, Places
from otto_bot.web.live_topic import KEPT, Entry, News, Subject, Topic, digest


def topic(start: int = 0) -> Topic:
    made = Topic(Subject("run", 1))
    made.start(start)
    return made


def rows(*seqs: int) -> list[Entry]:
    return [Entry(seq, f"<tr>{seq}</tr>") for seq in seqs]


@settings(max_examples=40, deadline=None)
@given(
    steps=st.lists(st.tuples(st.integers(1, KEPT + 50), st.integers(1, 9)), max_size=8),
    asked=st.lists(st.integers(0, 9), max_size=8),
)
async def test_what_is_kept_is_told_whole_or_not_at_all(steps: list[tuple[int, int]], asked: list[int]) -> None:
    """Looks find new events, some of them more than are kept; whoever asks gets every event, or is sent elsewhere."""
    one, ledger, at = topic(), [], 0
    readers = dict.fromkeys(range(len(asked)), 0)
    for number, (new, gap) in enumerate(steps):
        found = [at + gap * (k + 1) for k in range(new)]  # numbers have holes where quiet events stand
        at = found[-1]
        ledger += found
        one.add(News(rows(*found[-KEPT:]), cut=new > KEPT))
        one.add(News(rows(*found[-3:])))  # read once more: nothing is doubled
        for reader, after in readers.items():
            if (asked[reader] + number) % 3:
                continue
            told = one.since(after)
            due = [seq for seq in ledger if seq > after]
            assert told is None or [entry.seq for entry in told] == due
            assert told is not None or len(due) > 0
            readers[reader] = at
    assert one.seq == at


async def test_whoever_takes_the_pulse_before_looking_misses_nothing() -> None:
    one = topic()
    pulse = one.pulse
    one.add(News(rows(1)))
    one.beat()

    await asyncio.wait_for(pulse.wait(), 1)
    assert not one.pulse.is_set()


async def test_parts_are_new_only_when_their_words_are() -> None:
    one = topic()

    assert one.show({"head": "a", "cost": "b"})
    before = one.parts
    assert not one.show({"cost": "b", "head": "a"})
    assert one.show({"head": "c", "cost": "b"})
    assert wire.changed(one.parts, before) == {"head": "c"}
    assert one.seen == digest({"cost": "b", "head": "c"}) != digest({"cost": "c", "head": "b"})


@given(now=st.dictionaries(st.text(), st.text()), sent=st.dictionaries(st.text(), st.text()))
def test_what_is_sent_makes_one_page_of_the_other(now: dict[str, str], sent: dict[str, str]) -> None:
    news = wire.changed(now, sent)

    assert {name: html for name, html in {**sent, **news}.items() if html} == {n: h for n, h in now.items() if h}
    assert all(sent.get(name) != html for name, html in news.items())


@given(seq=st.integers(1, 10**8), html=st.text(), name=st.text())
def test_any_words_are_one_message(seq: int, html: str, name: str) -> None:
    """Line breaks of all kinds, half characters left out: what was framed is read back."""
    clean = html.encode(errors="ignore").decode()
    framed = wire.entry(Entry(seq, clean)) + wire.parts({"x": clean}, seq, "s", "12:00:00") + wire.close("bye")

    entry, parts, bye = whole(framed)

    assert (entry.event, entry.id, entry.data) == ("entry", str(seq), {"seq": seq, "html": clean})
    assert (parts.event, parts.id, parts.data["parts"]) == ("parts", "", {"x": clean})
    assert bye.event == "bye"


@given(st.text())
def test_no_answer_is_too_strange_to_go_on_from(header: str) -> None:
    assert wire.resumed(header, "7") == (
        int(header) if header.isascii() and header.isdigit() and len(header) < 10 else 7
    )
    assert wire.resumed(None, header[:0]) == 0


def test_a_sign_of_life_says_whether_what_is_shown_can_be_old() -> None:
    fresh, away = (json.loads(wire.beat("12:00:00", away=gone).split(b"data: ")[1]) for gone in (False, True))

    assert fresh == {"at": "12:00:00"}
    assert away["away"] is True


def test_places_are_counted_by_person_and_given_back() -> None:
    places = Places(Limits(all=3, mine=2))

    with places.one(1) as a, places.one(1) as b, places.one(1) as c, places.one(0) as d, places.one(2) as e:
        assert (a, b, c, d, e) == (True, True, False, True, False)
        assert places.taken == 3
    assert places.taken == 0
    assert not places._open
