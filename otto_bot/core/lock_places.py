"""Which lines of a lock file, manifest or settings file can say where something is fetched from. Pure.

Many more lines hold addresses: home pages, funding, licences. Asking a person about those would teach to say yes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping

LINE = 4000
"""Characters of a line that are read."""
Places = Iterator[tuple[int, str]]
"""(line from 1, its text)"""

_DESCRIBES = re.compile(
    r"^[\s\"'<-]*(?:\w{1,20}\.)?(?:homepage|home-page|repository|bugs?|documentation|docs|issue|changelog|source_?(?:code|url)"
    r"|funding|licen[cs]e|\$schema|(?:package)?(?:project|licen[cs]e|repository|icon)url|authors?|readme|donate|download[_-]url"
    r"|xmlns|xsi:|project xmlns|support|forum|website|chat|description|project_urls?|maintainers?|keywords)",
    re.IGNORECASE,
)
_TABLE = re.compile(r"\s*\[+\s*([\w.\"' -]{1,100}?)\s*\]+\s*(?:#.*)?")
_URLS = re.compile(r"(?:tool\.\w+|project)\.urls|badges", re.IGNORECASE)
_NPM_PLACES = re.compile(r"^\s*\"(?:resolved|version|from)\"\s*:")
_DEPENDENCIES = (
    "dependencies", "devDependencies", "optionalDependencies", "peerDependencies", "overrides", "resolutions",
    "catalog", "catalogs", "pnpm", "publishConfig", "packageManager", "imports", "scopes", "repositories",
)  # fmt: skip
_SETUP = re.compile(r"git\+|hg\+|svn\+|\s@\s|dependency_links|index_url|index-url|find.links", re.IGNORECASE)
_POM = re.compile(r"<(/?)(?:pluginRepositories|repositories|mirrors|mirror|profiles)\b")


def places(path: str, text: str) -> Places:
    """The lines of one file that count, by what kind of file its name says it is."""
    name = path.casefold().rpartition("/")[2]
    if name in ("package-lock.json", "npm-shrinkwrap.json"):
        return _matching(text, _NPM_PLACES)
    if name in ("package.json", "composer.json", "composer.lock", "deno.json"):
        return _json(name, text)
    if name.startswith("setup."):
        return _matching(text, _SETUP)
    if name in ("pom.xml", "settings.xml"):
        return _pom(text)
    return _plain(text)


def _numbered(text: str) -> Places:
    return ((number, line[:LINE]) for number, line in enumerate(text.split("\n"), 1))


def _matching(text: str, wanted: re.Pattern[str]) -> Places:
    return ((number, line) for number, line in _numbered(text) if wanted.search(line))


def _plain(text: str) -> Places:
    table = ""
    for number, line in _numbered(text):
        if (head := _TABLE.fullmatch(line)) is not None:
            table = head[1].replace('"', "")
        if line.lstrip().startswith(("#", "//", "<!--", ";")) or _URLS.fullmatch(table) or _DESCRIBES.match(line):
            continue
        yield number, line


def _pom(text: str) -> Places:
    depth = 0
    for number, line in _numbered(text):
        for closing in _POM.findall(line):
            depth = max(0, depth + (-1 if closing else 1))
        if depth or "</mirror" in line or "</repositor" in line:
            yield number, line


def _json(name: str, text: str) -> Places:
    """Names and values of what is fetched. What is no JSON is read line by line."""
    try:
        data = json.loads(text.removeprefix("\ufeff"))
    except (ValueError, RecursionError):
        yield from _numbered(text)
        return
    if not isinstance(data, Mapping):
        return
    wanted: list[object] = [data.get(key) for key in _DEPENDENCIES]
    if name == "composer.lock":
        packages = [
            one for key in ("packages", "packages-dev") for one in _list(data.get(key)) if isinstance(one, Mapping)
        ]
        wanted = [one.get(side) for one in packages for side in ("dist", "source")]
    words = list(dict.fromkeys(word for one in wanted for word in _strings(one)))
    first: dict[str, int] = {}
    for number, line in enumerate(text.split("\n"), 1):
        for quoted in re.findall(r'"((?:[^"\\]|\\.)*)"', line[:LINE]):
            first.setdefault(quoted.replace("\\/", "/"), number)
    for word in words:
        yield first.get(word, 1), f'"x": "{word[:LINE]}"'


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _strings(value: object) -> Iterator[str]:
    """Every string value within, without recursion: nesting is the other side's to choose."""
    left = [value]
    while left:
        one = left.pop()
        if isinstance(one, str):
            yield one
        elif isinstance(one, Mapping):
            left += reversed(list(one.values()))
        elif isinstance(one, list):
            left += reversed(one)
