"""What repositories lack so that Otto works best in them, and where a person adds it: a part of the host's page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from otto_bot.core.lanes import LaneKind
from otto_bot.store.onboarded import Onboarded
from otto_bot.text.offers import Offer, offers
from otto_bot.text.spoken import line
from otto_bot.text.words import LANES, clock
from otto_bot.web.views.parts import Link

MOST = 50


class RepositoryView(NamedTuple):
    """One repository: how its branches are verified, and what is offered."""

    name: Link
    verified: str
    tone: str
    offers: tuple[Offer, ...]
    seen: str


def repositories_view(found: Sequence[Onboarded], web_url: str) -> tuple[RepositoryView, ...]:
    """Those that lack something, the ones that nothing verifies first; at most MOST."""
    rows = [(one, offers(web_url, one.full_name, one.default_branch, one.facts)) for one in found]
    lacking = [(one, lacks) for one, lacks in rows if lacks]
    lacking.sort(key=lambda row: (row[0].lane is not LaneKind.NONE, row[0].full_name.lower()))
    return tuple(_row(one, lacks, web_url) for one, lacks in lacking[:MOST])


def _row(one: Onboarded, lacks: Sequence[Offer], web_url: str) -> RepositoryView:
    owner, _, name = one.full_name.partition("/")
    safe = all(part and all(c.isalnum() or c in "-_." for c in part) for part in (owner, name))
    url = f"{web_url.rstrip('/')}/{owner}/{name}" if safe else ""
    tone = "bad" if one.lane is LaneKind.NONE else "wait" if one.lane is LaneKind.PULL_REQUEST else "done"
    return RepositoryView(Link(line(one.full_name, 140), url), LANES[one.lane], tone, tuple(lacks), clock(one.at))
