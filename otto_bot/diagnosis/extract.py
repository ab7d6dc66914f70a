"""The lines that say why a step failed, within a budget of characters.

What a reader cannot do without comes first: the first error with what stands around it, how the step ended, the count
of what failed, and the best line of each kind. The rest of the budget goes to the lines that are worth most for their
length; a line whose form is taken already is worth less, so that many equal errors do not hide another one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from otto_bot.core.evidence import Excerpt
from otto_bot.diagnosis.linescore import worth
from otto_bot.diagnosis.models import CheckedJob
from otto_bot.diagnosis.passing import Passing
from otto_bot.diagnosis.scan import scan
from otto_bot.diagnosis.signs import BIT
from otto_bot.diagnosis.slice import Section
from otto_bot.diagnosis.traits import Spot, spots

WIDTH = 400
"""Longest line of an excerpt in characters."""

_CUT = " …"
_LEAST = 12
_ENOUGH = 0.4
"""The first error is the first strong line worth this share of the best one."""
_KIND_ENOUGH = 0.35
_AGAIN = 0.6
"""What each further line of one form is worth, as a share of the one before it."""
_LENGTH = 0.25
"""How much the length of a line counts against it, as a power."""
_SHORT = 20
_KNOWN = 0.1
"""What a line is worth that a passing run of the job said too, as a share."""
_TRUST = 0.8
"""How far the worth of a line counts where a passing run tells which lines are new, as a power."""
_ENDING = 90
_COUNTS = 12
_GUESSED = 0.3
"""Weight of a part that says nothing beside parts that do, and of all such parts together for each that does."""
_LEAST_SHARE = 150
"""Characters below which a share holds nothing that can be understood."""
_EXIT = re.compile(r"exit(?:ed)? (?:with |code|status)", re.IGNORECASE)
_DIGITS = re.compile(r"\d+")
_OPENS = BIT["heading"] | BIT["failing_test"]
"""Kinds that open a passage: what they are about stands below them."""
_KINDS = tuple(
    BIT[name] for name in ("failing_test", "heading", "asserted", "known_error", "crash", "error_first", "count")
)


class Ranked(NamedTuple):
    """A section with its lines of interest and what each of them is worth."""

    section: Section
    spots: tuple[Spot, ...]
    worth: tuple[float, ...]

    @property
    def telling(self) -> bool:
        """Whether any line is an error by itself."""
        return any(spot.strong for spot in self.spots)


def rank(log: bytes, section: Section, passing: Passing | None = None) -> Ranked:
    """Read what matters of a section; what a passing run of the job said too matters little."""
    if passing is None:
        found = tuple(spots(scan(log, section.start, section.end, section.line)))
        return Ranked(section, found, tuple(worth(found)))
    new = passing.new_lines(log, section.start, section.end)
    found = tuple(spots(scan(log, section.start, section.end, section.line, new)))
    values = [
        value**_TRUST * (_KNOWN if passing.says(spot.line.text) else 1.0)
        for spot, value in zip(found, worth(found), strict=True)
    ]
    return Ranked(section, found, tuple(values))


def excerpts(pieces: Sequence[tuple[CheckedJob, Ranked]], budget: int) -> tuple[Excerpt, ...]:
    """Excerpts of every failing step; each gets an even share, what one leaves goes to those after it.

    Of parts that no step is known of, those that say nothing share a small part among them.
    """
    pieces = _affordable(pieces, budget)
    weights = _weights([ranked for _, ranked in pieces])
    sizes = [sum(len(spot.line.text) for spot in ranked.spots) for _, ranked in pieces]
    chosen: dict[int, list[Excerpt]] = {}
    left, ahead = budget, sum(weights)
    for index in sorted(range(len(pieces)), key=lambda i: (sizes[i], i)):
        found = excerpt_section(*pieces[index], budget=int(left * weights[index] / ahead))
        ahead -= weights[index]
        left -= sum(len(item.text) + 1 for item in found)
        chosen[index] = found
    return tuple(item for index in range(len(pieces)) for item in chosen[index])


def _affordable(pieces: Sequence[tuple[CheckedJob, Ranked]], budget: int) -> Sequence[tuple[CheckedJob, Ranked]]:
    """As many parts as the budget has room for, from both ends, those that say something before the others."""
    most = max(1, budget // _LEAST_SHARE)
    if len(pieces) <= most:
        return pieces
    from_ends = [i // 2 if i % 2 == 0 else len(pieces) - 1 - i // 2 for i in range(len(pieces))]
    kept = sorted(from_ends, key=lambda index: not pieces[index][1].telling)[:most]
    return [pieces[index] for index in sorted(kept)]


def _weights(parts: Sequence[Ranked]) -> list[float]:
    guessed = [part.section.step is None and not part.telling for part in parts]
    sure = len(parts) - sum(guessed)
    if not sure or sure == len(parts):
        return [1.0] * len(parts)
    least = min(_GUESSED, _GUESSED * sure / sum(guessed))
    return [least if guess else 1.0 for guess in guessed]


def excerpt_section(job: CheckedJob, ranked: Ranked, budget: int) -> list[Excerpt]:
    """The best lines of one step as contiguous excerpts with original line numbers, at most `budget` characters."""
    texts = [_shown(spot.line.text, WIDTH) for spot in ranked.spots]
    chosen = choose(ranked, [len(text) for text in texts], budget)
    if not chosen and texts and budget > _LEAST:
        best = max(range(len(texts)), key=lambda k: ranked.worth[k])
        texts[best] = _shown(texts[best], budget - 1)
        chosen = {best}
    return [_excerpt(job, ranked, block, texts) for block in _blocks(chosen, ranked.spots)]


def choose(ranked: Ranked, lengths: Sequence[int], budget: int) -> set[int]:
    """Indices of the lines that are shown; each costs its length and one."""
    value = _without_repeats(ranked)
    chosen: set[int] = set()
    left = budget
    by_value = sorted(range(len(value)), key=lambda k: (-value[k] / max(lengths[k] + 1, _SHORT) ** _LENGTH, k))
    for k in (*_needed(ranked, value), *by_value):
        if k not in chosen and lengths[k] < left:
            chosen.add(k)
            left -= lengths[k] + 1
        if left < _LEAST:
            break
    return chosen


def _without_repeats(ranked: Ranked) -> list[float]:
    seen: dict[str, int] = {}
    found = []
    for spot, value in zip(ranked.spots, ranked.worth, strict=True):
        form = _DIGITS.sub("", spot.line.text).strip()
        times = seen.get(form, 0)
        seen[form] = times + 1
        found.append(value * _AGAIN ** min(times, 6))
    return found


def _needed(ranked: Ranked, value: Sequence[float]) -> Iterable[int]:
    """What is shown before anything else."""
    all_spots, size = ranked.spots, len(ranked.spots)
    strong = [k for k in range(size) if all_spots[k].strong]
    if strong:
        enough = _ENOUGH * max(value[k] for k in strong)
        first = next(k for k in strong if value[k] >= enough)
        yield from (k for k in (first, first + 1, first + 2, first - 1) if 0 <= k < size)
    yield from _outcome(ranked)
    most = max(value, default=0.0)
    for bit in _KINDS:
        of_kind = [k for k in range(size) if all_spots[k].line.signs & bit]
        best = max(of_kind, key=lambda k: value[k], default=None)
        if best is not None and value[best] >= _KIND_ENOUGH * most:
            yield best
            if bit & _OPENS:
                yield from range(best + 1, min(best + 3, size))


def _outcome(ranked: Ranked) -> Iterable[int]:
    """How the step ended, and how many of what failed: the last exit status, the best and the last count."""
    echo, count = BIT["echo"], BIT["count"]
    size = len(ranked.spots)
    lines = [spot.line for spot in ranked.spots]
    exits = [k for k in range(max(0, size - _ENDING), size) if lines[k].signs & echo and _EXIT.search(lines[k].text)]
    yield from exits[-1:]
    counts = [
        k for k in range(size) if lines[k].signs & count and not lines[k].signs & echo and _DIGITS.search(lines[k].text)
    ]
    if counts:
        yield max(counts[-_COUNTS:], key=lambda k: ranked.worth[k])
        yield counts[-1]


def _shown(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - len(_CUT)] + _CUT


def _blocks(chosen: set[int], all_spots: Sequence[Spot]) -> list[list[int]]:
    """Runs of neighbouring lines; blank lines between two of them do not part them."""
    blocks: list[list[int]] = []
    for k in sorted(chosen):
        if blocks and blocks[-1][-1] == k - 1 and not all_spots[k].line.fresh:
            blocks[-1].append(k)
        else:
            blocks.append([k])
    return blocks


def _excerpt(job: CheckedJob, ranked: Ranked, block: Sequence[int], texts: Sequence[str]) -> Excerpt:
    section = ranked.section
    first, last = (ranked.spots[k].line.number for k in (block[0], block[-1]))
    return Excerpt(
        kind="log",
        source=job.source if section.step is None else f"{job.source} · {section.step.name}",
        text="\n".join(texts[k] for k in block),
        first_line=first,
        last_line=last,
        url=_link(job, section, first),
    )


def _link(job: CheckedJob, section: Section, number: int) -> str:
    """Where GitHub shows the line: its pages count lines within the step."""
    if not job.url or section.step is None:
        return job.url
    return f"{job.url}#step:{section.step.number}:{number - section.line + 1}"
