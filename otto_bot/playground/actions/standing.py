"""What owners and administrators have set around Actions: payments, policies, approvals, environments."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from otto_bot.playground.actions.values import text_of

_FULL_SHA = re.compile(r"@[0-9a-f]{40}$")


@dataclass(frozen=True, slots=True)
class Standing:
    """How it stands; people change it while the stand-in runs, and that is a new record."""

    enabled: bool = True
    """`false`: Actions are disabled for the repository. Nothing starts, and nothing can be started."""
    paid: bool = True
    """`false`: the account's payments have failed. Jobs end before they begin."""
    sha_pinning: bool = False
    """Actions must be pinned to a full-length commit SHA; what uses another one does not start."""
    approve_runs: bool = False
    """Runs for pull requests that an App pushed to wait until a maintainer approves them."""
    environments: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Environments with required reviewers, by name: who may approve."""

    def refusal(self, document: Mapping[str, Any], repository: str) -> str | None:
        """Why a workflow may not start at all, in the words of the web page; None = it may."""
        loose = [uses for uses in uses_in(document) if not _FULL_SHA.search(uses)] if self.sha_pinning else []
        if not loose:
            return None
        one = len(loose) == 1
        what = f"The action {loose[0]} is" if one else f"The actions {', '.join(loose)} are"
        return f"{what} not allowed in {repository} because all actions must be pinned to a full-length commit SHA."

    def reviewers(self, job: Mapping[str, Any]) -> tuple[str, tuple[str, ...]]:
        """The environment that a job names and who must approve it; nobody where it is not protected."""
        named = job.get("environment")
        name = text_of(named.get("name")) if isinstance(named, dict) else text_of(named) if named else ""
        return name, self.environments.get(name, ())


def uses_in(document: Mapping[str, Any]) -> tuple[str, ...]:
    """Every action and reusable workflow of others that a workflow file names, in order."""
    jobs = document.get("jobs")
    found: list[str] = []
    for job in jobs.values() if isinstance(jobs, dict) else ():
        if not isinstance(job, dict):
            continue
        steps = job.get("steps")
        rows = [job, *(steps if isinstance(steps, list) else [])]
        found += [text_of(row["uses"]) for row in rows if isinstance(row, dict) and row.get("uses")]
    return tuple(dict.fromkeys(one for one in found if not one.startswith(("./", "docker://"))))
