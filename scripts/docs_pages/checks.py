"""What is wrong in the documents: links, names of tests and settings, commands, examples, quoted words."""

from __future__ import annotations

import argparse
import ast
import contextlib
import io
import json
import math
import re
import shlex
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from urllib.parse import unquote, urlsplit

import yaml

from otto_bot.core.config import Config, ConfigError, HostCaps, read_config
from otto_bot.observe.events import Event
from scripts.docs_pages import commands
from scripts.docs_pages.reading import ROOT, Page, documents, read, strings

HOSTS = frozenset(
    {
        "docs.github.com", "github.com", "keepachangelog.com", "opentelemetry.io", "semver.org", "systemd.io",
        "tree-sitter.github.io",
    }
)  # fmt: skip
"""Hosts that our own pages may lead to. Sources of attacks (docs/security.md) lead anywhere."""
TO_COME: frozenset[str] = frozenset()
"""Pages that are linked to and written last, from what was recorded; a test refuses those that are there already."""
ANYWHERE = frozenset({"docs/security.md"})
EVENTS = frozenset(Event)
"""Names of log events, which look like keys of `otto.yml`."""
SETTING = re.compile(r"\bOTTO_[A-Z][A-Z_]*[A-Z]\b")
KEY = re.compile(rf"\b(?:{'|'.join(Config.model_fields)})\.[a-z_]+\b")
TEST = re.compile(r"\b(test_\w+\.py)(?:::(test_\w+))?")
FILE = re.compile(r"\.(?:py|ya?ml|jsonl?|md|toml)$")


@cache
def pages() -> Mapping[Path, Page]:
    """Every document, read once."""
    return {path: read(path) for path in documents()}


def broken_links(page: Page) -> Iterator[str]:
    """Links and pictures that lead nowhere: to no file, no heading, or a host that is none of ours."""
    for line, target in [*page.links, *page.pictures]:
        parts = urlsplit(target)
        if parts.scheme in ("http", "https"):
            if parts.hostname not in HOSTS and page.name not in ANYWHERE:
                yield f"{page.name}:{line}: {target} leads to a host that is not in HOSTS"
        elif parts.scheme:
            yield f"{page.name}:{line}: {target} is no address that a reader can follow"
        elif problem := _inside(page, unquote(parts.path), parts.fragment):
            yield f"{page.name}:{line}: {target} {problem}"


def _inside(page: Page, path: str, fragment: str) -> str:
    target = (page.path.parent / path).resolve() if path else page.path
    if not target.is_relative_to(ROOT):
        return "is outside of the repository"
    if not target.exists():
        return "" if target.relative_to(ROOT).as_posix() in TO_COME else "does not exist"
    if not fragment or target.suffix != ".md":
        return ""
    there = pages().get(target) or read(target)
    return "" if fragment in there.anchors else "has no such heading"


def unknown_settings(page: Page) -> Iterator[str]:
    """Variables and keys that are named and that nothing reads."""
    text = page.path.read_text(encoding="utf-8")
    for name in sorted(set(SETTING.findall(text)) - known_variables()):
        if not any(known.startswith(f"{name}_") for known in known_variables()):  # the beginning of several
            yield f"{page.name}: nothing reads {name}"
    for line, span in page.spans:
        for key in KEY.findall(span):
            if key not in known_keys() and key not in EVENTS and not FILE.search(key) and re.fullmatch(r"[\w.]+", span):
                yield f"{page.name}:{line}: .github/otto.yml has no {key}"


@cache
def known_variables() -> frozenset[str]:
    """Every `OTTO_…` in code, tests and their programs."""
    files = [*ROOT.glob("otto_bot/**/*.py"), *ROOT.glob("tests/**/*.py"), *ROOT.glob("bench/**/*.py"), ROOT / ".ci/run"]
    files += [*ROOT.glob("scripts/*"), ROOT / "Dockerfile", ROOT / "Makefile"]
    from otto_bot.settings import FILE_VARIANTS, Settings

    named = {f"OTTO_{name.upper()}" for name in Settings.model_fields}
    named |= {f"OTTO_{name.upper()}_FILE" for name in FILE_VARIANTS}
    for file in files:
        if file.is_file():
            named |= set(SETTING.findall(file.read_text(encoding="utf-8", errors="replace")))
    return frozenset(named)


