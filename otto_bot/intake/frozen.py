"""Which text somebody asked for: the issue as it stood at their word, if nobody without permission changed it since."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from otto_bot.core.issue import IssueText
from otto_bot.core.values import Frozen, Person
from otto_bot.github.errors import Unreachable
from otto_bot.github.issue_history import Edit
from otto_bot.github.verbs import Repository
from otto_bot.intake.permission import Actor, PermissionGate

MOST_ASKED = 10
"""Editors whose permission is looked up; more are not trusted."""


class Changed(Frozen):
    """Somebody without write permission changed the text after it was asked for. `by` are logins, oldest first."""

    by: tuple[str, ...]


async def text_asked_for(
    repository: Repository, gate: PermissionGate, number: int, asked: datetime, told: IssueText | None
) -> IssueText | Changed:
    """Issue `number` as it was asked for at `asked`; `told` is the text that came with the word, if its webhook did.

    GitHub tells whole seconds, and a delivery is written some time after what it tells of: an edit in the same second,
    or before the delivery was written, counts as one after the word. What came with the word is held to the edits that
    it can contain. Raises GitHubError, also where GitHub does not say now who may write.
    """
    history = await repository.issue_history(number)
    text = told or IssueText(title=history.title, body=history.body, as_of=history.updated_at)
    since = asked.replace(microsecond=0)
    late = [edit for edit in history.edits if edit.at >= since and (told is None or _may_contain(told, edit))]
    strangers = await _strangers(repository, gate, sorted(late, key=lambda edit: edit.at))
    return Changed(by=strangers) if strangers else text


def _may_contain(told: IssueText, edit: Edit) -> bool:
    return told.as_of is None or edit.or_before or edit.at <= told.as_of


async def _strangers(repository: Repository, gate: PermissionGate, edits: Sequence[Edit]) -> tuple[str, ...]:
    """Logins of those who may not write, oldest edit first."""
    found: dict[str, None] = {}
    asked: dict[int | None, bool] = {}
    for edit in edits:
        who = edit.by
        if who.id not in asked:
            asked[who.id] = len(asked) < MOST_ASKED and await _may(repository, gate, who.id, who.login, who.kind)
        if not asked[who.id]:
            found[who.login] = None
    return tuple(found)


async def _may(repository: Repository, gate: PermissionGate, user_id: int | None, login: str, kind: str) -> bool:
    if user_id is None:
        return False
    answer = await gate.ask(repository, Actor(person=Person(id=user_id, login=login), kind=kind))
    if answer.unsure:
        raise Unreachable(0, f"whether {login}, who edited the issue, may write here is not known yet")
    return answer.allowed
