"""The page of one attempt: the prompt as it was sent, guidance, turns with tools and cost, and what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from otto_bot.core.run import Run
from otto_bot.store.transcripts import KeptPrompt, KeptTurn
from otto_bot.text.links import Links
from otto_bot.text.logs import LOGS
from otto_bot.text.spoken import exact, line
from otto_bot.text.words import title_of
from otto_bot.web.logs.transcripts import attempt_of, blocks, number_in, plain_name, turn_text
from otto_bot.web.views.parts import EXCERPTS, Link, attempt_url, run_url, share, task_url
from otto_bot.web.views.task import AttemptView, attempt_view

PROMPT, TURNS, TURN = 20_000, 40_000, 3_000
"""Bytes of each part of the prompt, of all turns, and of one turn."""
NEWEST = 40
"""Turns on the page; the log has all."""
WHOLE = 20_000
"""Bytes of all excerpts."""


class TurnRow(NamedTuple):
    """One turn of the conversation."""

    number: int
    tools: str
    seconds: str
    tokens: str
    usd: str
    words: str
    cut: bool


class Text(NamedTuple):
    """Words as they are, and whether the end of them is left out."""

    words: str
    cut: bool


class AttemptPage(NamedTuple):
    """Everything of the page."""

    run: Link
    task: Link
    title: str
    number: int
    attempt: AttemptView
    system: Text | None
    opening: Text | None
    turns: tuple[TurnRow, ...]
    earlier: int
    sums: str
    log: Link
    others: tuple[Link, ...]


def attempt_page(
    run: Run, key: str, number: int, prompt: KeptPrompt | None, turns: Sequence[KeptTurn], links: Links
) -> AttemptPage | None:
    """The page as it is shown; None where the task has no such attempt."""
    attempt = attempt_of(run, key, number)
    if attempt is None:
        return None
    task = run.tasks[key]
    spec = run.plan.task(key) if run.plan is not None and key in run.plan.keys else None
    failures = [one for one in (attempt.failure, attempt.flaky) if one is not None]
    room = share(sum(len(one.excerpts[:EXCERPTS]) for one in failures), whole=WHOLE)
    shown = _rows(turns)
    return AttemptPage(
        run=Link(f"run {run.id}", run_url(run.id)),
        task=Link(key, task_url(run.id, key)),
        title=line(title_of(run, key), 200),
        number=number,
        attempt=attempt_view(run, task, spec, attempt, links, room),
        system=Text(*exact(prompt.system, PROMPT)) if prompt is not None else None,
        opening=Text(*exact(prompt.opening, PROMPT)) if prompt is not None else None,
        turns=shown,
        earlier=len(turns) - len(shown),
        sums=_sums(turns),
        log=Link(LOGS["transcript_log"], f"{attempt_url(run.id, key, number)}/log"),
        others=tuple(
            Link(f"{LOGS['attempt']} {one.number}", attempt_url(run.id, key, one.number))
            for one in task.attempts[-NEWEST:]
            if one.number != number
        ),
    )


def _rows(turns: Sequence[KeptTurn]) -> tuple[TurnRow, ...]:
    """The newest turns that there is room for, in their order."""
    found: list[TurnRow] = []
    room = TURNS
    for turn in reversed(turns[-NEWEST:]):
        words, cut = exact(turn_text(turn), min(TURN, room))
        room -= len(words.encode()) + 300
        found.append(_row(turn, words, cut))
        if room < 500:
            break
    return tuple(reversed(found))


def _row(turn: KeptTurn, words: str, cut: bool) -> TurnRow:
    names = [
        plain_name(one.get("name")) for one in blocks(turn.body.get("reply_content")) if one.get("type") == "tool_use"
    ]
    given, answered, usd = _usage(turn.body)
    return TurnRow(
        turn.number, line(", ".join(names), 120), f"{number_in(turn.body, 'seconds'):.1f}",
        f"{given:,.0f} / {answered:,.0f}", f"{usd:.4f}", words, cut,
    )  # fmt: skip


def _usage(body: dict[str, Any]) -> tuple[float, float, float]:
    usage = body.get("usage")
    told = usage if isinstance(usage, dict) else {}
    given = sum(number_in(told, name) for name in ("input_tokens", "cache_read_tokens", "cache_write_tokens"))
    return given, number_in(told, "output_tokens"), number_in(told, "usd")


def _sums(turns: Sequence[KeptTurn]) -> str:
    if not turns:
        return ""
    used = [_usage(turn.body) for turn in turns]
    seconds = sum(number_in(turn.body, "seconds") for turn in turns)
    return (
        f"{len(turns)} turn{'' if len(turns) == 1 else 's'}, {seconds:.0f} s, "
        f"{sum(one[0] for one in used):,.0f} tokens in, {sum(one[1] for one in used):,.0f} out, "
        f"${sum(one[2] for one in used):.4f}"
    )
