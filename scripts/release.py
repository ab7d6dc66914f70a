"""What a release is held to: `release.py begin 1.2.0`, `release.py check v1.2.0`, `release.py notes v1.2.0`.

`begin` writes the version into every file that names it, and gives the changelog's `Unreleased` section its heading.
`check` says what is still wrong with a tag (exit code 1), `notes` prints its section of the changelog. Nothing is
imported but Python's own library: the workflow calls it before anything is installed.
"""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VERSION = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)")
UNRELEASED = "## [Unreleased]\n"
NAMED = {
    "pyproject.toml": re.compile(r'^version = "([^"]+)"$', re.MULTILINE),
    "otto_bot/store/versions.py": re.compile(r'^CODE_VERSION = number\("([^"]+)"\)$', re.MULTILINE),
    "compose.yaml": re.compile(r"ghcr\.io/otto-bot/otto:([^}\s]+)\}"),
    "uv.lock": re.compile(r'^name = "otto-bot"\nversion = "([^"]+)"$', re.MULTILINE),
}
"""Where the version stands; pyproject.toml is the one that counts."""


def problems(root: Path, tag: str) -> list[str]:
    """What keeps a tag from being released, in words; empty where nothing does."""
    version = tag.removeprefix("v")
    if not tag.startswith("v") or not VERSION.fullmatch(version):
        return [f"the tag {tag!r} is no vMAJOR.MINOR.PATCH"]
    found = [
        f"{name} says version {said}, the tag {version}"
        for name, pattern in NAMED.items()
        if (said := _said(root / name, pattern)) != version
    ]
    if not notes(root, tag):
        found.append(f"CHANGELOG.md has no section `## [{version}] - YYYY-MM-DD` with words in it")
    elif _section(root, "Unreleased").strip():
        found.append("CHANGELOG.md has words under Unreleased: they belong to this release, or to none")
    return found


def notes(root: Path, tag: str) -> str:
    """The changelog's section of a tag; empty where there is none."""
    return _section(root, tag.removeprefix("v")).strip()


def begin(root: Path, version: str, today: str) -> None:
    """Write the version into the files that name it, and today's heading into the changelog. Raises ValueError."""
    if not VERSION.fullmatch(version):
        raise ValueError(f"{version!r} is no MAJOR.MINOR.PATCH")
    if _order(version) <= _order(_said(root / "pyproject.toml", NAMED["pyproject.toml"])) and notes(root, version):
        raise ValueError(f"{version} has a section in CHANGELOG.md: it was begun before")
    for name, pattern in NAMED.items():
        path = root / name
        path.write_text(pattern.sub(lambda one: one[0].replace(one[1], version), path.read_text(), count=1))
    path = root / "CHANGELOG.md"
    path.write_text(path.read_text().replace(UNRELEASED, f"{UNRELEASED}\n## [{version}] - {today}\n", 1))


def _said(path: Path, pattern: re.Pattern[str]) -> str:
    if path.name == "pyproject.toml":
        return str(tomllib.loads(path.read_text())["project"]["version"])
    match = pattern.search(path.read_text())
    return match[1] if match else "nothing"


def _section(root: Path, name: str) -> str:
    dated = r" - \d{4}-\d{2}-\d{2}" if name != "Unreleased" else ""
    text = (root / "CHANGELOG.md").read_text()
    match = re.search(rf"^## \[{re.escape(name)}\]{dated}\n(.*?)(?=^## \[|\Z)", text, re.MULTILINE | re.DOTALL)
    return match[1] if match else ""


def _order(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def _check(word: str) -> int:
    found = problems(ROOT, word)
    print("\n".join(found) or f"{word} can be released")
    return 1 if found else 0


def _notes(word: str) -> int:
    print(notes(ROOT, word))
    return 0


def _begin(word: str) -> int:
    try:
        begin(ROOT, word, f"{datetime.now(UTC):%Y-%m-%d}")
    except ValueError as error:
        print(error)
        return 1
    print(f"{word}: read CHANGELOG.md once more, then commit, tag v{word}, and push the tag (docs/releasing.md)")
    return 0


def main(argv: list[str]) -> int:
    """The exit code: 0, 1 something is wrong with the release, 2 wrong usage."""
    commands: dict[str, Callable[[str], int]] = {"begin": _begin, "check": _check, "notes": _notes}
    if len(argv) != 2 or argv[0] not in commands:
        print(__doc__)
        return 2
    return commands[argv[0]](argv[1])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