@cache
def known_keys() -> frozenset[str]:
    """Every dotted key of `.github/otto.yml`."""
    from scripts.docs_pages.settings import keys

    return frozenset(keys())


def unknown_tests(page: Page) -> Iterator[str]:
    """Tests that are named and do not exist."""
    for line, span in page.spans:
        for name in (one for found in TEST.findall(span) for one in found if one):
            if name not in known_tests():
                yield f"{page.name}:{line}: there is no {name}"


@cache
def known_tests() -> frozenset[str]:
    """Files and functions of tests; those of shipped scenarios, too."""
    files = [*ROOT.glob("tests/**/*.py"), *ROOT.glob("otto_bot/**/test_*.py")]
    named = {file.name for file in files}
    for file in files:
        named |= set(re.findall(r"^\s*(?:async )?def (test_\w+)", file.read_text(encoding="utf-8"), re.MULTILINE))
    return frozenset(named)


def wrong_commands(page: Page) -> Iterator[str]:
    """Lines of shell examples whose command or `make` target does not exist, or does not take these words."""
    for line, language, text in page.fences:
        if language not in ("", "sh", "bash", "shell", "console"):
            continue
        typed = "\n".join(re.findall(r"^[$>] (.*)", text, re.MULTILINE)) if language == "console" else text
        for words in _calls(typed):
            problem = _wrong_call(words)
            if problem:
                yield f"{page.name}:{line}: `{shlex.join(words)}`: {problem}"
    for line, span in page.spans:
        if re.match(r"(?:\.venv/bin/)?otto-bot [a-z]", span) and (problem := _wrong_name(span)):
            yield f"{page.name}:{line}: `{span}`: {problem}"


def _calls(text: str) -> Iterator[list[str]]:
    """The calls of our program and of make in a script, without variables before, comments, and what is piped to."""
    for line in text.replace("\\\n", " ").splitlines():
        with contextlib.suppress(ValueError):
            words = shlex.split(line, comments=True)
            words = [word for word in words if not word.startswith("2>")]
            while words and re.fullmatch(r"[A-Z_]+=.*", words[0]):
                words.pop(0)
            for stop in ("|", ">", ">>", "&&", ";", "2>", "&"):
                words = words[: words.index(stop)] if stop in words else words
            if words and (words[0] == "make" or words[0].endswith("otto-bot")):
                yield words


def _wrong_call(words: list[str]) -> str:
    if words[0] == "make":
        targets = [one for one in words[1:] if "=" not in one and not one.startswith("-")]
        return ", ".join(f"there is no target {one}" for one in targets if one not in make_targets())
    if words[1:2] == ["…"] or len(words) == 1:
        return ""
    parser, rest = (commands.playground(), words[2:]) if words[1] == "demo" else (commands.program(), words[1:])
    said = io.StringIO()
    try:
        with contextlib.redirect_stderr(said), contextlib.redirect_stdout(said):
            parser.parse_args(rest)
    except SystemExit as ended:
        return "" if ended.code == 0 else said.getvalue().strip().rpartition("\n")[2]
    except argparse.ArgumentError as error:
        return str(error)
    return ""


def _wrong_name(span: str) -> str:
    """What is wrong with a command in a sentence, where words for people may stand in the place of values."""
    words = span.split()[1:]
    known = commands.parsers()
    name = next((" ".join(words[:n]) for n in (2, 1) if " ".join(words[:n]) in known), None)
    if name is None:
        groups = {one.split()[0] for one in known}
        return "" if words[0] in groups and words[1:2] in ([], ["…"]) else "there is no such command"
    options = {one for action in known[name][0]._actions for one in action.option_strings}
    named = re.findall(r"(?<![\w-])--[a-z][\w-]*", span)
    return ", ".join(f"it has no {one}" for one in named if one not in options)


