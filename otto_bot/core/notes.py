"""What coders found out while they worked, as values: kept from task to task, and from run to run of an issue."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Annotated, Literal

from pydantic import Field

from otto_bot.core.values import Frozen

NOTES_BYTES = 12_000
"""UTF-8 bytes of all facts that are kept; the oldest give way."""
FACTS = 120
"""How many facts are kept at most."""
MOST_OF_A_KIND = 8
"""How many facts of one kind one task may leave."""

LONGEST = 400
"""Characters of one fact, and of one reason."""

Words = Annotated[str, Field(min_length=1, max_length=LONGEST)]
Kind = Literal["decisions", "conventions", "data_model", "gotchas"]
KINDS: tuple[Kind, ...] = ("decisions", "conventions", "data_model", "gotchas")


class Choice(Frozen):
    """Something that was decided, and why."""

    what: Words
    why: Annotated[str, Field(max_length=LONGEST)] = ""


class Findings(Frozen):
    """What one task leaves to those who come later."""

    decisions: Annotated[tuple[Choice, ...], Field(max_length=MOST_OF_A_KIND)] = ()
    conventions: Annotated[tuple[Words, ...], Field(max_length=MOST_OF_A_KIND)] = ()
    data_model: Annotated[tuple[Words, ...], Field(max_length=MOST_OF_A_KIND)] = ()
    gotchas: Annotated[tuple[Words, ...], Field(max_length=MOST_OF_A_KIND)] = ()


class Fact(Frozen):
    """One finding of a merged task. `ordinal` is that of the run, for this issue; `why` only stands at decisions."""

    kind: Kind
    text: str
    why: str = ""
    ordinal: int
    task: str


def facts(findings: Findings, ordinal: int, task: str) -> tuple[Fact, ...]:
    """A task's findings one by one, by kind."""
    found = [
        Fact(kind="decisions", text=flat(one.what), why=flat(one.why), ordinal=ordinal, task=task)
        for one in findings.decisions
    ]
    for kind in KINDS[1:]:
        texts: tuple[str, ...] = getattr(findings, kind)
        found += [Fact(kind=kind, text=flat(text), ordinal=ordinal, task=task) for text in texts]
    return tuple(fact for fact in found if fact.text)


def flat(text: str) -> str:
    """Words on one line."""
    return re.sub(r"\s+", " ", text).strip()


def kept(found: Sequence[Fact]) -> tuple[Fact, ...]:
    """Facts, oldest first, without repetitions and within the bounds: of the same fact, and for room, the newest stays.

    Two facts are the same where kind and words are, apart from case, spaces and the full stop; decisions by `what`.
    """
    seen: set[tuple[str, str]] = set()
    stay: list[Fact] = []
    room = NOTES_BYTES
    for fact in reversed(found):
        same = (fact.kind, flat(fact.text).casefold().rstrip(". "))
        size = len(f"{fact.text}{fact.why}".encode("utf-8", "replace")) + 40
        if same in seen:
            continue
        if len(stay) >= FACTS or size > room:
            break
        seen.add(same)
        stay.append(fact)
        room -= size
    return tuple(reversed(stay))


def by_kind(found: Iterable[Fact]) -> Iterator[tuple[Kind, tuple[Fact, ...]]]:
    """Each kind that has facts, with them."""
    known = tuple(found)
    for kind in KINDS:
        mine = tuple(fact for fact in known if fact.kind == kind)
        if mine:
            yield kind, mine
