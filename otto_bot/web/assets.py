"""Files that pages refer to, under addresses that name their content: they never change, so browsers keep them."""

from __future__ import annotations

import hashlib
import re
from importlib.resources import files
from importlib.resources.abc import Traversable

TYPES = {"js": "text/javascript; charset=utf-8", "css": "text/css; charset=utf-8", "svg": "image/svg+xml"}
_USED = re.compile(r"""\basset\(\s*["']([^"']+)["']\s*\)""")


class MissingAsset(RuntimeError):
    """A template refers to a file that is not there: the installation is broken, and nothing starts."""


class Assets:
    """Every file of a folder. Raises MissingAsset where a template needs one that is not there."""

    def __init__(self, static: Traversable, templates: Traversable) -> None:
        self._urls: dict[str, str] = {}
        self._bodies: dict[str, tuple[bytes, str]] = {}
        for file in sorted(static.iterdir(), key=lambda one: one.name):
            stem, _, ending = file.name.rpartition(".")
            if stem and ending in TYPES:
                body = file.read_bytes()
                name = f"{stem}.{hashlib.sha256(body).hexdigest()[:16]}.{ending}"
                self._urls[file.name] = f"/static/{name}"
                self._bodies[name] = (body, TYPES[ending])
        for template in templates.iterdir():
            for used in _USED.findall(template.read_text("utf-8")):
                self.url(used, template.name)

    def url(self, name: str, where: str = "a page") -> str:
        """The address of a file."""
        found = self._urls.get(name)
        if found is None:
            raise MissingAsset(f"{where} needs static/{name}, which is not there: install Otto anew")
        return found

    def body(self, name: str) -> tuple[bytes, str] | None:
        """What is served under the last part of an address, and its type."""
        return self._bodies.get(name)


def shipped() -> Assets:
    """The files of the package."""
    here = files("otto_bot.web")
    return Assets(here.joinpath("static"), here.joinpath("templates"))
