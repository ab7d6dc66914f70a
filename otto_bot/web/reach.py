"""Where pages are served, and to whom: what a host has set, and what cannot be. It loads nothing of the pages."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Literal, NamedTuple
from urllib.parse import urlsplit

from pydantic import SecretStr

from otto_bot.github.host_checks import API_VERSION

Asked = Literal["auto", "login", "local", "off"]
Mode = Literal["login", "local", "off"]
NO_SECRET = SecretStr("")
SHORTEST_SECRET = 16
"""Keys are derived from the client secret: what is shorter is none of GitHub's, and could be guessed."""


class Reach(NamedTuple):
    """What decides about pages. `public_url` is where people reach them, without a slash at its end."""

    asked: Asked = "auto"
    bound: str = "127.0.0.1"
    public_url: str = ""
    client_id: str = ""
    client_secret: SecretStr = NO_SECRET
    api_url: str = "https://api.github.com"
    web_url: str = "https://github.com"
    api_version: str | None = API_VERSION

    @property
    def mode(self) -> Mode:
        """`login`: whoever looks has logged in. `local`: whoever sits at the machine. `off`: there are no pages."""
        if self.asked == "auto":
            return "login" if self.client_id else "local"
        return self.asked

    @property
    def can_log_in(self) -> bool:
        """Whether the App's client is set, so that people can."""
        return bool(self.client_id and self.client_secret.get_secret_value()) and self.mode != "off"


def loopback(name: str) -> bool:
    """Whether a host's name or address, without a port, is this machine for itself alone."""
    if name.lower() == "localhost":
        return True
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return False


def unreachable(reach: Reach) -> list[str]:
    """What keeps a host from starting: each sentence names the variable and what to do."""
    problems = _half_a_client(reach)
    problem = _public(reach.public_url)
    if problem:
        problems.append(f"OTTO_PUBLIC_URL: {problem}")
    elsewhere = not loopback(reach.bound)
    if reach.mode == "local" and elsewhere:
        problems.append(
            f"OTTO_HOST={reach.bound} would show pages to whoever reaches it: set OTTO_CLIENT_ID, OTTO_CLIENT_SECRET "
            "and OTTO_PUBLIC_URL so that people log in with GitHub, or OTTO_PAGES=off, or leave OTTO_HOST at 127.0.0.1"
        )
    if reach.mode == "login" and not reach.client_id:
        problems.append("OTTO_PAGES=login needs OTTO_CLIENT_ID and OTTO_CLIENT_SECRET, from the App's settings")
    if reach.mode == "login" and elsewhere and not reach.public_url:
        problems.append(
            f"OTTO_PUBLIC_URL is missing: with OTTO_HOST={reach.bound} GitHub must know where to send people back to, "
            "such as https://otto.example.org"
        )
    return problems


def _half_a_client(reach: Reach) -> list[str]:
    secret = reach.client_secret.get_secret_value()
    if reach.client_id and not secret:
        return ["OTTO_CLIENT_SECRET (or OTTO_CLIENT_SECRET_FILE) is missing: OTTO_CLIENT_ID alone logs nobody in"]
    if secret and not reach.client_id:
        return ["OTTO_CLIENT_ID is missing: OTTO_CLIENT_SECRET alone logs nobody in"]
    if secret and len(secret) < SHORTEST_SECRET:
        return [f"OTTO_CLIENT_SECRET has fewer than {SHORTEST_SECRET} characters: give the one that GitHub generated"]
    return []


def _public(url: str) -> str:
    """What is wrong with the address, or nothing."""
    bad = "must look like https://otto.example.org, without a path"
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return bad if url else ""
    if not url:
        return ""
    odd = "@" in parts.netloc or parts.path.strip("/") or parts.query or parts.fragment or port == 0
    if parts.scheme not in ("http", "https") or not parts.hostname or odd or not url.isprintable() or " " in url:
        return bad
    if parts.scheme == "http" and not loopback(parts.hostname):
        return "must begin with https://: over plain http anyone on the way could take a login"
    return ""
