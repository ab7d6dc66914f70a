"""Verbs about what is reported on a commit: checks, statuses, and which of them a branch requires."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Literal

from otto_bot.github.censoring import Censor
from otto_bot.github.ci_models import (
    CheckAction,
    CheckAnnotation,
    CheckRun,
    RequiredContext,
    RequiredContexts,
    Status,
)
from otto_bot.github.errors import Forbidden, NotFound
from otto_bot.github.limits import (
    ANNOTATION_MESSAGE_LIMIT,
    ANNOTATIONS_PER_REQUEST,
    BUTTONS_PER_CHECK,
    TITLE_LIMIT,
    clip,
    clip_line,
)
from otto_bot.github.needs import needs
from otto_bot.github.reading import parse
from otto_bot.github.repository import RepositoryCalls

CheckStatus = Literal["queued", "in_progress", "completed"]
Conclusion = Literal["action_required", "cancelled", "failure", "neutral", "success", "skipped", "timed_out"]


REQUIRED_KEPT = timedelta(minutes=1)


class CheckVerbs(RepositoryCalls):
    @needs(checks="write")
    async def upsert_check(
        self,
        head_sha: str,
        name: str,
        external_id: str,
        *,
        status: CheckStatus,
        conclusion: Conclusion | None = None,
        title: str,
        summary: str,
        text: str = "",
        annotations: Sequence[CheckAnnotation] = (),
        actions: Sequence[CheckAction] = (),
    ) -> CheckRun:
        """The App's check with this `external_id` on a commit, as described: updated where it exists, else created.

        `conclusion` is given exactly when `status` is `completed`. Annotations are only ever added by GitHub: those
        that the check has already (counted) are not sent again, so pass the same list in the same order. More than
        50 go in several requests. At most three `actions` (buttons).
        """
        wanted = _report(status, conclusion, actions)
        output = {"title": clip_line(self._clean(title), TITLE_LIMIT), "summary": clip(self._clean(summary))}
        if text:
            output["text"] = clip(self._clean(text))
        existing = await self._own_check(head_sha, name, external_id)
        left = [_annotation(item, self._clean) for item in annotations[existing.annotations_count if existing else 0 :]]
        first, left = left[:ANNOTATIONS_PER_REQUEST], left[ANNOTATIONS_PER_REQUEST:]
        wanted["output"] = {**output, "annotations": first}
        if existing is None:
            identity = {"name": name, "head_sha": head_sha, "external_id": external_id}
            answer = await self._call("POST", "/check-runs", body={**identity, **wanted})
        else:
            answer = await self._call("PATCH", "/check-runs/{id}", existing.id, body=wanted)
        check = parse(CheckRun, answer.json())
        while left:
            first, left = left[:ANNOTATIONS_PER_REQUEST], left[ANNOTATIONS_PER_REQUEST:]
            body = {"output": {**output, "annotations": first}}
            check = parse(CheckRun, (await self._call("PATCH", "/check-runs/{id}", check.id, body=body)).json())
        return check

    async def _own_check(self, head_sha: str, name: str, external_id: str) -> CheckRun | None:
        params: dict[str, str | int] = {"check_name": name, "filter": "all", "app_id": self._around.app_id}
        items = self._pages("/commits/{sha}/check-runs", head_sha, key="check_runs", params=params)
        checks = [parse(CheckRun, item) async for item in items]
        ours = (c for c in checks if c.app_id == self._around.app_id and c.external_id == external_id)
        return next(ours, None)

    @needs(checks="read")
    async def check_runs(self, sha: str) -> list[CheckRun]:
        """The latest check of each name and App on a commit, ours included (`app_id` tells)."""
        items = self._pages("/commits/{sha}/check-runs", sha, key="check_runs", params={"filter": "latest"})
        return [parse(CheckRun, item) async for item in items]

    @needs(statuses="read")
    async def statuses(self, sha: str) -> list[Status]:
        """The latest commit status of each context."""
        return [parse(Status, item) async for item in self._pages("/commits/{sha}/status", sha, key="statuses")]

    @needs(metadata="read", contents="read")
    async def required_contexts(self, branch: str) -> RequiredContexts:
        """What a branch requires before a merge, by rulesets and by classic protection; at most a minute old.

        A source that may not be read counts as empty and is named in `unreadable`.
        """
        now, known = self._around.now(), self._naming.required.get(branch)
        if known is not None and now - known[0] < REQUIRED_KEPT:
            return known[1]
        found: dict[str, RequiredContext] = {}
        unreadable: list[str] = []
        try:
            async for rule in self._pages("/rules/branches/{branch}", branch):
                found.update((context.context, context) for context in _of_rule(rule))
        except (Forbidden, NotFound) as error:
            unreadable.append(f"rules: {error}")
        try:
            for name in _of_protection(await self._json("/branches/{branch}", branch)):
                found.setdefault(name, RequiredContext(context=name))
        except (Forbidden, NotFound) as error:
            unreadable.append(f"protection: {error}")
        required = RequiredContexts(contexts=tuple(found.values()), unreadable=tuple(unreadable))
        self._naming.required[branch] = now, required
        return required


def _report(status: CheckStatus, conclusion: Conclusion | None, actions: Sequence[CheckAction]) -> dict[str, Any]:
    if (status == "completed") != (conclusion is not None):
        raise ValueError("a check has a conclusion exactly when it is completed")
    if len(actions) > BUTTONS_PER_CHECK:
        raise ValueError(f"a check has at most {BUTTONS_PER_CHECK} buttons")
    report: dict[str, Any] = {"status": status, "actions": [action.model_dump() for action in actions]}
    return report if conclusion is None else {**report, "conclusion": conclusion}


def _annotation(item: CheckAnnotation, clean: Censor) -> dict[str, Any]:
    sent: dict[str, Any] = {
        "path": item.path,
        "start_line": item.start_line,
        "end_line": max(item.end_line, item.start_line),
        "annotation_level": item.level,
        "message": clip(clean(item.message), ANNOTATION_MESSAGE_LIMIT),
    }
    return {**sent, "title": clip_line(clean(item.title), TITLE_LIMIT - 1)} if item.title else sent


def _of_rule(rule: Mapping[str, Any]) -> list[RequiredContext]:
    parameters = rule.get("parameters") if rule.get("type") == "required_status_checks" else None
    listed = parameters.get("required_status_checks") if isinstance(parameters, dict) else None
    return [
        RequiredContext(context=entry["context"], app_id=entry.get("integration_id"))
        for entry in (listed if isinstance(listed, list) else [])
        if isinstance(entry, dict) and isinstance(entry.get("context"), str)
    ]


def _of_protection(branch: Any) -> list[str]:
    protection = branch.get("protection") if isinstance(branch, dict) else None
    required = protection.get("required_status_checks") if isinstance(protection, dict) else None
    contexts = required.get("contexts") if isinstance(required, dict) else None
    return [name for name in contexts if isinstance(name, str)] if isinstance(contexts, list) else []
