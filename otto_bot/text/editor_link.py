"""The address of GitHub's own editor, filled in, so that a person commits what Otto may not write."""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import quote, urlencode

from otto_bot.core.values import writable

MAX_URL = 7000
"""GitHub answers 414 to addresses of somewhat more than 8,000 bytes; what a proxy before it adds needs room."""


def editor_link(web_url: str, repo_full_name: str, branch: str, filename: str, value: str) -> str:
    """The page on which a person adds a file to a branch: its name and text filled in, nothing saved yet.

    `repo_full_name` is `owner/name`. Where the address would be longer than MAX_URL the text is left out; whoever
    shows the link shows the text beside it then: `editor` does that.
    """
    page = f"{_repository(web_url, repo_full_name)}/new/{_path(branch)}"
    name = writable(filename)
    bare = f"{page}?{urlencode({'filename': name})}"
    full = f"{bare}&{urlencode({'value': writable(value)})}" if value else bare
    return full if len(full) <= MAX_URL else bare


def edit_link(web_url: str, repo_full_name: str, branch: str, filename: str) -> str:
    """The page on which a person edits a file that is there. GitHub fills nothing in there."""
    return f"{_repository(web_url, repo_full_name)}/edit/{_path(branch)}/{_path(filename)}"


def _repository(web_url: str, repo_full_name: str) -> str:
    return f"{web_url.rstrip('/')}/{_path(repo_full_name)}"


def _path(text: str) -> str:
    return "/".join(quote(part, safe="") for part in writable(text).split("/"))


class Editor(NamedTuple):
    """A link to GitHub's editor, and the text that belongs beside it where the link cannot carry it (else empty)."""

    url: str
    beside: str = ""


def editor(
    web_url: str, repo_full_name: str, branch: str, filename: str, value: str, *, exists: bool = False
) -> Editor:
    """Where a person writes a file: a new one filled in where that fits; one that is there is edited by hand."""
    if exists:
        return Editor(edit_link(web_url, repo_full_name, branch, filename), value)
    url = editor_link(web_url, repo_full_name, branch, filename, value)
    return Editor(url, "" if "&value=" in url else value)