@cache
def make_targets() -> frozenset[str]:
    """What `make` can be asked for."""
    return frozenset(re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))


def wrong_examples(page: Page) -> Iterator[str]:
    """Code blocks that are no Python, JSON or YAML, and settings of a repository that Otto would refuse."""
    for line, language, text in page.fences:
        try:
            if language == "python":
                ast.parse(text)
            elif language == "json":
                json.loads(text)
            elif language in ("yaml", "yml"):
                data = yaml.safe_load(text)
                _check_config(None if page.name in OF_SCENARIOS else data)
        except (SyntaxError, ValueError, yaml.YAMLError) as error:
            yield f"{page.name}:{line}: {' '.join(str(error).split())}"
    for line, span in page.spans:
        if _SETTING_SPAN.match(span) and "…" not in span and page.name not in OF_SCENARIOS:
            try:
                _check_config(yaml.safe_load(span))
            except (ConfigError, yaml.YAMLError) as error:
                yield f"{page.name}:{line}: `{span}`: {' '.join(str(error).split())}"


def _check_config(data: object) -> None:
    """Raises ConfigError where something looks like settings of a repository and cannot be used as such."""
    if isinstance(data, dict) and data and set(data) <= set(Config.model_fields):
        read_config(data, HostCaps(accept_exposure=True))


OF_SCENARIOS = frozenset({"docs/scenarios.md", "docs/bench-scenarios.md"})
"""Pages about files of other forms, some of whose keys are called like settings."""
_SETTING_SPAN = re.compile(rf"(?:{'|'.join(Config.model_fields)}): (?:\{{|true\b|false\b)")
ROOMS = ("text", "core", "jobs", "intake", "engine", "store", "git", "github", "web", "keeping", "model")
QUOTE = re.compile(r'"([^"]{4,300})"')
_WORD = re.compile(r"[a-z']+")


@cache
def spoken() -> str:
    """All that the code can say, as words; literals are apart from each other."""
    said: list[str] = []
    files = [file for room in ROOMS for file in ROOT.glob(f"otto_bot/{room}/**/*.py")] + [*ROOT.glob("otto_bot/*.py")]
    for file in files:
        said += [_plain(text) for text in strings(ast.parse(file.read_text(encoding="utf-8"))) if " " in text]
    return f" {' | '.join(said)} "


def _plain(text: str) -> str:
    """Small letters and single spaces; what is filled in is a mark of its own."""
    return " ".join(_WORD.findall(text.lower().replace("\0", " ")))


def unspoken(entries: Mapping[str, str]) -> Iterator[str]:
    """Quotes in the `You see` lines of entries of which no literal of the code has most words in a row."""
    for name, text in entries.items():
        seen = re.search(r"^\*\*You see:\*\* (.*?)(?=\n\n|\Z)", text, re.MULTILINE | re.DOTALL)
        for quote in QUOTE.findall(" ".join(seen.group(1).split()) if seen else ""):
            if not _spoken(quote):
                yield f"{name}: nothing in the code says {quote!r}"


def _spoken(quote: str) -> bool:
    """Names and numbers are filled in at run time, and sentences put together: two thirds of the words, or each part
    between what is filled in, must stand somewhere as they are."""
    return _said(quote, 2 / 3) or all(_said(part, 1) for part in re.split(r"[:…]|`[^`]*`", quote) if _plain(part))


def _said(text: str, share: float) -> bool:
    words = _plain(text).split()
    least = max(1, math.ceil(len(words) * share))
    return any(f" {' '.join(words[at : at + least])} " in spoken() for at in range(len(words) - least + 1))
