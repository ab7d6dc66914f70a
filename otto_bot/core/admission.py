"""Which runs may start work: first come first served within an installation, evenly over installations."""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

from otto_bot.core.limits import HostLimits

FEW = 10
STEPS = (10, 20, 50, 100, 200, 500, 1000, 5000, 10_000, 50_000)


class Waiting(NamedTuple):
    """A run that asks for its turn. Older runs have smaller ids, and come first also after a rest."""

    run: int
    installation: int


class Place(NamedTuple):
    """Why a run waits, and how many runs have their turn before it."""

    limit: Literal["installation", "host"]
    most: int
    ahead: int


class Turn(NamedTuple):
    """What one look at the queue gave."""

    admitted: tuple[int, ...]
    places: Mapping[int, Place]
    """Of those that go on waiting, by run."""


def take_turns(waiting: Sequence[Waiting], at_work: Mapping[int, int], limits: HostLimits) -> Turn:
    """Who comes next. `at_work`: installation → its runs that have a place now.

    The next place goes to the installation with the fewest, so that nobody's queue delays another's; within one, to
    the oldest run. Time grows with those that wait, not with those that work.
    """
    most, room = limits.installation.runs, limits.host.runs - sum(at_work.values())
    queues: dict[int, deque[int]] = {}
    for run, installation in sorted(waiting):
        queues.setdefault(installation, deque()).append(run)
    heap = [(at_work.get(one, 0), queue[0], one) for one, queue in queues.items() if at_work.get(one, 0) < most]
    heapq.heapify(heap)
    admitted: list[int] = []
    places: dict[int, Place] = {}
    passed = dict.fromkeys(queues, 0)
    while heap:
        working, run, installation = heapq.heappop(heap)
        queues[installation].popleft()
        if len(admitted) < room:
            admitted.append(run)
        else:
            passed[installation] += 1
            places[run] = Place("host", limits.host.runs, len(places))
        if queues[installation] and working + 1 < most:
            heapq.heappush(heap, (working + 1, queues[installation][0], installation))
    for installation, queue in queues.items():
        # What is left could not start even if the host had room: only its own installation's runs are ahead of it.
        first = passed[installation]
        places |= {run: Place("installation", most, number) for number, run in enumerate(queue, first)}
    return Turn(tuple(admitted), places)


def place_words(place: Place) -> str:
    """Why a run waits, in a sentence without a full stop. Long queues are told roughly, so that they change seldom."""
    one = place.limit == "installation"
    whose, limit = (" of this account", "limit for one account") if one else ("", "limit for all accounts together")
    runs, verb = ("1 run", "is") if place.most == 1 else (f"{place.most} runs", "are")
    return f"{runs}{whose} {verb} at work, which is this host's {limit}; {ahead_words(place.ahead)}"


def ahead_words(ahead: int) -> str:
    """How many have their turn before."""
    if ahead == 0:
        return "this one is next"
    if ahead <= FEW:
        return f"{ahead} {'is' if ahead == 1 else 'are'} ahead of this one"
    step = max(step for step in STEPS if step < ahead)
    return f"more than {step} are ahead of this one"
