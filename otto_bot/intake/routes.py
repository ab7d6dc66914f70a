"""From a stored delivery to run events: read narrowly, ask the permission gate, tell the ledger."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Literal

from otto_bot.core import events as e
from otto_bot.core.pauses import key_of
from otto_bot.core.polling import is_news
from otto_bot.core.values import Person, Repo
from otto_bot.github.errors import RetryLater
from otto_bot.intake import payloads as p
from otto_bot.intake.desk import Desk
from otto_bot.intake.facts import box_key, button_key, comment_key, review_comment_key, review_key
from otto_bot.intake.permission import NOBODY, Actor
from otto_bot.intake.said import BoxEdit, Said
from otto_bot.intake.starting import Labelled
from otto_bot.observe.context import bound
from otto_bot.store.inbox import Delivery, Inbox
from otto_bot.store.looks import Looks
from otto_bot.store.versions import NewerVersion

log = logging.getLogger(__name__)

ACTIONS = "github-actions"
INSTALLED = frozenset({"installation", "installation_repositories"})
"""Events that belong to no repository."""
HEARD_EVERY = timedelta(seconds=30)
RETRY_AFTER = timedelta(seconds=10)
NEWER_AFTER = timedelta(seconds=1)
Handler = Callable[["Router", Delivery, p.Payload], Awaitable[None]]


class Router:
    """Works one delivery in. An error keeps the delivery for later; it never loses it."""

    def __init__(self, desk: Desk, inbox: Inbox, looks: Looks) -> None:
        self.desk = desk
        self.looks = looks
        self._inbox = inbox
        self._heard: dict[int, datetime] = {}

    async def deliver(self, delivery: Delivery) -> None:
        """Work it in and end it, or put it back with the reason."""
        try:
            await self._route(delivery)
        except NewerVersion as error:
            # A worker of that version is there while it is deployed: it takes this delivery.
            await asyncio.to_thread(self._inbox.park, delivery, str(error), self.desk.now() + NEWER_AFTER)
            return
        except RetryLater as error:
            await asyncio.to_thread(self._inbox.park, delivery, str(error), error.until)
            return
        except Exception as error:
            log.exception("delivery %s (%s.%s) could not be worked in", delivery.guid, delivery.event, delivery.action)
            later = self.desk.now() + RETRY_AFTER * delivery.attempts
            await asyncio.to_thread(self._inbox.again, delivery, repr(error), later)
            return
        await asyncio.to_thread(self._inbox.end, delivery)

    async def _route(self, delivery: Delivery) -> None:
        handler = _HANDLERS.get((delivery.event, delivery.action)) or _HANDLERS.get((delivery.event, "*"))
        if handler is None and delivery.event not in INSTALLED:
            return
        payload = _read(delivery)
        if isinstance(payload, p.InstallationPayload | p.InstallationRepositoriesPayload):
            await _installed(self, payload)
            return
        if not isinstance(payload, p.Payload) or payload.repository is None or payload.installation is None:
            return
        await self._hear(payload.installation.id)
        assert handler is not None
        with bound(repository=payload.repository.full_name, repository_id=payload.repository.id):
            await handler(self, delivery, payload)

    async def _hear(self, installation_id: int) -> None:
        """While webhooks arrive, little is asked. Written down now and then only."""
        now, last = self.desk.now(), self._heard.get(installation_id)
        if last is None or now - last >= HEARD_EVERY:
            await asyncio.to_thread(self.looks.heard, installation_id, now)
            self._heard[installation_id] = now


def _read(delivery: Delivery) -> p.Narrow | None:
    """The payload; None where it is no such event's. To read it again would not make it better."""
    try:
        return p.parse(delivery.event, json.loads(delivery.body))
    except (ValueError, RecursionError) as error:
        log.warning("delivery %s (%s) is not understood: %s", delivery.guid, delivery.event, type(error).__name__)
        return None


