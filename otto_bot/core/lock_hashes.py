"""Which hashes a lock file pins each version to, for every kind of it that writes some. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from otto_bot.core.lock_names import before_version, composer_packages, json_of, npm_packages


class Pin(NamedTuple):
    """`key` is name and version, `line` from 1. A key may have several pins: a lock can hold a package twice."""

    key: str
    line: int
    hashes: frozenset[str]


Pins = Iterator[tuple[str, int, frozenset[str]]]
_HASH = re.compile(
    r"sha(?:1|256|384|512)[-:][A-Za-z0-9+/=]{8,200}|\bh1:[A-Za-z0-9+/=]{20,100}|\b[0-9a-f]{64}\b|\b10c0/[0-9a-f]{64,128}"
    r"|\b[0-9a-f]{128}\b"
)
_FRAGMENT = re.compile(r"#([0-9a-f]{40})\b")
_STRONGEST = ("sha512", "sha384", "sha256", "h1")


def pinned(path: str, text: str) -> list[Pin]:
    """Total: what cannot be read pins nothing."""
    reader = _READERS.get(path.casefold().rpartition("/")[2])
    return [Pin(*one) for one in reader(text)] if reader is not None else []


def same_content(before: frozenset[str], after: frozenset[str]) -> bool:
    """Whether hashes of one version can stand for the same content: no kind of hash says otherwise, and the strongest
    is still there. One more hash of the same kind is one more file of the version.
    """
    old, new = _by_kind(before), _by_kind(after)
    if not old or any(old[kind].isdisjoint(new[kind]) for kind in old.keys() & new.keys()):
        return not old
    return min(old, key=_rank) in new


def _rank(kind: str) -> tuple[int, str]:
    return (_STRONGEST.index(kind) if kind in _STRONGEST else len(_STRONGEST), kind)


def _by_kind(hashes: frozenset[str]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for one in hashes:
        kind = re.match(r"[a-z]\w*(?=[-:])|10c0(?=/)", one)
        found.setdefault(kind[0] if kind else str(len(one)), set()).add(one)
    return found


def _npm(text: str) -> Pins:
    for name, one, line in npm_packages(text):
        if (one.get("inBundle") or one.get("bundled")) and not one.get("resolved"):
            continue  # it comes within the package around it, whose hash is there
        said = one.get("integrity")
        hashes = frozenset(said.split()) if isinstance(said, str) else frozenset[str]()
        if isinstance(one.get("version"), str):
            yield f"{name} {one['version']}", line, hashes


def _composer(text: str) -> Pins:
    for name, one, line in composer_packages(text):
        version = str(one.get("version", ""))
        if version.startswith("dev-") or version.endswith("-dev"):
            continue  # a branch: what it has moves by itself
        sides = [(side, one.get(side)) for side in ("source", "dist")]
        said = [
            f"{side}{key}:{told[key]}"
            for side, told in sides
            if isinstance(told, Mapping)
            for key in ("reference", "shasum")
            if told.get(key)
        ]
        yield f"{name} {version}", line, frozenset(said)


def _pipfile(text: str) -> Pins:
    lines = {line.strip(): number for number, line in enumerate(text.split("\n"), 1)}
    for group in json_of(text).values():
        for name, one in group.items() if isinstance(group, Mapping) else ():
            hashes = one.get("hashes") if isinstance(one, Mapping) else None
            if isinstance(one, Mapping) and isinstance(one.get("version"), str):
                told = frozenset(map(str, hashes)) if isinstance(hashes, list) else frozenset[str]()
                yield f"{name} {one['version'].lstrip('=')}", lines.get(f'"{name}": {{', 1), told


def _toml(text: str) -> Pins:
    """poetry, uv, pdm and Cargo: tables `[[package]]`; a small reader of our own gives the lines as well."""
    name = version = ""
    start, hashes = 1, set[str]()
    for number, line in enumerate((*text.split("\n"), "[[package]]"), 1):
        if line.startswith("[[package]]"):
            if name:
                yield f"{name} {version}", start, frozenset(hashes)
            name = version = ""
            start, hashes = number, set()
        elif line.startswith("name = "):
            name = line[7:].strip(" \"'\r")
        elif line.startswith("version = "):
            version = line[10:].strip(" \"'\r")
        hashes.update(_HASH.findall(line))


def _go(text: str) -> Pins:
    for number, line in enumerate(text.split("\n"), 1):
        parts = line.split()
        if len(parts) == 3:
            yield f"{parts[0]} {parts[1]}", number, frozenset(parts[2:])


def _yarn(text: str) -> Pins:
    """Both kinds of `yarn.lock`: a key at the margin, what belongs to it indented."""
    key, version, start, hashes = "", "", 1, set[str]()
    for number, line in enumerate((*text.split("\n"), "end:"), 1):
        if line and not line.startswith((" ", "#")):
            if key:
                yield key if "@patch:" in key else f"{before_version(key)} {version}", start, frozenset(hashes)
            key, version, start, hashes = line.rstrip(":\r"), "", number, set()
        elif line.lstrip().startswith(("version", '"version"')):
            version = line.split()[-1].strip('"')
        elif line.lstrip().startswith(("integrity", "checksum")):
            hashes.update(_HASH.findall(line))
        elif line.lstrip().startswith("resolved"):
            hashes.update(f"resolved:{digest}" for digest in _FRAGMENT.findall(line))


def _pnpm(text: str) -> Pins:
    key, start = "", 1
    for number, line in enumerate(text.split("\n"), 1):
        if re.match(r"  [^\s#].*:\s*$", line):
            key, start = line.strip().rstrip(":").strip("'\"/"), number
        elif key and "resolution:" in line:
            yield key, start, frozenset(_HASH.findall(line))


_READERS: dict[str, Callable[[str], Pins]] = {
    "package-lock.json": _npm,
    "npm-shrinkwrap.json": _npm,
    "composer.lock": _composer,
    "pipfile.lock": _pipfile,
    "poetry.lock": _toml,
    "uv.lock": _toml,
    "pdm.lock": _toml,
    "cargo.lock": _toml,
    "go.sum": _go,
    "yarn.lock": _yarn,
    "pnpm-lock.yaml": _pnpm,
}
