"""People who react: after each visible change the scripted reactions that match are carried out, in order."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from otto_bot.playground.github.changes.pulls import CannotMergeError
from otto_bot.playground.github.config import ReactionConfig
from otto_bot.playground.github.gitrepo import GitError
from otto_bot.playground.github.people import Hand
from otto_bot.playground.github.people_actions import CannotDoError
from otto_bot.playground.github.people_config import On, OnCheck, OnComment, OnPush
from otto_bot.playground.github.state import Json
from otto_bot.playground.github.world import Visible

if TYPE_CHECKING:
    from otto_bot.playground.github.hub import Hub

PULL_ACTIONS = {
    "opened": "opened", "ready": "ready_for_review", "draft": "converted_to_draft", "synchronize": "synchronize",
    "closed": "closed", "merged": "closed",
}  # fmt: skip


@dataclass
class Reactions:
    """The reactions of a scenario and how often each has matched."""

    hub: Hub
    rows: list[ReactionConfig]
    problems: list[str] = field(default_factory=list)
    done: list[Json] = field(default_factory=list)
    _counts: dict[int, int] = field(default_factory=dict)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    def hear(self, visible: Visible) -> None:
        """Starts every reaction that this change sets off."""
        for index, row in enumerate(self.rows):
            words = matches(self.hub, row.on, visible)
            if words is None:
                continue
            self._counts[index] = count = self._counts.get(index, 0) + 1
            due = count == row.on.nth if row.once else count >= row.on.nth
            if due:
                self._start(index, row, visible, words)

    def _start(self, index: int, row: ReactionConfig, visible: Visible, words: dict[str, str]) -> None:
        task = asyncio.get_running_loop().create_task(self._react(index, row, visible, words))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _react(self, index: int, row: ReactionConfig, visible: Visible, words: dict[str, str]) -> None:
        # The change that is being announced is finished first: a reaction is always a later event.
        await asyncio.sleep(row.after_ms / 1000)
        kind, _, tail = (visible.where or "").partition("/")
        number = int(tail) if kind in ("issue", "pull") else None
        for action in row.do if isinstance(row.do, list) else [row.do]:
            login = action.as_ or row.as_ or self.hub.world.config.maintainer
            try:
                await Hand(self.hub, login, number, words).do(action)
                self.done.append({"reaction": index, "kind": action.kind, "as": login, "after": visible.seq})
            except (CannotDoError, CannotMergeError, GitError) as error:
                self.problems.append(f"people[{index}] {action.kind}: {error}")


def matches(hub: Hub, on: On, visible: Visible) -> dict[str, str] | None:
    """The named groups of a match (often none), or None when the change is not what `on` waits for."""
    if on.comment is not None:
        return _comment(hub, on.comment, visible)
    checks = (
        (on.pull_request, lambda: _pull(on, visible)),
        (on.workflow_run, lambda: _run(on, visible)),
        (on.label, lambda: visible.action == "labeled" and visible.body.get("label", {}).get("name") == on.label),
        (on.check, lambda: visible.event == "check_run" and _check(on.check, visible)),
        (on.push, lambda: visible.event == "push" and _push(hub, on.push, visible)),
        (on.issue, lambda: visible.event == "issues" and visible.action == on.issue),
    )
    return {} if any(kind is not None and test() for kind, test in checks) else None


def _login(hub: Hub, login: str) -> str:
    return hub.world.bot_login if login == "bot" else login


def _comment(hub: Hub, on: OnComment, visible: Visible) -> dict[str, str] | None:
    if visible.event != "issue_comment" or visible.action not in ("created", *(["edited"] if on.edited else [])):
        return None
    body, author = visible.body["comment"]["body"], visible.body["comment"]["user"]["login"]
    where = visible.where or ""
    facts = (
        on.where is None or where == on.where or where.split("/")[0] == on.where,
        on.author is None or author.lower() == _login(hub, on.author).lower(),
        on.contains is None or on.contains in body,
        on.lacks is None or on.lacks not in body,
    )
    found = re.search(on.matches, body) if on.matches else None
    if not all(facts) or (on.matches and not found):
        return None
    return {key: value or "" for key, value in found.groupdict().items()} if found else {}


def _pull(on: On, visible: Visible) -> bool:
    if visible.event != "pull_request" or visible.action != PULL_ACTIONS[on.pull_request or "opened"]:
        return False
    pull = visible.body["pull_request"]
    if on.pull_request == "merged" and not pull["merged"]:
        return False
    return (on.title_contains or "") in pull["title"]


def _run(on: On, visible: Visible) -> bool:
    if visible.event != "workflow_run" or visible.action != on.workflow_run:
        return False
    run = visible.body["workflow_run"]
    return on.conclusion in (None, run["conclusion"]) and on.workflow in (None, run["name"], run["path"])


def _check(on: OnCheck | None, visible: Visible) -> bool:
    check = visible.body["check_run"]
    return on is not None and (
        (on.name_contains or "") in check["name"]
        and on.conclusion in (None, check["conclusion"])
        and on.status in (None, check["status"])
    )


def _push(hub: Hub, on: OnPush | None, visible: Visible) -> bool:
    return on is not None and (
        (on.branch_contains or "") in visible.body["ref"].removeprefix("refs/heads/")
        and (on.author is None or visible.actor.lower() == _login(hub, on.author).lower())
    )
