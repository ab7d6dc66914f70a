"""Versions of GitHub's REST API: what a server speaks, what the newer version is without, an Enterprise Server's ways.

A server of GitHub speaks both versions, an Enterprise Server the older one alone. Who names no version is answered in
the older one. Of what version 2026-03-10 changed the stand-in plays what it has at all: `assignee`, `merge_commit_sha`
and `rate` are gone, a folder's submodules are called so, and a dispatch names its run unasked.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from otto_bot.playground.github.routing import ApiError

OLDER, NEWER = "2022-11-28", "2026-03-10"
REST = re.compile(r"^/(repos|repositories|app|users?|installation|applications|rate_limit|graphql)(/|$)")
CHANGED = re.compile(r"/(issues|pulls|rate_limit|pull_requests)(/|$)")
"""Paths whose answers hold what the newer version is without."""


def asked(headers: Mapping[str, str], enterprise: str) -> str:
    """The version of a request. Raises ApiError, in GitHub's words, for one that this server does not speak."""
    spoken = (OLDER,) if enterprise else (NEWER, OLDER)
    version = headers.get("x-github-api-version") or OLDER
    if version not in spoken:
        known = ", ".join(f'"{one}"' + (" (most recent)" if one == spoken[0] else "") for one in spoken)
        raise ApiError(
            400,
            f'Bad Request: The version you specified in the "X-GitHub-API-Version" request header, "{version}", is not '
            f"a supported version. The following versions are currently supported: {known}.",
        )
    return version


def told(body: Any, version: str, path: str) -> Any:
    """An answer's JSON as this version has it."""
    return _without(body) if version >= NEWER and CHANGED.search(path) else body


def _without(value: Any) -> Any:
    if isinstance(value, list):
        return [_without(item) for item in value]
    if not isinstance(value, dict):
        return value
    gone = {name for name, beside in (("assignee", "assignees"), ("rate", "resources")) if beside in value}
    gone |= {"merge_commit_sha"} if "head" in value else set()
    return {key: _without(part) for key, part in value.items() if key not in gone}
