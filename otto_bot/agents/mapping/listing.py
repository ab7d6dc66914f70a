"""The files of a repository within a budget of bytes: all of them where they fit, else folders with their counts."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from otto_bot.agents.packing import head, size
from otto_bot.core.values import writable

NAMES = 25
"""Files of one folder that are named where not all of them can be."""
NAMED_SHARE = 80
"""Percent of the room that is for names, where not all have room; the rest is for counts."""
LONGEST_PATH = 200


def shown(path: str) -> str:
    """A path on one line: what cannot be printed is escaped, quotation marks stand where it holds a space."""
    text = "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in writable(path))
    text = text if len(text) <= LONGEST_PATH else text[: LONGEST_PATH - 1] + "…"
    return f'"{text}"' if " " in text else text


def listing(paths: Sequence[str], first: Sequence[str], limit: int) -> str:
    """Files by folder, at most `limit` bytes; where that is too little, the folders of `first` come first."""
    folders: dict[str, list[str]] = defaultdict(list)
    for path in sorted(paths):
        folder, _, name = path.rpartition("/")
        folders[folder].append(name)
    whole = _whole(folders, limit)
    return whole if whole is not None else _short(folders, first, limit)


def _whole(folders: dict[str, list[str]], limit: int) -> str | None:
    """Every file; None where that is too much."""
    lines, used = [], 0
    for folder, names in sorted(folders.items()):
        line = f"{_folder(folder)} {' '.join(shown(name) for name in names)}"
        used += size(line) + 1
        if used > limit:
            return None
        lines.append(line)
    return "\n".join(lines)


def _short(folders: dict[str, list[str]], first: Sequence[str], limit: int) -> str:
    """The root, folders near the task with names, then what lies below the others with counts, where there is room."""
    last = f"[… of {sum(map(len, folders.values()))} files in {len(folders)} folders; look for the rest with glob …]"
    left = limit - size(last) - 1
    lines: list[str] = []
    used = 0
    named: set[str] = set()
    for lines_of, room in ((_named(folders, first), left * NAMED_SHARE // 100), (_counted(folders), left)):
        for folder, line in lines_of:
            if used + size(line) + 1 > room:
                break
            if folder not in named:
                lines.append(line)
                used += size(line) + 1
                named.add(folder)
    return head("\n".join([*lines, last]), limit)


def _named(folders: dict[str, list[str]], first: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Folders in the order of their best files; where not all names fit, those of the best files come first."""
    best: dict[str, list[str]] = {"": []}
    for path in first:
        folder, _, name = path.rpartition("/")
        best.setdefault(folder, []).append(name)
    for folder, wanted in best.items():
        names = folders.get(folder, [])
        if not names:
            continue
        kept = list(dict.fromkeys([*wanted[:NAMES], *names]))[:NAMES]
        more = f" … and {len(names) - len(kept)} more" if len(names) > len(kept) else ""
        yield folder, f"{_folder(folder)} {' '.join(shown(name) for name in sorted(kept))}{more}"


def _counted(folders: dict[str, list[str]]) -> Iterator[tuple[str, str]]:
    """What lies below each folder, the shallow and the large ones first: `src/: 310 files (.py 290, …)`."""
    below: dict[str, Counter[str]] = defaultdict(Counter)
    for folder, names in folders.items():
        kinds = Counter(_suffix(name) for name in names)
        parts = folder.split("/") if folder else []
        for depth in range(1, min(len(parts), 6) + 1):
            below["/".join(parts[:depth])].update(kinds)
        if not parts:
            below[""].update(kinds)
    for folder in sorted(below, key=lambda name: (name.count("/") + bool(name), -below[name].total(), name)):
        kinds = below[folder]
        most = sorted(kinds.items(), key=lambda item: (-item[1], item[0]))[:4]
        said = ", ".join(f"{shown(kind)} {count}" for kind, count in most)
        yield folder, f"{_folder(folder)} {kinds.total()} files ({said})"


def _suffix(name: str) -> str:
    stem, dot, last = name.rpartition(".")
    return f".{last.lower()[:11]}" if dot and stem else "no suffix"


def _folder(folder: str) -> str:
    return f"{shown(folder)}/:" if folder else "./:"
