"""The page of a diff: the commits it stands between, when it was taken, and as much of each file as there is room."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from itertools import groupby
from typing import NamedTuple

from otto_bot.core.run import Run
from otto_bot.github.models import ComparedFile
from otto_bot.text.links import Links
from otto_bot.text.logs import FILE_STATES, LOGS, age_words, shown_words
from otto_bot.text.spoken import exact, line, weight
from otto_bot.web.diffs import Ends, Taken
from otto_bot.web.views.parts import Link, Moment, level, moment, run_url

FILES = 120
ROOM = 75_000
"""Bytes of HTML for all lines."""
MOST_OF_GITHUB = 300
OPEN = 10
"""Files that are open from the beginning."""
LINE = 12
"""Bytes around a line, on average: neighbours of one kind share what is around them."""
_LOOKS = {"+": "add", "-": "del", "@": "hunk", "\\": "f"}


class Lines(NamedTuple):
    """Neighbouring lines of one kind."""

    look: str
    text: str


class FileView(NamedTuple):
    """One file."""

    name: str
    state: str
    counts: str
    lines: tuple[Lines, ...]
    cut: bool
    binary: bool
    open: bool


class DiffPage(NamedTuple):
    """Everything of the page."""

    run: Link
    where: tuple[Link, ...]
    title: str
    here: str
    now: str
    base: Link
    head: Link
    merge_base: Link
    taken: Moment | None
    age: str
    moved: str
    behind: str
    trouble: str
    shown: str
    files: tuple[FileView, ...]
    more: int
    commands: tuple[str, ...]
    compare: Link
    same: bool


def diff_page(
    run: Run, taken: Taken, ends: Ends, where: tuple[Link, ...], title: str, here: str, links: Links, now: datetime,
    clean: Callable[[str], str],
) -> DiffPage:  # fmt: skip
    """The page as it is shown. `clean` leaves secrets out."""
    found = taken.found
    files = found.files if found is not None else ()
    base, head = (found.base if found is not None else ends.base), taken.head
    views = _files(files, clean)
    return DiffPage(
        run=Link(f"run {run.id}", run_url(run.id)),
        where=where,
        title=title,
        here=here,
        now=f"{here.partition('?')[0]}/now" + (f"?{here.partition('?')[2]}" if "?" in here else ""),
        base=Link(base, links.commit(base) if found is not None else ""),
        head=Link(head, links.commit(head)),
        merge_base=Link(found.merge_base, links.commit(found.merge_base)) if found is not None else Link(""),
        taken=moment(taken.at),
        age=age_words((now - taken.at).total_seconds()),
        moved=_moved(taken, ends),
        behind=f"{LOGS['behind']} {found.behind_by}" if found is not None and found.behind_by else "",
        trouble=taken.trouble,
        shown=_shown(files, views),
        files=views,
        more=max(0, len(files) - len(views)),
        commands=(
            f"git fetch {links.home}.git {head}",
            f"git diff {found.merge_base if found is not None else base}...FETCH_HEAD",
        ),
        compare=Link(LOGS["github_compare"], links.compare(base, head)),
        same=found is not None and not files,
    )


def _moved(taken: Taken, ends: Ends) -> str:
    """What is to know of the branch, where it is not what is shown."""
    if taken.found is None:
        return ""
    if taken.newest is None:
        return LOGS["branch_gone"]
    return f"{LOGS['moved']} {taken.newest[:12]}." if ends.pinned and taken.newest != taken.head else ""


def _files(files: tuple[ComparedFile, ...], clean: Callable[[str], str]) -> tuple[FileView, ...]:
    some = files[:FILES]
    patches = [clean(one.patch) if one.patch is not None else "" for one in some]
    each = level([weight(one) + LINE * (one.count("\n") + 1) for one in patches], ROOM)
    return tuple(
        _file(one, patch, each, number < OPEN) for number, (one, patch) in enumerate(zip(some, patches, strict=True))
    )


def _file(one: ComparedFile, patch: str, room: int, is_open: bool) -> FileView:
    name = line(one.filename, 200)
    if one.previous_filename:
        name = f"{line(one.previous_filename, 200)} → {name}"
    lines, cut = _lines(patch, room)
    return FileView(
        name, FILE_STATES.get(one.status, line(one.status, 20)), f"+{one.additions:,} −{one.deletions:,}", lines, cut,
        one.patch is None and (one.status != "renamed" or one.additions + one.deletions > 0), is_open,
    )  # fmt: skip


def _lines(patch: str, room: int) -> tuple[tuple[Lines, ...], bool]:
    kept: list[str] = []
    every = patch.split("\n") if patch else []
    cut = False
    for words in every:
        shown, cut = exact(words, max(0, room - LINE))
        room -= weight(shown) + LINE
        kept.append(shown)
        if cut or room < LINE:
            cut = cut or len(kept) < len(every)
            break
    grouped = groupby(kept, key=lambda words: _LOOKS.get(words[:1], ""))
    return tuple(Lines(look, "\n".join(some)) for look, some in grouped), cut


def _shown(files: tuple[ComparedFile, ...], views: tuple[FileView, ...]) -> str:
    if not files:
        return ""
    changed = sum(one.additions + one.deletions for one in files)
    seen = sum(some.text.count("\n") + 1 for view in views for some in view.lines if some.look in ("add", "del"))
    size = sum(len((one.patch or "").encode("utf-8", "replace")) for one in files)
    held = sum(len(some.text.encode("utf-8", "replace")) + 1 for view in views for some in view.lines)
    return shown_words(
        len(views), len(files), min(seen, changed), changed, min(held, size), size, most=len(files) >= MOST_OF_GITHUB
    )