def repo_of(payload: p.Payload) -> Repo:
    """The repository of a payload. Call only where it has one."""
    assert payload.repository is not None
    assert payload.installation is not None
    owner, _, name = payload.repository.full_name.partition("/")
    return Repo(
        id=payload.repository.id,
        installation_id=payload.installation.id,
        owner=owner,
        name=name,
        default_branch=payload.repository.default_branch or "main",
    )


def sender_of(payload: p.Payload, app: p.InstallationRef | None = None) -> Actor:
    """Who did it. `app` is the App that GitHub names as the hand of what was written."""
    if payload.sender is None:
        return Actor(person=NOBODY, kind="Bot")
    person = Person(id=payload.sender.id, login=payload.sender.login)
    return Actor(person=person, kind=payload.sender.type, app=None if app is None else app.id)


def _theirs(who: Actor, author: p.Account | None) -> bool:
    """Whether the sender wrote it: GitHub says so of everything that is created or submitted."""
    return author is None or author.id == who.person.id


async def _labeled(router: Router, _delivery: Delivery, payload: p.Payload) -> None:
    assert isinstance(payload, p.IssuesPayload)
    issue = payload.issue
    what = Labelled(
        repo=repo_of(payload), number=issue.number, label=payload.label.name if payload.label else "",
        is_pull=issue.pull_request is not None, told=issue.text,
    )  # fmt: skip
    await router.desk.label(what, sender_of(payload))


async def _pull_labeled(router: Router, _delivery: Delivery, payload: p.Payload) -> None:
    assert isinstance(payload, p.PullRequestPayload)
    label = payload.label.name if payload.label else ""
    what = Labelled(repo=repo_of(payload), number=payload.number, label=label, is_pull=True)
    await router.desk.label(what, sender_of(payload))


async def _issue_ended(router: Router, delivery: Delivery, payload: p.Payload) -> None:
    assert isinstance(payload, p.IssuesPayload)
    who, repo = sender_of(payload), repo_of(payload)
    run = await router.desk.active(repo.id, payload.issue.number)
    if run is None:
        return
    if delivery.action == "unlabeled":
        label = run.config.label if run.prepared else await router.desk.label_of(repo)
        if payload.label is None or payload.label.name != label:
            return
    await router.desk.issue_ended(run, "closed" if delivery.action == "closed" else "unlabelled", who)


async def _issue_edited(router: Router, _delivery: Delivery, payload: p.Payload) -> None:
    assert isinstance(payload, p.IssuesPayload)
    run = await router.desk.active(repo_of(payload).id, payload.issue.number)
    if run is not None and run.issue == payload.issue.number:
        await router.desk.issue_reads(run, payload.issue.text, sender_of(payload).person)


async def _issue_gone(router: Router, delivery: Delivery, payload: p.Payload) -> None:
    """It cannot come back: one that is moved back has another number."""
    assert isinstance(payload, p.IssuesPayload)
    run = await router.desk.active(repo_of(payload).id, payload.issue.number)
    if run is None or run.issue != payload.issue.number or run.issue_gone is not None:
        return
    deleted, who = delivery.action == "deleted", sender_of(payload).person.login
    to = "" if deleted else new_place(payload.changes)
    what: Literal["deleted", "transferred"] = "deleted" if deleted else "transferred"
    await router.desk.tell(run, e.IssueChanged(at=router.desk.now(), what=what, by=who, to=to))


def new_place(changes: Mapping[str, Any] | None) -> str:
    """Where an issue was moved, as `owner/name#number`; empty where the payload does not say it."""
    repository, issue = (changes or {}).get("new_repository"), (changes or {}).get("new_issue")
    name = repository.get("full_name") if isinstance(repository, dict) else None
    number = issue.get("number") if isinstance(issue, dict) else None
    return f"{name[:140]}#{number}" if isinstance(name, str) and isinstance(number, int) else ""


async def _repository_changed(router: Router, _delivery: Delivery, payload: p.Payload) -> None:
    repo = repo_of(payload)
    await router.desk.standing.repository(repo.installation_id, repo.id)


