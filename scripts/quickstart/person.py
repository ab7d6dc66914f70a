"""Inside of the clean root: a person with a browser, by the lines that the page has for what they do."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from browsing import Browser, links_of

ORIGIN = Path("/mnt/otto")
PAGE = "← In a browser: open this page and press *Go to GitHub and create the App*."
CREATE = "← On GitHub's page: press *Create GitHub App*."
INSTALL = "← Follow the link, and press *Install*."
LABEL = "→ On the issue's page: put the label `otto` on."
RELEASE = "→ Some weeks later there is a new version."
CUES = {PAGE: "Waiting for the App", INSTALL: "Looking whether it is installed"}
"""The line that each waits for, by its beginning; others begin at once."""
ADDRESSES = {PAGE: r"http://127\.0\.0\.1:\d+/\S+", INSTALL: r"http://127\.0\.0\.1:\d+/\S*/installations/new"}
"""The printed address that each goes to."""
NEXT = "9.0.0"
ISSUE = "http://127.0.0.1:8300/octo/single-task/issues/1"


class Person:
    """Has one browser, and remembers what it shows."""

    def __init__(self) -> None:
        self.browser = Browser()
        self.shown: Any = None

    def page(self, address: str) -> None:
        """The page of `otto-bot setup`, and its button."""
        self.shown = self.browser.press(self.browser.open(address))

    def create(self, _: str) -> None:
        """GitHub sends the browser back to the page."""
        self.shown = self.browser.press(self.shown)
        assert "is registered" in self.shown.text, self.shown.text

    def install(self, address: str) -> None:
        """The page has the same link as the terminal."""
        assert address in links_of(self.shown.text)
        self.browser.press(self.browser.open(address))
        self.browser.open(str(self.shown.url))

    def label(self, _: str) -> None:
        """The stand-in's page has a button for it."""
        self.browser.press(self.browser.open(ISSUE))

    def release(self, _: str) -> None:
        """What the page's note says: the same files under another number."""
        author = ("-c", "user.name=Otto", "-c", "user.email=otto@example.org")
        for command in (
            [sys.executable, "scripts/release.py", "begin", NEXT],
            ["git", *author, "commit", "--quiet", "--all", "--message", f"Release {NEXT}"],
        ):
            subprocess.run(command, cwd=ORIGIN, check=True, stdout=subprocess.DEVNULL)


ACTS: dict[str, Callable[[Person, str], None]] = {
    PAGE: Person.page, CREATE: Person.create, INSTALL: Person.install, LABEL: Person.label, RELEASE: Person.release,
}  # fmt: skip
