"""`otto-bot learnings`: what is kept of each repository, listed, kept, dropped, written to a file and read from one."""

from __future__ import annotations

import getpass
import json
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple, TextIO

from pydantic import ValidationError

from otto_bot.core.config import Config
from otto_bot.core.learning_words import scope_of, tidy, unsafe
from otto_bot.core.learnings import LearningStatus, StoredLearning
from otto_bot.core.values import Repo
from otto_bot.store.database import open_existing
from otto_bot.store.learnings import Learnings
from otto_bot.store.ledger import Ledger
from otto_bot.text.screen import shown

EXIT_WRONG = 1
EXIT_USAGE = 2
FILE_LIMIT = 16 * 1024 * 1024
"""Bytes of a file that is brought in."""
TEXT_LIMIT = 300
MOST_SOURCES, SOURCE_LIMIT, MOST_USES = 5, 2000, 1_000_000
"""Of one learning in a file: sources, characters of a field of a source, and what its counts may say."""
_SOURCE_WORDS = ("quote", "place", "url", "sha256", "task")


class Request(NamedTuple):
    """What was asked on the command line."""

    do: str
    name: str | None = None
    repo: str | None = None
    everything: bool = False
    as_json: bool = False


class Wrong(ValueError):
    """It cannot be done as asked; the message says what to do."""


def run(request: Request, database: str, now: datetime, out: TextIO | None = None, err: TextIO | None = None) -> int:
    """Do it; returns the exit code: 0 done, 1 there is no such thing, 2 not asked rightly. Raises StoreUnavailable."""
    out, err = out or sys.stdout, err or sys.stderr
    engine = open_existing(database)
    try:
        desk = _Desk(Learnings(engine), Ledger(engine), now, out)
        return desk.do(request)
    except Wrong as error:
        print(f"otto-bot: {error}", file=err)
        return EXIT_USAGE if request.do != "list" and not request.repo else EXIT_WRONG
    finally:
        engine.dispose()


