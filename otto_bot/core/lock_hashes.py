"""Which hashes a lock file pins each version to, for every kind of it that writes some. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping

Pins = dict[str, tuple[int, frozenset[str]]]
"""`name version` → line (from 1) and hashes; the hashes of a name that stands there twice are taken together."""
_HASH = re.compile(
    r"sha(?:1|256|384|512)[-:][A-Za-z0-9+/=]{8,200}|\bh1:[A-Za-z0-9+/=]{20,100}|\b[0-9a-f]{64}\b|\b10c0/[0-9a-f]{64,128}"
)

_TARBALL = re.compile(r"^https?://[^/]+/(?:.*?/)??((?:@[^/]+(?:/|%2f))?[^/]+)/-/[^/]+\.tgz", re.IGNORECASE)


def pinned(path: str, text: str) -> Pins:
    """Total: what cannot be read pins nothing."""
    name = path.casefold().rpartition("/")[2]
    reader = _READERS.get(name)
    if reader is None:
        return {}
    found: Pins = {}
    for key, line, hashes in reader(text):
        before = found.get(key)
        found[key] = (line, hashes) if before is None else (before[0], before[1] | hashes)
    return found


def misnamed(path: str, text: str) -> dict[str, int]:
    """In npm's lock files: packages that are taken from the address of another one; what is wrong → line from 1.

    An alias (`"name"` beside the version) says so itself, and stands in the manifest.
    """
    found: dict[str, int] = {}
    if path.casefold().rpartition("/")[2] not in ("package-lock.json", "npm-shrinkwrap.json"):
        return found
    for place, one, line in _npm_packages(text):
        name = one.get("name") or place.rpartition("node_modules/")[2]
        taken = _TARBALL.search(str(one.get("resolved", "")))
        if taken is not None and isinstance(name, str) and taken[1].replace("%2f", "/").lower() != name.lower():
            found[f"{name} is taken from the address of {taken[1]}"] = line
    return found


def _npm_packages(text: str) -> Iterator[tuple[str, Mapping[str, object], int]]:
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        return
    packages = data.get("packages") if isinstance(data, Mapping) else None
    lines = {line.strip().partition('":')[0] + '"': number for number, line in enumerate(text.split("\n"), 1)}
    for place, one in packages.items() if isinstance(packages, Mapping) else ():
        if isinstance(one, Mapping) and not one.get("link"):
            yield place, one, lines.get(json.dumps(place), 1)


def _npm(text: str) -> Iterator[tuple[str, int, frozenset[str]]]:
    for place, one, line in _npm_packages(text):
        said = one.get("integrity")
        hashes = frozenset(said.split()) if isinstance(said, str) else frozenset[str]()
        if isinstance(one.get("version"), str):
            yield f"{place.rpartition('node_modules/')[2]} {one['version']}", line, hashes


def _toml(text: str) -> Iterator[tuple[str, int, frozenset[str]]]:
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


def _go(text: str) -> Iterator[tuple[str, int, frozenset[str]]]:
    for number, line in enumerate(text.split("\n"), 1):
        parts = line.split()
        if len(parts) == 3:
            yield f"{parts[0]} {parts[1]}", number, frozenset(parts[2:])


def _yarn(text: str) -> Iterator[tuple[str, int, frozenset[str]]]:
    """Both kinds of `yarn.lock`: a key at the margin, what belongs to it indented."""
    key, version, start, hashes = "", "", 1, set[str]()
    for number, line in enumerate((*text.split("\n"), "end:"), 1):
        if line and not line.startswith((" ", "#")):
            if key:
                yield f"{_before_version(key)} {version}", start, frozenset(hashes)
            key, version, start, hashes = line.rstrip(":\r"), "", number, set()
        elif line.lstrip().startswith(("version", '"version"')):
            version = line.split()[-1].strip('"')
        elif line.lstrip().startswith(("integrity", "checksum")):
            hashes.update(_HASH.findall(line))


def _before_version(key: str) -> str:
    first = key.split(",", maxsplit=1)[0].strip('" ')
    return first[: first.rfind("@")] if first.rfind("@") > 0 else first


def _pnpm(text: str) -> Iterator[tuple[str, int, frozenset[str]]]:
    key, start = "", 1
    for number, line in enumerate(text.split("\n"), 1):
        if re.match(r"  [^\s#].*:\s*$", line):
            key, start = line.strip().rstrip(":").strip("'\"/"), number
        elif key and "resolution:" in line:
            yield key, start, frozenset(_HASH.findall(line))


_READERS: dict[str, Callable[[str], Iterator[tuple[str, int, frozenset[str]]]]] = {
    "package-lock.json": _npm,
    "npm-shrinkwrap.json": _npm,
    "poetry.lock": _toml,
    "uv.lock": _toml,
    "pdm.lock": _toml,
    "cargo.lock": _toml,
    "go.sum": _go,
    "yarn.lock": _yarn,
    "pnpm-lock.yaml": _pnpm,
}
