"""A browser of the tests: follows redirects, keeps cookies, finds the form of a page and sends it."""

from __future__ import annotations

from contextlib import AbstractContextManager
from html.parser import HTMLParser

import httpx

LIKE_A_BROWSER = {"accept": "text/html", "sec-fetch-dest": "document"}


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.action: str | None = None
        self.fields: dict[str, str] = {}
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.action = given.get("action", "")
        elif tag in ("input", "button") and given.get("name"):
            self.fields[given["name"]] = given.get("value", "")
        elif tag == "a" and given.get("href"):
            self.links.append(given["href"])


def form_of(html: str) -> tuple[str, dict[str, str]]:
    """Where the page's one form goes, and what it carries."""
    found = _Forms()
    found.feed(html)
    assert found.action is not None, html
    return found.action, found.fields


def links_of(html: str) -> list[str]:
    """Where the page's links lead."""
    found = _Forms()
    found.feed(html)
    return found.links


class Browser(AbstractContextManager["Browser"]):
    """One person's browser."""

    def __exit__(self, *_: object) -> None:
        self.http.close()

    def __init__(self) -> None:
        self.http = httpx.Client(follow_redirects=True, trust_env=False, headers=LIKE_A_BROWSER, timeout=60)

    def open(self, url: str) -> httpx.Response:
        """A page."""
        return self.http.get(url)

    def press(self, page: httpx.Response, **changed: str) -> httpx.Response:
        """The button of the page's form."""
        action, fields = form_of(page.text)
        url = str(page.url.join(action)) if action else str(page.url)
        return self.http.post(url, data={**fields, **changed})


def address_of(line: str) -> str:
    """The address in something that was printed."""
    return next(word for word in line.split() if word.startswith("http://127.0.0.1"))
