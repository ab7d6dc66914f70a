"""Messages of live pages as they go over the wire, in the form of Server-Sent Events."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from fastapi.sse import format_sse_event

from otto_bot.web.live_topic import Entry

RETRY = 2_000
"""Milliseconds after which a browser comes again by itself; the pages' own script knows better."""


def hello() -> bytes:
    """How soon to come again."""
    return format_sse_event(retry=RETRY, comment="otto")


def beat(at: str, *, away: bool = False) -> bytes:
    """The stream lives: what was sent until now is how it stood at that time; `away` = the database is not there."""
    return format_sse_event(event="beat", data_str=_json({"at": at, **({"away": True} if away else {})}))


def entry(one: Entry) -> bytes:
    """An event of the ledger. Its number is the message's: whoever comes again says the last one."""
    return format_sse_event(event="entry", id=str(one.seq), data_str=_json({"seq": one.seq, "html": one.html}))


def parts(changed: Mapping[str, str], seq: int, seen: str, at: str) -> bytes:
    """Parts of the page that are others now."""
    return format_sse_event(event="parts", data_str=_json({"seq": seq, "seen": seen, "at": at, "parts": changed}))


def close(why: str) -> bytes:
    """The last message. `bye`: nothing changes any more; `reload`: too much has happened to be told; `left`: this
    person may not look any more; `again`: come again at once, with what you have."""
    return format_sse_event(event=why, data_str="{}")


def changed(now: Mapping[str, str], sent: Mapping[str, str]) -> dict[str, str]:
    """The parts that somebody was not sent as they are now; one that is not there any more is empty."""
    gone = {name: "" for name, html in sent.items() if html and name not in now}
    return {name: html for name, html in now.items() if sent.get(name) != html} | gone


def resumed(header: str | None, query: str | None) -> int:
    """The last event that somebody has: what their browser says first, then what their page does; 0 = none."""
    for said in (header, query):
        if said and said.isascii() and said.isdigit() and len(said) < 10:
            return int(said)
    return 0


def _json(value: Mapping[str, object] | Sequence[object]) -> str:
    # No line break stands in it: JSON writes them as \n.
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
