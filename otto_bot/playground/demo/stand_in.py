"""The stand-in for GitHub as the demo drives it: its config file, its control calls, what reports read from it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx

from otto_bot.playground.demo.secrets import Secrets
from otto_bot.playground.scenario import Scenario

Json = dict[str, Any]
APP_ID = 4242
CLIENT_ID = f"Iv23li{APP_ID:014d}"
PERMISSIONS = {
    "metadata": "read", "contents": "write", "issues": "write", "pull_requests": "write", "checks": "write",
    "actions": "write", "statuses": "read",
}  # fmt: skip
EVENTS = [
    "issues", "issue_comment", "pull_request", "pull_request_review", "pull_request_review_comment", "push",
    "workflow_run", "check_run", "status", "repository",
]  # fmt: skip
LABEL = "otto"


def write_config(
    path: Path, scenario: Scenario, repo: Path, secrets: Secrets, cage: str, more: Mapping[str, Any] | None = None
) -> None:
    """Writes the stand-in's config for a scenario, with `repo` as the default branch's files and `more` keys."""
    github, issue = scenario.script.github, scenario.script.issue
    people = {user.login: user.permission for user in github.users}
    roles = {user.login: user.role for user in github.users}
    people.setdefault(github.maintainer, "admin")
    people.setdefault(issue.author, "read")
    config = {
        "state_dir": str(path.parent / "github"),
        "app": {
            "id": APP_ID, "slug": "otto", "name": "Otto", "public_key_pem": secrets.public_key_pem,
            "webhook_secret": secrets.webhook_secret, "client_secret": secrets.client_secret,
            "permissions": PERMISSIONS, "events": EVENTS,
            "accepted": granted(github.permissions) if github.permissions else None,
        },
        "owner": github.owner,
        "repo": github.name or scenario.name,
        "private": github.private,
        "default_branch": github.default_branch,
        "repo_source_dir": str(repo),
        "seed_subjects": github.seed_subjects,
        "users": [
            {"login": login, "permission": permission, "role": roles.get(login, "")}
            for login, permission in people.items()
        ],
        "maintainer": github.maintainer,
        "issue": {"title": issue.title, "body": issue.body, "author": issue.author},
        "people": [reaction.model_dump(mode="json", by_alias=True, exclude_none=True) for reaction in scenario.people],
        "faults": [fault.model_dump(mode="json", by_alias=True, exclude_none=True) for fault in scenario.faults],
        "rules": [rule.model_dump(mode="json") for rule in github.rules],
        "branches": github.branches,
        "other_apps": [app.model_dump(mode="json") for app in github.other_apps],
        "submodules": github.submodules,
        "refuse_drafts": github.refuse_drafts,
        "lazy_mergeable": github.lazy_mergeable,
        "enterprise": github.enterprise,
        "limits": github.limits.model_dump(mode="json"),
        "control_token": secrets.control_token,
        "actions": {"cage": cage, **github.actions},
        **(more or {}),
    }  # fmt: skip
    path.write_text(json.dumps(config, indent=1), encoding="utf-8")


def granted(less: Mapping[str, str]) -> dict[str, str]:
    """What the installation was granted: all that the App asks for, but where an owner has not accepted it."""
    return {name: level for name, level in {**PERMISSIONS, **less}.items() if level != "none"}


class StandIn:
    """The control calls of a running stand-in. Every call raises httpx.HTTPError when it is refused."""

    def __init__(self, url: str, token: str, http: httpx.AsyncClient) -> None:
        self.url = url
        self._headers = {"x-playground-token": token}
        self._http = http

    async def point_webhook(self, url: str | None) -> None:
        """Where webhooks go from now on; None stops them."""
        await self._post("webhook_url", {"url": url})

    async def do(self, action: Json) -> None:
        """A person does something, in the form of a reaction's `do`; returns when it is done."""
        await self._post("do", action)

    async def settle(self) -> None:
        """Returns when every webhook so far has been delivered."""
        await self._post("settle", {})

    async def state(self, *only: str) -> Json:
        """The state report, or only the named parts of it."""
        query = {"only": ",".join(only)} if only else {}
        answer = await self._http.get(f"{self.url}/_playground/state", params=query, headers=self._headers)
        answer.raise_for_status()
        data: Json = answer.json()
        return data

    async def log(self, job: int) -> str | None:
        """The stored log of a job; None where it has none."""
        answer = await self._http.get(f"{self.url}/_playground/log", params={"job": job}, headers=self._headers)
        if answer.status_code == httpx.codes.NOT_FOUND:
            return None
        answer.raise_for_status()
        return answer.content.decode("utf-8", "replace")

    async def _post(self, name: str, body: Json) -> None:
        answer = await self._http.post(f"{self.url}/_playground/{name}", json=body, headers=self._headers)
        answer.raise_for_status()
