"""Names of tests: which files hold tests, which tests they define, and whether a word names one of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

MOST_NAMES = 20_000
LONGEST = 300
_FOLDERS = frozenset({"test", "tests", "__tests__", "spec", "specs", "e2e", "testing"})
_FILE = re.compile(r"^(?:tests?[_.-].*|.*[_.-](?:tests?|specs?)\.\w+|.*(?:Tests?|Spec|IT)\.\w+|conftest\.py)$")
_DATA = re.compile(r"\.(?:json|ya?ml|md|txt|snap|csv|xml|html?|lock|toml|cfg|ini|png|jpe?g|gif|svg)$", re.IGNORECASE)
_NAMED = re.compile(r"\b(?:def|func|fn|function|fun|void|class|sub|Task)\s+([A-Za-z_]\w*)", re.ASCII)
_TESTISH = re.compile(r"test|spec|should", re.IGNORECASE)
_MARKED = re.compile(
    r"(?:@(?:\w+\.)*\w*Test\w*|#\[(?:\w+::)*\w*test\w*[^\]\n]{0,80}\]|\[(?:Fact|Theory|Test\w*)[^\]\n]{0,80}\])"
    r"[^{;]{0,200}?\b(?:fn|fun|void|Task|def)\s+(?:`([^`\n]{2,200})`|([A-Za-z_]\w*))"
)
_TITLED = re.compile(
    r"""\b(?:it|test|describe|specify|context|scenario|feature|Run|should|TEST\w*|SCENARIO|TEST_CASE)\b"""
    r"""[\w.\[\]]{0,40}\s{0,4}\(?[^\n'"`]{0,40}(['"`])((?:(?!\1)[^\n\\]|\\.){2,200})\1"""
)
_PARAMETERS = re.compile(r"\[[^\]]*\]$|\([^)]*\)$")


def is_test_file(path: str) -> bool:
    """Whether a file of a repository holds tests, by its name and folders."""
    *folders, name = path.split("/")
    if _DATA.search(name):
        return False
    return bool(_FILE.match(name)) or any(folder.lower() in _FOLDERS for folder in folders)


def names_in(text: str) -> tuple[str, ...]:
    """Names and titles of the tests that a test file defines, as far as its text tells."""
    found = [name for name in _NAMED.findall(text) if _TESTISH.search(name)]
    found += [title or name for title, name in _MARKED.findall(text)]
    found += [title for _, title in _TITLED.findall(text)]
    return tuple(dict.fromkeys(name.strip()[:LONGEST] for name in found if len(name.strip()) > 2))


def defined_tests(files: Mapping[str, str]) -> dict[str, str]:
    """Every name of a test → the file that defines it; files that define tests are among the names."""
    names: dict[str, str] = {}
    for path in sorted(files):
        found = names_in(files[path])
        for name in (path, *found) if found else ():
            if len(names) >= MOST_NAMES:
                return names
            names.setdefault(name, path)
    return names


def base_of(name: str) -> str:
    """A test's id without its parameters: `test_a[1]` is `test_a`."""
    return _PARAMETERS.sub("", name.strip())


_CHUNK = re.compile(r"::| > | › |[#/. ]")
_MARK = re.compile(r"(?:::| > | › |[#/.])$")
_COMMON = frozenset({"test", "tests", "spec", "specs", "should", "pytest", "unittest"})
"""Words of any sentence about tests: they name none."""


class Names:
    """Known tests, found again by their ids or their own last parts. Built once, asked often."""

    def __init__(self, names: Iterable[str] = ()) -> None:
        self._by_last: dict[str, list[str]] = {}
        for name in names:
            self._by_last.setdefault(_last(name), []).append(name)

    def find(self, said: str) -> str | None:
        """The first known test that is named: its id, the id without parameters, or the id's last parts; else None."""
        wanted = base_of(said.strip().strip("`"))
        if len(wanted) < 3 or wanted.lower() in _COMMON:
            return None
        return next((name for name in self._by_last.get(_last(wanted), ()) if _named(wanted, base_of(name))), None)


def _last(name: str) -> str:
    return _CHUNK.split(base_of(name))[-1]


def _named(wanted: str, known: str) -> bool:
    if not known.endswith(wanted):
        return False
    before = known[: len(known) - len(wanted)]
    return not before or bool(_MARK.search(before))