async def _installed(router: Router, payload: p.InstallationPayload | p.InstallationRepositoriesPayload) -> None:
    """What became of an installation, or of repositories in it."""
    number, standing = payload.installation.id, router.desk.standing
    if isinstance(payload, p.InstallationPayload):
        await standing.installation(number, rights=payload.action == "new_permissions_accepted")
        new = payload.repositories if payload.action == "created" else ()
    else:
        new = payload.repositories_added
        for one in (*payload.repositories_removed, *new):
            await standing.repository(number, one.id)
    await standing.labels(number, [one.id for one in new])


async def _commented(router: Router, _delivery: Delivery, payload: p.Payload) -> None:
    assert isinstance(payload, p.IssueCommentPayload)
    comment = payload.comment
    who = sender_of(payload, comment.performed_via_github_app)
    if not _theirs(who, comment.user):
        return
    said = Said(key=comment_key(comment), text=comment.body or "", number=payload.issue.number,
                comment_id=comment.id, kind="comment", at=comment.created_at)  # fmt: skip
    await router.desk.said(repo_of(payload), said, who, issue=payload.issue)


async def _comment_edited(router: Router, _delivery: Delivery, payload: p.Payload) -> None:
    assert isinstance(payload, p.IssueCommentPayload)
    comment, changed = payload.comment, (payload.changes or {}).get("body")
    before = changed.get("from") if isinstance(changed, dict) else None
    # Anybody may write a comment that looks like one of ours, and edit it.
    if not isinstance(before, str) or not await router.desk.is_ours(comment):
        return
    issue = payload.issue
    edit = BoxEdit(
        key=box_key(comment, before), repo=repo_of(payload), number=issue.number, comment_id=comment.id,
        before=before, after=comment.body or "", issue=None if issue.pull_request else issue.text,
    )  # fmt: skip
    await router.desk.box(edit, sender_of(payload))


async def _review_commented(router: Router, _delivery: Delivery, payload: p.Payload) -> None:
    assert isinstance(payload, p.ReviewCommentPayload)
    comment = payload.comment
    who = sender_of(payload, comment.performed_via_github_app)
    if not _theirs(who, comment.user):
        return
    said = Said(key=review_comment_key(comment), text=comment.body or "", number=payload.pull_request.number,
                comment_id=comment.id, kind="review_comment", at=comment.created_at)  # fmt: skip
    await router.desk.said(repo_of(payload), said, who)


async def _reviewed(router: Router, _delivery: Delivery, payload: p.Payload) -> None:
    """A command in its words, and what it asks for: both may be in one review."""
    assert isinstance(payload, p.ReviewPayload)
    repo, number, review = repo_of(payload), payload.pull_request.number, payload.review
    who = sender_of(payload, review.performed_via_github_app)
    if not _theirs(who, review.user):
        return
    said = Said(key=review_key(review), text=review.body or "", number=number, comment_id=None, kind="comment",
                at=review.submitted_at)  # fmt: skip
    await router.desk.said(repo, said, who)
    run = await router.desk.active(repo.id, number)
    if review.state.lower() == "changes_requested" and run is not None and run.pull_request == number:
        await router.desk.reviews.submitted(run, review.id, who)


async def _button(router: Router, _delivery: Delivery, payload: p.Payload) -> None:
    assert isinstance(payload, p.CheckRunPayload)
    if not _is_ours(router, payload.check_run):
        return
    who, check = sender_of(payload), payload.check_run
    asked = payload.requested_action.identifier if payload.requested_action else None
    key = button_key(check, asked, who.person)
    await router.desk.button(repo_of(payload), check.external_id or "", asked, who, key=key)


async def _pull_closed(router: Router, _delivery: Delivery, payload: p.Payload) -> None:
    assert isinstance(payload, p.PullRequestPayload)
    repo = repo_of(payload)
    run = await router.desk.active(repo.id, payload.number)
    if run is not None and run.pull_request == payload.number:
        await router.desk.pull_closed(run, sender_of(payload).person)


