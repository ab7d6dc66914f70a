"""Packages that a lock file takes from another one's address, or from another home than before. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping

_NPM_LOCKS = ("package-lock.json", "npm-shrinkwrap.json")
_TARBALL = re.compile(r"^https?://[^/]+/(?:.*?/)??((?:@[^/]+(?:/|%2f))?[^/]+)/-/[^/]+\.tgz", re.IGNORECASE)
_ALIAS = re.compile(r"@npm:((?:@[^@\s\"]{1,200}/)?[^@\s\"/]{1,200})@")
_HOME = re.compile(
    r"(?:\w{1,20}://(?:[^/@]{0,200}@)?|git@)(?:api\.)?([\w.-]{1,100})[/:](?:repos/)?([\w.-]{1,100}/[\w.-]{1,100}?)(?:\.git|/.*)?"
)


def misnamed(path: str, text: str) -> dict[str, int]:
    """In the lock files of npm and Yarn: packages from the address of another one; what is wrong → line from 1.

    An alias says so itself (`"name"` beside the version, `npm:`), and stands in the manifest.
    """
    name = path.casefold().rpartition("/")[2]
    if name in _NPM_LOCKS:
        return _misnamed_npm(text)
    return _misnamed_yarn(text) if name == "yarn.lock" else {}


def _misnamed_npm(text: str) -> dict[str, int]:
    found: dict[str, int] = {}
    for place, one, line in npm_packages(text):
        name = one.get("name") or place
        version = str(one.get("version", ""))
        if version.startswith("npm:"):
            name = before_version(version.removeprefix("npm:"))
        taken = _TARBALL.search(str(one.get("resolved", "")))
        if taken is not None and isinstance(name, str) and not _alike(taken[1], name):
            found[f"{name} is taken from the address of {taken[1]}"] = line
    return found


def _misnamed_yarn(text: str) -> dict[str, int]:
    found: dict[str, int] = {}
    names: set[str] = set()
    for number, line in enumerate(text.split("\n"), 1):
        bare = line.strip().rstrip("\r")
        if line and not line.startswith((" ", "#")):
            names = {before_version(bare.rstrip(":"))} | set(_ALIAS.findall(bare))
        elif bare.startswith("resolved "):
            taken = _TARBALL.search(bare.removeprefix("resolved ").strip('"'))
            found |= _other(names, taken[1] if taken else None, number)
        elif bare.startswith("resolution: ") and "@npm:" in bare:
            found |= _other(names, before_version(bare.removeprefix("resolution: ")), number)
    return found


def _other(names: set[str], taken: str | None, line: int) -> dict[str, int]:
    if taken is None or not names or any(_alike(taken, name) for name in names):
        return {}
    return {f"{min(names)} is taken from the address of {taken}": line}


def _alike(one: str, other: str) -> bool:
    return one.replace("%2f", "/").replace("%2F", "/").casefold() == other.casefold()


def before_version(key: str) -> str:
    """`@scope/name` of `"@scope/name@^1, @scope/name@^2"`."""
    first = key.split(",", maxsplit=1)[0].strip('" ')
    at = first.find("@", 1)
    return first[:at] if at > 0 else first


def npm_packages(text: str) -> Iterator[tuple[str, Mapping[str, object], int]]:
    """(name, what is said of it, line from 1) of each package of npm's lock files, the first kind of them too."""
    data = json_of(text)
    lines = {line.strip().partition('":')[0] + '"': number for number, line in enumerate(text.split("\n"), 1)}
    packages = data.get("packages")
    for place, one in packages.items() if isinstance(packages, Mapping) else ():
        if place and isinstance(one, Mapping) and not one.get("link"):
            yield place.rpartition("node_modules/")[2], one, lines.get(json.dumps(place), 1)
    left = [data.get("dependencies")]
    while left:
        some = left.pop()
        for name, one in some.items() if isinstance(some, Mapping) else ():
            if isinstance(one, Mapping):
                yield name, one, lines.get(json.dumps(name), 1)
                left.append(one.get("dependencies"))


def composer_packages(text: str) -> Iterator[tuple[str, Mapping[str, object], int]]:
    """(name, what is said of it, line from 1) of each package of a `composer.lock`."""
    data = json_of(text)
    lines = {line.strip().rstrip(",\r"): number for number, line in enumerate(text.split("\n"), 1)}
    for key in ("packages", "packages-dev"):
        some = data.get(key)
        for one in some if isinstance(some, list) else ():
            if isinstance(one, Mapping) and isinstance(one.get("name"), str):
                yield one["name"], one, lines.get(f'"name": {json.dumps(one["name"], ensure_ascii=False)}', 1)


def homes(path: str, text: str) -> dict[str, tuple[int, frozenset[str]]]:
    """Where each package of a `composer.lock` is kept: name → line from 1, and `host/owner/name` of its addresses."""
    if path.casefold().rpartition("/")[2] != "composer.lock":
        return {}
    found: dict[str, tuple[int, frozenset[str]]] = {}
    for name, one, line in composer_packages(text):
        sides = [side for side in (one.get("source"), one.get("dist")) if isinstance(side, Mapping)]
        kept = {_home(str(side["url"])) for side in sides if side.get("url")}
        before = found.get(name, (line, frozenset[str]()))
        found[name] = (before[0], before[1] | kept)
    return found


def _home(url: str) -> str:
    match = _HOME.fullmatch(url)
    return f"{match[1]}/{match[2]}".casefold() if match else url[:100]


def json_of(text: str) -> Mapping[str, object]:
    """The object of a JSON text, an empty one where it is none."""
    try:
        data = json.loads(text.removeprefix("\ufeff"))
    except (ValueError, RecursionError):
        return {}
    return data if isinstance(data, Mapping) else {}
