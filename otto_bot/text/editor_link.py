"""The address of GitHub's own editor, filled in, so that a person commits what Otto may not write."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote, urlencode

from otto_bot.core.values import writable
from otto_bot.text.markdown import fence, fold, link

MAX_URL = 7000
"""GitHub answers 414 to addresses of somewhat more than 8,000 bytes; what a proxy before it adds needs room."""
MOST_SHOWN = 20_000
"""Characters of a text that stands beside its link."""


def editor_link(web_url: str, repo_full_name: str, branch: str, filename: str, value: str) -> str:
    """The page on which a person adds a file to a branch: its name and text filled in, nothing saved yet.

    `repo_full_name` is `owner/name`. Where the address would be longer than MAX_URL the text is left out; whoever
    shows the link shows the text beside it then: `editor` does that.
    """
    page = f"{_repository(web_url, repo_full_name)}/new/{_path(branch)}"
    name = writable(filename)
    full = f"{page}?{urlencode({'filename': name, 'value': writable(value)})}"
    return full if len(full) <= MAX_URL else f"{page}?{urlencode({'filename': name})}"


def edit_link(web_url: str, repo_full_name: str, branch: str, filename: str) -> str:
    """The page on which a person edits a file that is there. GitHub fills nothing in there."""
    return f"{_repository(web_url, repo_full_name)}/edit/{_path(branch)}/{_path(filename)}"


def editor_link_is_full(url: str) -> bool:
    """Whether an editor link carries the text of its file."""
    return "&value=" in url


def _repository(web_url: str, repo_full_name: str) -> str:
    return f"{web_url.rstrip('/')}/{_path(repo_full_name)}"


def _path(text: str) -> str:
    return "/".join(quote(part, safe="") for part in writable(text).split("/"))


@dataclass(frozen=True)
class Editor:
    """A link to GitHub's editor, and the text that belongs beside it where the link cannot carry it (else empty)."""

    url: str
    beside: str = ""

    def markdown(self, words: str) -> str:
        """The link, and where needed the text, folded."""
        shown = link(words, self.url)
        return f"{shown}\n\n{fold('Its text, to copy', fence(self.beside, MOST_SHOWN))}" if self.beside else shown


def editor(
    web_url: str, repo_full_name: str, branch: str, filename: str, value: str, *, exists: bool = False
) -> Editor:
    """Where a person writes a file: a new one filled in where that fits; one that is there is edited by hand."""
    if exists:
        return Editor(edit_link(web_url, repo_full_name, branch, filename), value)
    url = editor_link(web_url, repo_full_name, branch, filename, value)
    return Editor(url, "" if editor_link_is_full(url) else value)
