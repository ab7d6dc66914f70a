"""`otto-bot init`: writes the two files into a repository on this machine, and says what it saw."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from pathlib import Path
from typing import NamedTuple

from otto_bot.core.lanes import Workflow
from otto_bot.core.onboard_facts import facts_of
from otto_bot.core.onboard_tree import texts_wanted
from otto_bot.core.onboarding import CONFIG_PATH, Facts, repository_file, verify_workflow
from otto_bot.github.models import WorkflowFile
from otto_bot.github.safe_yaml import MAX_BYTES
from otto_bot.jobs.workflow_files import MOST_FILES, WORKFLOWS, parsed
from otto_bot.onboard.local_tree import NoWorkTree, default_branch, linked, listed, small_text, work_tree
from otto_bot.text import init as words

MOST_TEXTS = 200
DONE, LEFT, NOTHING = 0, 1, 2


class Wish(NamedTuple):
    """What the command line asked for."""

    folder: Path
    force: bool = False
    dry_run: bool = False
    only_print: bool = False


def init(wish: Wish) -> int:
    """The exit code: 0 both files are as they would be written, 1 something was left, 2 nothing could be done."""
    try:
        root = work_tree(wish.folder)
        facts = seen(root)
    except NoWorkTree as error:
        return _no(str(error))
    files = {facts.path: verify_workflow(facts), CONFIG_PATH: repository_file(facts)}
    if wish.only_print:
        for path, text in files.items():
            _say(words.file(path, text))
        return DONE
    _say(words.saw(str(root), facts))
    for path in files:
        if stands := linked(root, path):
            return _no(words.LINK.format(path=stands))
    return _write(root, files, wish)


def seen(root: Path) -> Facts:
    """What the files of a work tree tell. Raises NoWorkTree."""
    paths = listed(root)
    branch = default_branch(root)
    texts = {path: text for path in texts_wanted(paths, MOST_TEXTS) if (text := small_text(root, path)) is not None}
    return facts_of(paths, texts, _workflows(root, paths), default_branch=branch)


def _workflows(root: Path, paths: list[str]) -> list[Workflow]:
    found = []
    for path in paths:
        if path.startswith(f"{WORKFLOWS}/") and path.count("/") == 2 and path.endswith((".yml", ".yaml")):
            text = small_text(root, path, MAX_BYTES)
            problem = "" if text is not None else "it is a link, binary, or too large"
            found.append(WorkflowFile(path=path, text=text or "", digest="", problem=problem))
    return asyncio.run(parsed(found[:MOST_FILES]))


def _write(root: Path, files: dict[str, str], wish: Wish) -> int:
    left = False
    for path, text in files.items():
        there = os.path.lexists(root / path)
        same = there and small_text(root, path) == text
        if same:
            _say(words.SAME.format(path=path))
        elif there and not wish.force:
            left = True
            _say(words.LEFT.format(path=path))
        elif wish.dry_run:
            _say(words.WOULD.format(path=path))
        else:
            try:
                put(root, path, text)
            except OSError as error:
                return _no(words.NOT_WRITTEN.format(path=path, why=error.strerror or error))
            _say(words.WROTE.format(path=path))
    _say(words.next_steps(dry=wish.dry_run))
    return LEFT if left else DONE


def put(root: Path, path: str, text: str) -> None:
    """Write a file whole or not at all, through no link. Raises OSError."""
    target = root / path
    target.parent.mkdir(parents=True, exist_ok=True)
    if stands := linked(root, path):
        raise OSError(f"{stands} is a link")
    beside = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        with beside.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
        beside.replace(target)
    finally:
        with contextlib.suppress(FileNotFoundError):
            beside.unlink()


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201


def _no(text: str) -> int:
    print(f"otto-bot: {text}", file=sys.stderr)  # noqa: T201
    return NOTHING
