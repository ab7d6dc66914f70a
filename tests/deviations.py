"""Where the playground's GitHub, or Otto, knowingly differs from GitHub's description, and why: one small table."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Deviation:
    """`place` is a regular expression on the JSON pointer of what does not fit; `what` is request, answer, delivery.

    `like` names the operation by which one is held that is not described at all.
    """

    what: str
    operation: str
    place: str
    why: str
    like: str = ""

    def covers(self, what: str, operation: str, problem: str) -> bool:
        """Whether a problem, `POINTER: words`, is this one."""
        return (what, operation) == (self.what, self.operation) and re.match(self.place, problem) is not None


DEVIATIONS = (
    Deviation(
        "path", "GET /repositories/{id}", "",
        "Not described. GitHub itself redirects there when a repository was renamed; only the number lasts.",
        like="/repos/{owner}/{repo}",
    ),
    Deviation(
        "answer", "GET /app/installations 200", r"/\d+/account: ",
        "Described as a user and an enterprise at once (`anyOf` below `allOf`): nothing can be both.",
    ),
)  # fmt: skip


def undescribed(method: str, path: str, known: Sequence[Deviation] = DEVIATIONS) -> Deviation | None:
    """The deviation by which a request is held that GitHub does not describe."""
    for one in known:
        if one.what == "path" and re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", one.operation), f"{method} {path}"):
            return one
    return None
