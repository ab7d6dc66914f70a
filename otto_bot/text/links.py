"""Addresses of things on GitHub, every part quoted."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import quote

from otto_bot.text.editor_link import editor_link

_UPWARDS = re.compile(r"(?:^|[/\\])(?:\.|%2e){1,2}(?:[/\\?#]|$)|\\", re.IGNORECASE)
"""What a browser would leave the repository by."""
DOCS_URL = "https://github.com/otto-bot/otto/blob/main/docs"
"""Where these documents are read, unless the host has them elsewhere."""


@dataclass(frozen=True)
class Links:
    """Addresses within one repository. `web_url` is the host, `docs_url` the documents; no slash at the end.

    `was` is the `owner/name` that the repository had before, `run` the run whose own pages are led to (0: none).
    """

    web_url: str
    owner: str
    repo: str
    docs_url: str = DOCS_URL
    was: str = ""
    run: int = 0

    @property
    def home(self) -> str:
        """The repository."""
        return f"{self.web_url.rstrip('/')}/{_part(self.owner)}/{_part(self.repo)}"

    @property
    def rules(self) -> str:
        """What is demanded of branches."""
        return f"{self.home}/rules"

    def help(self, entry: str) -> str:
        """An entry of the page about what goes wrong."""
        return f"{self.docs_url.rstrip('/')}/troubleshooting.md#{_part(entry)}"

    def branch(self, name: str) -> str:
        """A branch's files."""
        return f"{self.home}/tree/{_path(name)}"

    def commit(self, sha: str) -> str:
        """One commit."""
        return f"{self.home}/commit/{_part(sha)}"

    def pull(self, number: int) -> str:
        """A pull request."""
        return f"{self.home}/pull/{number}"

    def issue(self, number: int) -> str:
        """An issue."""
        return f"{self.home}/issues/{number}"

    def comment(self, number: int, comment_id: int) -> str:
        """A comment of an issue or pull request."""
        return f"{self.home}/issues/{number}#issuecomment-{comment_id}"

    def checks(self, sha: str) -> str:
        """Every check of a commit."""
        return f"{self.home}/commit/{_part(sha)}/checks"

    def check(self, check_id: int) -> str:
        """One check run."""
        return f"{self.home}/runs/{check_id}"

    def workflow_run(self, run_id: int) -> str:
        """One run of a workflow."""
        return f"{self.home}/actions/runs/{run_id}"

    def job(self, run_id: int, job_id: int) -> str:
        """One job's log."""
        return f"{self.home}/actions/runs/{run_id}/job/{job_id}"

    def compare(self, base: str, head: str) -> str:
        """What a commit or branch changes since it parted from another one."""
        return f"{self.home}/compare/{_part(base)}...{_part(head)}"

    def file(self, ref: str, path: str, line: int | None = None, last: int | None = None) -> str:
        """A file at a commit or branch, at a line or a range of lines."""
        where = f"{self.home}/blob/{_path(ref)}/{_path(path)}"
        if line is None:
            return where
        return f"{where}#L{line}" + (f"-L{last}" if last is not None and last != line else "")

    def new_file(self, branch: str, path: str, content: str) -> str:
        """The page on which a person adds a file with one click; without the content where it would be too long."""
        return editor_link(self.web_url, f"{self.owner}/{self.repo}", branch, path, content)

    def ours(self, url: str) -> str:
        """The address if it lies within this repository, safe to stand in Markdown; else empty.

        What was noted under its former name is told under that of today.
        """
        before = f"{self.web_url.rstrip('/')}/{_path(self.was)}/" if self.was else ""
        if before and url.lower().startswith(before.lower()):
            url = f"{self.home}/{url[len(before) :]}"
        rest = url[len(self.home) :] if url.lower().startswith(self.home.lower()) else None
        if rest is None or rest[:1] not in ("", "/", "?", "#") or _UPWARDS.search(rest):
            return ""
        return quote(url, safe="/:?#&=%-._~+,;@!$")[:2000]


def _part(text: str) -> str:
    return quote(text, safe="")


def _path(text: str) -> str:
    return "/".join(_part(part) for part in text.split("/"))
