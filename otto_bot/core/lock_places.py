"""Which lines of a lock file, manifest or settings file can say where something is fetched from. Pure.

Many more lines hold addresses: home pages, funding, licences. Asking a person about those would teach to say yes. Where
a file is JSON or TOML its values are read and not its lines: how they are laid out or escaped makes no difference.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from html import unescape

from otto_bot.core.bounded_toml import toml_of
from otto_bot.core.lock_about import is_about, is_comment, odd_xml, without_about, without_comments

Places = Iterator[tuple[int, str]]
"""(line from 1, its text)"""

_NPM = ("package-lock.json", "npm-shrinkwrap.json")
_NPM_PLACES = ("resolved", "version", "from")
_DEPENDENCIES = (
    "dependencies", "devDependencies", "optionalDependencies", "peerDependencies", "overrides", "resolutions",
    "catalog", "catalogs", "pnpm", "publishConfig", "packageManager", "imports", "scopes", "repositories", "workspaces",
)  # fmt: skip
_TOML = re.compile(r"(?:.*/)?(?:pyproject\.toml|cargo\.toml|pipfile|uv\.toml|bunfig\.toml|\.cargo/config(?:\.toml)?)")
_XML = re.compile(r".*\.(?:cs|fs|vb)proj|.*\.props|nuget\.config")
_WRITTEN = re.compile(r".*lock.*|.*\.resolved|go\.sum")
_SAYS_IT_PLAINLY = re.compile(r".*\.(?:txt|in|jsonc)|pnpm-workspace\.yaml|go\.(?:mod|work)")
"""Where a name with an address behind it may be a dependency, whatever the name."""
_SETUP = re.compile(
    r"git\+|hg\+|svn\+|@[ \t]*[a-z][a-z0-9+.-]{0,20}://|dependency_links|index_url|index-url|find.links|#egg=",
    re.IGNORECASE,
)
_POM = re.compile(r"<(/?)(?:pluginRepositories|repositories|mirrors|mirror|profiles|properties)\b")
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"|\'([^\']*)\'')
_ESCAPED = re.compile(r"\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|/)")


def places(path: str, text: str) -> Places:
    """The lines of one file that count, by what kind of file its name says it is."""
    folded = path.casefold()
    name = folded.rpartition("/")[2]
    if name in (*_NPM, "package.json", "composer.json", "composer.lock", "deno.json"):
        return _json(name, text)
    if _TOML.fullmatch(folded):
        return _toml(text)
    if name.startswith("setup."):
        return ((number, line) for number, line in _numbered(text) if _SETUP.search(line))
    if name in ("pom.xml", "settings.xml"):
        return _pom(text)
    if _XML.fullmatch(name):
        return ((number, without_about(unescape(line))) for number, line in _numbered(without_comments(text)))
    return _plain(name, text)


def _numbered(text: str) -> Places:
    return enumerate(text.split("\n"), 1)


def _plain(name: str, text: str) -> Places:
    """Line by line; a file that a package manager writes has neither comments nor descriptions that count."""
    written, plainly = _WRITTEN.fullmatch(name) is not None, _SAYS_IT_PLAINLY.fullmatch(name) is not None
    for number, line in _joined(text) if name.endswith((".txt", ".in")) else _numbered(text):
        if not written and is_comment(name, line):
            continue
        plain = _ESCAPED.sub(_meant, line) if "\\" in line else line
        yield number, plain if written or plainly else without_about(plain)


def _joined(text: str) -> Places:
    """pip takes a line that ends in a backslash and the next one for one, where it is no comment."""
    kept, first = "", 0
    for number, line in _numbered(text):
        first = first or number
        bare = line.removesuffix("\r")
        if bare.endswith("\\") and not bare.lstrip().startswith("#"):
            kept += bare[:-1]
            continue
        yield first, kept + line
        kept, first = "", 0
    if kept:
        yield first, kept


def _meant(escape: re.Match[str]) -> str:
    digits = escape[1] or escape[2]
    return chr(int(digits, 16)) if digits else "/"


def _pom(text: str) -> Places:
    depth = 0
    every = odd_xml(text)
    for number, line in _numbered(without_comments(text)):
        for closing in _POM.findall(line):
            depth = max(0, depth + (-1 if closing else 1))
        if every or depth or "</mirror" in line or "</repositor" in line or "</propert" in line:
            yield number, without_about(unescape(line))


def _json(name: str, text: str) -> Places:
    """Names and values of what is fetched. What is no JSON is read line by line."""
    try:
        data = json.loads(text.removeprefix("\ufeff"))
    except (ValueError, RecursionError):
        yield from _numbered(text)
        return
    if not isinstance(data, Mapping):
        return
    if name in _NPM:
        found = [word for keys, word in _strings(data) if keys and keys[-1] in _NPM_PLACES]
    elif name == "composer.lock":
        packages = [
            one for key in ("packages", "packages-dev") for one in _list(data.get(key)) if isinstance(one, Mapping)
        ]
        found = [word for one in packages for side in ("dist", "source") for _, word in _strings(one.get(side))]
    else:
        found = [word for key in _DEPENDENCIES for _, word in _strings(data.get(key))]
    lines = _lines_of(text)
    yield from ((lines.get(word, 1), f'"x": "{word}"') for word in dict.fromkeys(found))


def _toml(text: str) -> Places:
    """Every value but what only tells something. What is no TOML is read line by line."""
    if (data := toml_of(text)) is None:
        yield from _numbered(text)
        return
    words = [word for keys, word in _strings(data) if not _tells(keys)]
    lines = _lines_of(text)
    yield from ((lines.get(word, 1), f'"{word}"') for word in dict.fromkeys(words))


def _tells(keys: tuple[str, ...]) -> bool:
    """Whether a value of a TOML file, by the keys that lead to it, only tells something."""
    linked = (
        keys[:1] == ("badges",) or keys[:2] == ("project", "urls") or (keys[:1] == ("tool",) and keys[2:3] == ("urls",))
    )
    return linked or (bool(keys) and is_about(keys[-1]))


def _lines_of(text: str) -> dict[str, int]:
    """The line from 1 on which each quoted text stands first, by what it means."""
    first: dict[str, int] = {}
    for number, line in _numbered(text):
        for double, single in _QUOTED.findall(line):
            word = double or single
            first.setdefault(_ESCAPED.sub(_meant, word) if "\\" in word else word, number)
    return first


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _strings(value: object) -> Iterator[tuple[tuple[str, ...], str]]:
    """(keys that lead to it, text) of every text within, keys with an address too: without recursion, for nesting is
    the other side's to choose. A text in a list has `[]` as its last key."""
    left: list[tuple[tuple[str, ...], object]] = [((), value)]
    while left:
        keys, one = left.pop()
        if isinstance(one, str):
            yield keys, one
        elif isinstance(one, Mapping):
            yield from (((*keys, "{}"), str(key)) for key in one if "://" in str(key))
            left += [((*keys, str(key)), part) for key, part in reversed(list(one.items()))]
        elif isinstance(one, list):
            left += [((*keys, "[]"), part) for part in reversed(one)]
