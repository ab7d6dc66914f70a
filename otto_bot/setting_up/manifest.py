"""What GitHub is asked to register, and where: the App's manifest from `app.yml`, and GitHub's addresses. Pure."""

from __future__ import annotations

import re
from importlib import resources
from typing import Any
from urllib.parse import urlencode, urlsplit

import yaml
from pydantic import BaseModel, ConfigDict

HOME = "https://github.com/otto-bot/otto"
LOGIN = "/login/callback"
LOCAL_LOGIN = f"http://127.0.0.1{LOGIN}"
"""Of this machine GitHub does not compare the port."""
LONGEST_NAME = 34
PUBLIC = "https://github.com"
_ACCOUNT = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,38})")
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


class Where(BaseModel):
    """A GitHub: where people see it, and where its API is; neither ends in a slash."""

    model_config = ConfigDict(frozen=True)

    web: str
    api: str


def where(url: str) -> Where:
    """GitHub's addresses from the one that people use. Raises ValueError, in words.

    github.com, GitHub Enterprise Cloud with data residency (`SUBDOMAIN.ghe.com`), or a server of one's own.
    """
    try:
        parts = urlsplit(url.strip())
        host, port = parts.hostname or "", parts.port
    except ValueError:
        host, port, parts = "", None, urlsplit("")
    if not host or parts.scheme not in ("http", "https") or "@" in parts.netloc or parts.query or parts.fragment:
        raise ValueError("--github must look like https://github.com or https://github.example.com")
    if parts.path.strip("/"):
        raise ValueError("--github is the address of GitHub itself, without a path")
    if parts.scheme == "http" and host not in _LOOPBACK:
        raise ValueError("--github must be https: the App's private key comes from there")
    web = f"{parts.scheme}://{parts.netloc.lower()}"
    if port is None and host in ("github.com", "www.github.com", "api.github.com"):
        return Where(web=PUBLIC, api="https://api.github.com")
    if host.endswith(".ghe.com"):
        return Where(web=web, api=f"{parts.scheme}://api.{parts.netloc.lower()}")
    return Where(web=web, api=f"{web}/api/v3")


def checked_organization(name: str) -> str:
    """The login of an organisation. Raises ValueError."""
    if _ACCOUNT.fullmatch(name) is None:
        raise ValueError(f"--organization: {name!r} is no login of an organisation")
    return name


def checked_name(name: str) -> str:
    """What the App shall be called. Raises ValueError."""
    shown = " ".join(name.split())
    if not shown or len(shown) > LONGEST_NAME or not shown.isprintable():
        raise ValueError(f"--name: GitHub takes names of 1 to {LONGEST_NAME} characters")
    return shown


def checked_webhook(url: str) -> str:
    """Where webhooks shall go. Raises ValueError; GitHub itself refuses addresses of one's own machine."""
    try:
        parts = urlsplit(url.strip())
        host = parts.hostname or ""
    except ValueError:
        host, parts = "", urlsplit("")
    if parts.scheme != "https" or not host or "@" in parts.netloc or parts.fragment:
        raise ValueError("--webhook-url must look like https://otto.example.org/webhooks/github")
    if host in _LOOPBACK:
        raise ValueError("--webhook-url must be reachable by GitHub; leave it out, and Otto asks GitHub by itself")
    return url.strip() if parts.path.strip("/") else f"{url.strip().rstrip('/')}/webhooks/github"


def app_yml() -> dict[str, Any]:
    """The App as `app.yml` says: the one place that names permissions and events."""
    text = resources.files("otto_bot").joinpath("app.yml").read_text(encoding="utf-8")
    data: dict[str, Any] = yaml.safe_load(text)
    return data


def manifest(name: str, redirect_url: str, webhook_url: str = "") -> dict[str, Any]:
    """What is sent to GitHub. Without a webhook there is no `hook_attributes` at all: GitHub wants a `url` in it, and
    refuses one of the own machine."""
    app = app_yml()
    callbacks = [LOCAL_LOGIN]
    found: dict[str, Any] = {
        "name": name,
        "url": HOME,
        "description": app["description"],
        "public": app["public"],
        "redirect_url": redirect_url,
        "callback_urls": callbacks,
        "default_permissions": app["default_permissions"],
        "default_events": app["default_events"],
    }
    if webhook_url:
        parts = urlsplit(webhook_url)
        callbacks.append(f"{parts.scheme}://{parts.netloc}{LOGIN}")
        found["hook_attributes"] = {"url": webhook_url, "active": True}
    return found


def _settings_page(there: Where, organization: str) -> str:
    return f"{there.web}/organizations/{organization}/settings/apps" if organization else f"{there.web}/settings/apps"


def form_url(there: Where, organization: str, state: str) -> str:
    """Where the form with the manifest goes."""
    return f"{_settings_page(there, organization)}/new?{urlencode({'state': state})}"


def prefilled_url(there: Where, organization: str, name: str, webhook_url: str = "") -> str:
    """GitHub's own form with everything filled in, as a link: for those who register by hand."""
    app = app_yml()
    fields: list[tuple[str, str]] = [
        ("name", name), ("description", app["description"]), ("url", HOME), ("public", "false"),
        ("callback_urls[]", LOCAL_LOGIN), ("webhook_active", "true" if webhook_url else "false"),
    ]  # fmt: skip
    if webhook_url:
        fields.append(("webhook_url", webhook_url))
    fields += [(permission, level) for permission, level in app["default_permissions"].items()]
    fields += [("events[]", event) for event in app["default_events"]]
    return f"{_settings_page(there, organization)}/new?{urlencode(fields)}"
