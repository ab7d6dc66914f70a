"""Credentials for one exact remote URL, carried in the environment only."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass, field
from urllib.parse import quote, urlsplit

REDACTED = "[redacted]"
_USER = "x-access-token"
_HOST = re.compile(r"(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?")
_NAME = re.compile(r"[A-Za-z0-9._][A-Za-z0-9._-]*")
"""Of an owner or a repository: GitHub allows no other letters."""


@dataclass(frozen=True)
class Credential:
    """A token for one remote. `config` is git configuration for the environment, never for argv or a file."""

    url: str
    token: str = field(repr=False)

    @property
    def config(self) -> tuple[tuple[str, str], ...]:
        return ((f"http.{self.url}.extraheader", f"Authorization: Basic {self._basic}"),)

    def redact(self, text: str) -> str:
        """`text` without the token, however it is written (raw, quoted, base64, Basic)."""
        for form in (self._basic, base64.b64encode(self.token.encode()).decode(), self.token, quote(self.token)):
            text = text.replace(form, REDACTED)
        return text

    @property
    def _basic(self) -> str:
        return base64.b64encode(f"{_USER}:{self.token}".encode()).decode()


def checked_remote(url: str) -> str:
    """`url` if git may be given it and a credential can be bound to it; ValueError says what is wrong.

    The form must be exact: git compares the key of an `extraheader` with the URL by whole path parts, so
    `…/repo` does not match `…/repo.git`, and the token would silently not be sent. It must also be plain: what a
    server or git decodes, resolves or takes for another letter could lead to another repository than the one meant.
    """
    # First, and in the text itself: taking a URL to pieces drops line ends and tabs, and git would be given them.
    if not url.isascii() or any(ord(char) <= 0x20 or ord(char) == 0x7F for char in url):
        raise ValueError(f"a git remote must have neither spaces nor letters that only look plain: {url!a}")
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 - looked at for its ValueError
    except ValueError:
        raise ValueError("a git remote must be a URL that can be read") from None
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("a git remote must be an http(s) URL with a host")
    if parts.username is not None or parts.password is not None:
        raise ValueError("a git remote must not carry a user or token; credentials go into the environment")
    if "?" in url or "#" in url or not parts.path.endswith(".git"):
        raise ValueError(f"a git remote must end in .git, without query or fragment: {url!r}")
    if not _HOST.fullmatch(parts.netloc):
        raise ValueError(f"a git remote must name its host in plain letters: {url!r}")
    if not all(_NAME.fullmatch(name) and name.strip(".") for name in parts.path[1:].split("/")):
        raise ValueError(f"a git remote must have a path of plain names, without '%', '..' or a leading '-': {url!r}")
    return url
