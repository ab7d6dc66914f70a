"""What GitHub takes as an App's manifest, and the words with which it refuses one."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

from pydantic import TypeAdapter, ValidationError

LONGEST_NAME = 34
LOOPBACK = ("127.0.0.1", "localhost", "::1")
KNOWN = frozenset({
    "actions", "administration", "attestations", "checks", "codespaces", "contents", "dependabot_secrets",
    "deployments", "environments", "issues", "merge_queues", "metadata", "packages", "pages", "pull_requests",
    "repository_hooks", "repository_projects", "secret_scanning_alerts", "secrets", "security_events", "single_file",
    "statuses", "vulnerability_alerts", "workflows", "members", "organization_administration",
})  # fmt: skip
NEEDED = {
    "issues": ("issues",), "issue_comment": ("issues", "pull_requests"), "label": ("metadata",),
    "pull_request": ("pull_requests",), "pull_request_review": ("pull_requests",),
    "pull_request_review_comment": ("pull_requests",), "pull_request_review_thread": ("pull_requests",),
    "push": ("contents",), "workflow_run": ("actions",), "workflow_job": ("actions",), "check_run": ("checks",),
    "check_suite": ("checks",), "status": ("statuses",), "repository": ("metadata",), "merge_group": ("merge_queues",),
}  # fmt: skip
"""Event → a permission that it needs one of."""


class RefusedError(ValueError):
    """GitHub shows this and registers nothing."""


def slug_of(name: str) -> str:
    """The part of an App's address that is made of its name."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:LONGEST_NAME]


@dataclass(frozen=True)
class Asked:
    """A manifest that GitHub accepts."""

    name: str
    url: str
    redirect_url: str
    permissions: dict[str, Any]
    events: list[str]
    callback_urls: list[str]
    webhook_url: str | None = None
    description: str = ""

    @classmethod
    def read(cls, text: str) -> Asked:
        """From the form's field. Raises RefusedError."""
        try:
            data: dict[str, Any] = TypeAdapter(dict[str, Any]).validate_json(text)
        except ValidationError as error:
            raise RefusedError("The configuration does not appear to be a valid GitHub App manifest.") from error
        for name in ("url", "redirect_url"):
            if urlsplit(str(data.get(name, ""))).scheme not in ("http", "https"):
                raise RefusedError(f'Error: "{name}" wasn\'t supplied.')
        permissions, events = data.get("default_permissions") or {}, data.get("default_events") or []
        _check_permissions(permissions, events)
        return cls(
            str(data.get("name") or ""), data["url"], data["redirect_url"], permissions, list(events),
            [str(one) for one in data.get("callback_urls") or []][:10], _hook(data), str(data.get("description") or ""),
        )  # fmt: skip

    def called(self, name: str) -> Asked:
        """With the name that the person left or wrote. Raises RefusedError."""
        if not slug_of(name) or len(name) > LONGEST_NAME:
            raise RefusedError(f"Name is too long (maximum is {LONGEST_NAME} characters) or empty")
        return replace(self, name=name)


def _check_permissions(permissions: Any, events: Any) -> None:
    if not isinstance(permissions, dict) or not isinstance(events, list):
        raise RefusedError("The configuration does not appear to be a valid GitHub App manifest.")
    odd = sorted(name for name, level in permissions.items() if name not in KNOWN or level not in ("read", "write"))
    if odd:
        raise RefusedError(f"Default permission records resource is not included in the list: {', '.join(odd)}")
    unknown = sorted(str(event) for event in events if event not in NEEDED)
    if unknown:
        raise RefusedError(f"Default events unsupported: {', '.join(unknown)}")
    has = {"metadata", *permissions}
    bare = sorted(event for event in events if not has & set(NEEDED[event]))
    if bare:
        raise RefusedError(f"Default events are not supported by permissions: {', '.join(bare)}")


def _hook(data: dict[str, Any]) -> str | None:
    """Where webhooks go; None without `hook_attributes`, or with a hook that is switched off."""
    if "hook_attributes" not in data:
        return None
    hook = data["hook_attributes"]
    url = str(hook.get("url", "")) if isinstance(hook, dict) else ""
    if not url:
        raise RefusedError('Error: "url" wasn\'t supplied.')
    if urlsplit(url).hostname in LOOPBACK:
        raise RefusedError("Hook url is not supported because it isn't reachable over the public Internet")
    return url if hook.get("active", True) else None