class _Desk:
    """One command line's answer."""

    def __init__(self, store: Learnings, ledger: Ledger, now: datetime, out: TextIO) -> None:
        self._store = store
        self._ledger = ledger
        self._now = now
        self._out = out

    def do(self, request: Request) -> int:
        """Returns the exit code."""
        if request.do in ("keep", "forget"):
            return self._decide(request)
        if request.do == "import":
            return self._bring_in(request)
        repo = self._repo(request.repo) if request.repo else None
        rows = self._store.listed(repo.id if repo else None)
        if request.do == "export":
            self._lines(rows)
        else:
            self._list(rows if request.everything else [row for row in rows if self._current(row)], request)
        return 0

    def _current(self, row: StoredLearning) -> bool:
        return row.status is not LearningStatus.FORGOTTEN and not row.expired(self._now)

    def _list(self, rows: list[StoredLearning], request: Request) -> None:
        if request.as_json:
            self._lines(rows)
            return
        for row in rows:
            self._say(self._line(row))
        if not rows:
            self._say("nothing is kept" if request.everything else "nothing is kept; --all shows forgotten ones too")

    def _line(self, row: StoredLearning) -> str:
        state = row.status.value + (", expired" if row.expired(self._now) else "")
        by = f" ({shown(row.decided_by, 80)})" if row.decided_by else ""
        made = f"run {row.run} gate {row.gate}" if row.run else "imported"
        counts = f"used {row.used}, helped {row.helped}, failed {row.failed}"
        scope = shown(row.scope, 100)
        head = f"{shown(row.repo_name, 100)} {row.name} {state}{by} · {scope} · {made} · {counts}"
        return f"{head}\n    {shown(row.text, 300)}"

    def _lines(self, rows: list[StoredLearning]) -> None:
        for row in rows:
            # Escapes keep what others wrote from acting on a terminal.
            self._say(json.dumps(row.model_dump(mode="json"), sort_keys=True))

    def _decide(self, request: Request) -> int:
        name = (request.name or "").upper().removeprefix("L")
        if not request.repo or not (name.isascii() and name.isdigit() and 0 < int(name) < 10**6):
            raise Wrong(f"say which one: otto-bot learnings {request.do} L3 --repo OWNER/NAME")
        repo = self._repo(request.repo)
        settings = Config()
        keep = timedelta(days=settings.learnings.expire_days)
        key, detail = self._store.obey(
            repo.id, request.do, f"L{name}", f"{getpass.getuser()} (host)", self._now, keep, settings.paths.guarded
        )
        if key == "nothing_learnt":
            raise Wrong(f"{request.repo} has no learning L{name}; otto-bot learnings --repo {request.repo} lists them")
        word = {"learning_kept": "kept", "learning_kept_already": "kept already", "learning_dropped": "forgotten",
                "learning_dropped_already": "forgotten already", "learning_unsafe": "not kept"}[key]  # fmt: skip
        self._say(f"{word}: {shown(detail, 400)}")
        return EXIT_WRONG if key == "learning_unsafe" else 0

    def _bring_in(self, request: Request) -> int:
        if not request.repo or not request.name:
            raise Wrong("say what and where: otto-bot learnings import FILE --repo OWNER/NAME")
        repo, counts = self._repo(request.repo), {"new": 0, "known": 0}
        rows = [self._read(number, line) for number, line in enumerate(_lines_of(Path(request.name)), start=1) if line]
        for row in rows:
            counts["new" if self._store.put(repo, row) else "known"] += 1
        self._say(f"{counts['new']} brought in, {counts['known']} known already")
        return 0

    def _read(self, number: int, line: str) -> StoredLearning:
        """One line of a file, held to the same rules as what a pilot proposes. A wrong line stops the import."""
        try:
            row = StoredLearning.model_validate_json(line)
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(str(part) for part in first["loc"]) or "line"
            raise Wrong(f"line {number}: {shown(place)}: {first['msg']}; nothing was brought in") from None
        text, scope = tidy(row.text), scope_of(row.scope)
        why = unsafe(text, Config().paths.guarded)
        if not text or len(text) > TEXT_LIMIT or scope is None or why:
            reason = why or "text has 1 to 300 characters, scope is `repository` or a path"
            raise Wrong(f"line {number}: {reason}; nothing was brought in")
        # Runs have other numbers elsewhere; what was counted there stays.
        return row.model_copy(update={"text": text, "scope": scope, "run": None, "gate": 0, **_within_bounds(row)})

    def _repo(self, full_name: str) -> Repo:
        """A repository that learnings or runs know by this name."""
        owner, _, name = full_name.partition("/")
        for run_id in reversed(self._ledger.run_ids()):
            known = self._ledger.load(run_id).repo
            if known.full_name.lower() == full_name.lower():
                return known
        for repo_id in self._store.repo_ids(full_name):
            return Repo(id=repo_id, installation_id=0, owner=owner, name=name, default_branch="")
        raise Wrong(f"no run and no learning of {shown(full_name)}; start a run there first")

    def _say(self, words: str) -> None:
        print(words, file=self._out)


def _within_bounds(row: StoredLearning) -> dict[str, object]:
    """What no pilot wrote, as the table can hold it: a file may say anything."""
    names = {"author": 80, "model": 80, "accepted_by": 120, "forgotten_by": 120}
    held: dict[str, object] = {name: tidy(getattr(row, name))[:most] for name, most in names.items()}
    sources = [
        source.model_copy(update={name: tidy(getattr(source, name))[:SOURCE_LIMIT] for name in _SOURCE_WORDS})
        for source in row.sources[:MOST_SOURCES]
    ]
    counts = {name: min(max(0, getattr(row, name)), MOST_USES) for name in ("used", "helped", "failed")}
    return {**held, **counts, "sources": tuple(sources)}


def _lines_of(path: Path) -> list[str]:
    try:
        if path.stat().st_size > FILE_LIMIT:
            raise Wrong(f"{path} has more than {FILE_LIMIT} bytes")
        return [line.strip() for line in path.read_text(encoding="utf-8").splitlines()]
    except (OSError, UnicodeDecodeError) as error:
        raise Wrong(f"{path} cannot be read: {error}") from None
