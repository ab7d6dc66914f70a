"""The folder of a claim bench: what was asked for, one line a pair, the purse. It can be taken up again."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from otto_bot.bench.live.pairs import Pair
from otto_bot.core.values import Frozen

ASKED, PAIRS, PURSE, TABLE = "bench.json", "pairs.jsonl", "purse.jsonl", "table.md"


class KeepError(ValueError):
    """The folder cannot be used; the text says what to do."""


class Asked(Frozen):
    """What must be the same when a bench is taken up again. `units` maps each scenario or issue to a digest of it."""

    bench: str
    otto: str
    model: str
    arms: tuple[str, ...]
    prices: str
    units: dict[str, str]


class Kept:
    """Reads and appends; one process at a time, see `open_folder`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.purse = folder / PURSE

    def pairs(self) -> list[Pair]:
        """Every pair that was written."""
        path = self.folder / PAIRS
        if not path.exists():
            return []
        try:
            return [Pair.model_validate_json(line) for line in path.read_bytes().splitlines()]
        except ValidationError as error:
            raise KeepError(
                f"{path}: is not of this version of Otto; give another --out ({error.errors()[0]['msg']})"
            ) from None

    def add(self, pair: Pair) -> None:
        """Append a pair; it is on the disk when this returns."""
        with (self.folder / PAIRS).open("ab") as file:
            file.write(json.dumps(pair.model_dump(mode="json"), ensure_ascii=False).encode("utf-8", "replace") + b"\n")
            file.flush()
            os.fsync(file.fileno())

    def write(self, name: str, text: str) -> None:
        """One more file of the bench."""
        (self.folder / name).write_text(text, encoding="utf-8")

    def read(self, name: str) -> str | None:
        """Such a file, where it is there."""
        path = self.folder / name
        return path.read_text(encoding="utf-8") if path.exists() else None


@contextmanager
def open_folder(folder: Path, asked: Asked) -> Iterator[Kept]:
    """The folder, made or taken up again, for this process alone. Raises KeepError."""
    folder.mkdir(parents=True, exist_ok=True)
    strange = [entry.name for entry in folder.iterdir() if entry.name != "lock"]
    if strange and not (folder / ASKED).exists():
        raise KeepError(
            f"{folder}: holds other files ({', '.join(sorted(strange)[:3])}); give an empty folder as --out"
        )
    with (folder / "lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise KeepError(f"{folder}: another bench is writing there; wait for it, or give another --out") from None
        _same(folder / ASKED, asked)
        _whole_lines(folder / PAIRS)
        yield Kept(folder)


def _whole_lines(path: Path) -> None:
    """Take away a line that a crash cut off: its pair is played again."""
    raw = path.read_bytes() if path.exists() else b""
    if raw and not raw.endswith(b"\n"):
        os.truncate(path, raw.rfind(b"\n") + 1)


def _same(path: Path, asked: Asked) -> None:
    """Written once; taken up again only with the same question."""
    if not path.exists():
        path.write_text(asked.model_dump_json(indent=1) + "\n", encoding="utf-8")
        return
    try:
        before: dict[str, Any] = Asked.model_validate_json(path.read_text(encoding="utf-8")).model_dump()
    except ValidationError:
        raise KeepError(f"{path}: is not of this version of Otto; give another --out") from None
    other = [name for name, value in asked.model_dump().items() if before[name] != value]
    if other:
        told = "; ".join(f"{name}: {_short(before[name])} before, {_short(getattr(asked, name))} now" for name in other)
        raise KeepError(f"{path.parent}: was begun with other options ({told}); give them again, or another --out")


def _short(value: Any) -> str:
    text = json.dumps(value) if not isinstance(value, str) else value
    return text if len(text) <= 80 else f"{text[:77]}…"