async def _pull_reopened(router: Router, _delivery: Delivery, payload: p.Payload) -> None:
    assert isinstance(payload, p.PullRequestPayload)
    run = await router.desk.active(repo_of(payload).id, payload.number)
    if run is not None and run.pull_request == payload.number:
        await router.desk.others.pull_reopened(run, sender_of(payload))


async def _pushed(router: Router, _delivery: Delivery, payload: p.Payload) -> None:
    assert isinstance(payload, p.PushPayload)
    repo = repo_of(payload)
    who = sender_of(payload).person
    branch = payload.ref.removeprefix("refs/heads/")
    if branch == repo.default_branch:
        if not payload.deleted:
            await router.desk.base_pushed(repo, payload.after)
        return
    if payload.deleted or (sender_of(payload).is_bot and not branch.endswith("/run")):
        return  # nobody's business: no run is read for it
    for run in await router.desk.active_in(repo.id):
        if branch == run.run_branch:
            await router.desk.run_branch_pushed(run, payload.after, who)
        elif branch.startswith(f"{run.prefix}/"):
            await router.desk.others.attempt_branch_pushed(run, branch, who)


async def _reported(router: Router, _delivery: Delivery, payload: p.Payload) -> None:
    if isinstance(payload, p.CheckRunPayload) and _says_nothing(router, payload.check_run):
        return
    sha, key, repo = _sha_of(payload), _key_of(payload), repo_of(payload)
    for run_id in await asyncio.to_thread(router.looks.asking, repo.installation_id, repo.id):
        run = await router.desk.run(run_id)
        if is_news(run, sha, key):
            await router.desk.tell(run, e.Reported(at=router.desk.now(), sha=sha, key=key))


def _is_ours(router: Router, check: p.CheckRun) -> bool:
    return check.app is not None and check.app.id == router.desk.app_id


def _says_nothing(router: Router, check: p.CheckRun) -> bool:
    """Our own checks, and those of Actions' jobs: their workflow run tells its end itself, once."""
    return _is_ours(router, check) or (check.app is not None and check.app.slug == ACTIONS)


def _key_of(payload: p.Payload) -> str:
    """Of a workflow run its id and attempt: told twice is told once. A status or check is asked about each time."""
    if not isinstance(payload, p.WorkflowRunPayload):
        return ""
    return key_of(payload.workflow_run.id, payload.workflow_run.run_attempt)


def _sha_of(payload: p.Payload) -> str:
    if isinstance(payload, p.WorkflowRunPayload):
        return payload.workflow_run.head_sha
    if isinstance(payload, p.CheckRunPayload):
        return payload.check_run.head_sha
    assert isinstance(payload, p.StatusPayload)
    return payload.sha


_HANDLERS: dict[tuple[str, str], Handler] = {
    ("issues", "labeled"): _labeled,
    ("issues", "unlabeled"): _issue_ended,
    ("issues", "closed"): _issue_ended,
    ("issues", "edited"): _issue_edited,
    ("issues", "transferred"): _issue_gone,
    ("issues", "deleted"): _issue_gone,
    ("issue_comment", "created"): _commented,
    ("issue_comment", "edited"): _comment_edited,
    ("pull_request_review_comment", "created"): _review_commented,
    ("pull_request_review", "submitted"): _reviewed,
    ("check_run", "requested_action"): _button,
    ("check_run", "rerequested"): _button,
    ("check_run", "completed"): _reported,
    ("workflow_run", "*"): _reported,
    ("status", "*"): _reported,
    ("pull_request", "labeled"): _pull_labeled,
    ("pull_request", "closed"): _pull_closed,
    ("pull_request", "reopened"): _pull_reopened,
    ("push", "*"): _pushed,
    ("repository", "*"): _repository_changed,
}
"""Event and action → what to do. Others are stored by nobody and answered 202."""
