"""What a person can do: comment, label, review, press a button, push, merge; by the same changes as the API."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from string import Template
from typing import TYPE_CHECKING, Any

from otto_bot.playground.github.changes import checks as check_changes
from otto_bot.playground.github.changes import issues as issue_changes
from otto_bot.playground.github.changes import pulls as pull_changes
from otto_bot.playground.github.changes import pushes, queue
from otto_bot.playground.github.changes import repository as repository_changes
from otto_bot.playground.github.gitrepo import ZERO, Person
from otto_bot.playground.github.people_actions import CannotDoError, at_actions
from otto_bot.playground.github.people_config import (
    Do,
    DoApp,
    DoArchive,
    DoBranch,
    DoButton,
    DoComment,
    DoDraft,
    DoEditComment,
    DoEditIssue,
    DoLabel,
    DoMerge,
    DoOpenPull,
    DoPush,
    DoRename,
    DoReview,
    DoReviewComment,
    DoStatus,
    DoTransfer,
    DoWhere,
)
from otto_bot.playground.github.people_editor import at_editor
from otto_bot.playground.github.shapes import pulls as pull_shapes
from otto_bot.playground.github.state import Comment, Issue

if TYPE_CHECKING:
    from otto_bot.playground.github.hub import Hub

REVIEW_STATES = {"approve": "APPROVED", "request_changes": "CHANGES_REQUESTED", "comment": "COMMENTED"}


class Hand:
    """A person at work. `number` is the issue or pull request the triggering change was seen on, if any."""

    def __init__(self, hub: Hub, login: str, number: int | None = None, words: Mapping[str, str] | None = None) -> None:
        self.hub = hub
        self.world = hub.world
        self.number = number
        self.words = words or {}
        found = self.world.user(self.world.bot_login if login == "bot" else login)
        if found is None:
            raise CannotDoError(f"there is no user {login!r}; users: {', '.join(u.login for u in self._people())}")
        self.login = found.login

    def _people(self) -> list[Any]:
        return list(self.world.users.values())

    async def do(self, action: Do) -> None:
        """Carries the action out; raises CannotDoError with the reason when it is impossible."""
        steps: dict[str, Callable[[Any], Awaitable[None] | None]] = {
            "comment": self.comment, "label": self.label, "unlabel": self.unlabel, "close": self.close,
            "reopen": self.reopen, "review": self.review, "review_comment": self.review_comment,
            "button": self.button, "push": self.push, "merge": self.merge, "edit_issue": self.edit_issue,
            "edit_comment": self.edit_comment, "draft": self.draft, "status": self.status,
            "open_pull": self.open_pull, "enqueue": self.enqueue,
            "delete_branch": self.delete_branch, "open_issue": self.open_issue, **at_actions(self),
            "rename": self.rename, "archive": self.archive, "transfer_issue": self.transfer_issue,
            "delete_issue": self.delete_issue, "app": self.app, **at_editor(self),
        }  # fmt: skip
        waiting = steps[action.kind](getattr(action, action.kind))
        if waiting is not None:
            await waiting

    def fill(self, text: str) -> str:
        """`$name` becomes the named group of the text that triggered this."""
        return Template(text).safe_substitute(self.words)

    def find(self, where: str) -> Issue:
        """The issue or pull request that `where` names."""
        kind, _, number = where.partition("/")
        found = self.world.issue(int(number)) if number else self._nearest(kind == "pull")
        if found is None or (found.pull is not None) != (kind == "pull"):
            raise CannotDoError(f"there is no {where} yet")
        return found

    def _nearest(self, pull: bool) -> Issue | None:
        """Where the trigger was seen; else the oldest open pull request that is no verification one, or issue 1."""
        here = self.world.issue(self.number) if self.number else None
        if here and (here.pull is not None) == pull:
            return here
        rows = [row for row in self.world.issues if (row.pull is not None) == pull]
        proper = [row for row in rows if not any("verification" in name for name in row.labels)]
        still_open = [row for row in proper if row.state == "open"]
        return next(iter(still_open or proper or rows), None)

    def comment(self, what: DoComment) -> None:
        """Writes a comment."""
        issue_changes.add_comment(self.world, self.login, self.find(what.where), self.fill(what.body))

    def label(self, what: DoLabel) -> None:
        """Puts a label on."""
        issue_changes.add_labels(self.world, self.login, self.find(what.where), [what.name])

    def unlabel(self, what: DoLabel) -> None:
        """Takes a label off."""
        issue_changes.remove_label(self.world, self.login, self.find(what.where), what.name)

    def close(self, what: DoWhere) -> None:
        """Closes."""
        issue_changes.close_issue(self.world, self.login, self.find(what.where))

    def reopen(self, what: DoWhere) -> None:
        """Opens again."""
        issue_changes.reopen_issue(self.world, self.login, self.find(what.where))

    def review(self, what: DoReview) -> None:
        """Submits a review."""
        lines = [line.model_dump() for line in what.comments]
        state, body = REVIEW_STATES[what.state], self.fill(what.body)
        pull_changes.add_review(self.world, self.login, self.find(what.where), state, body, lines)

    def review_comment(self, what: DoReviewComment) -> None:
        """Comments on one line; GitHub makes a review without text for it."""
        line = {"path": what.path, "line": what.line, "body": self.fill(what.body)}
        pull_changes.add_review(self.world, self.login, self.find(what.where), "COMMENTED", "", [line])

    def button(self, what: DoButton) -> None:
        """Presses a check's button, or asks for it again."""
        ours = [row for row in self.world.checks if row.app_id == self.world.config.app.id and what.check in row.name]
        if what.action is None:
            if not ours:
                raise CannotDoError(f"no check of the app has {what.check!r} in its name")
            check_changes.tell(self.world, ours[-1], "rerequested", self.login)
            return
        for row in reversed(ours):
            if any(button.get("identifier") == what.action for button in row.actions):
                more = {"requested_action": {"identifier": what.action}}
                check_changes.tell(self.world, row, "requested_action", self.login, **more)
                return
        raise CannotDoError(f"no check with {what.check!r} in its name has a button {what.action!r}")

    def push(self, what: DoPush) -> None:
        """Commits files onto a branch."""
        branch = self._branch(what.branch)
        ref, repo = f"refs/heads/{branch}", self.world.repo
        old = repo.refs().get(ref, ZERO)
        start = what.force_from or (old if old != ZERO else self.world.config.default_branch)
        parent = repo.resolve(start)
        if parent is None or not repo.valid_ref(ref):
            raise CannotDoError(f"cannot push to {branch!r} from {start!r}: no such commit or no valid name")
        entries = [
            ("100644", path, None if text is None else repo.write_blob(text.encode()))
            for path, text in what.files.items()
        ]
        person = self.world.user(self.login)
        assert person is not None
        who = Person(person.login, f"{person.id}+{person.login}@users.noreply.github.com", self.world.now())
        tree = repo.write_tree(f"{parent}^{{tree}}", entries)
        new = repo.write_commit(tree, [parent], self.fill(what.message), who, who)
        repo.update_ref(ref, new, old)
        pushes.pushed(self.world, self.login, [(ref, old, new)])

    def merge(self, what: DoMerge) -> None:
        """Merges; a draft is made ready first."""
        issue = self.find(what.where)
        pull_changes.set_draft(self.world, self.login, issue, draft=False)
        merge_now(self.hub, self.login, issue, what.method)

    def open_pull(self, what: DoOpenPull) -> None:
        """Opens a pull request of a branch."""
        if f"refs/heads/{what.branch}" not in self.world.repo.refs():
            raise CannotDoError(f"there is no branch {what.branch!r}")
        base = self.world.config.default_branch
        pull_changes.open_pull(self.world, self.login, what.title, what.body, what.branch, base, draft=False)

    def enqueue(self, what: DoWhere) -> None:
        """Puts a pull request into the merge queue; a draft is made ready first."""
        issue = self.find(what.where)
        pull_changes.set_draft(self.world, self.login, issue, draft=False)
        queue.enqueue(self.world, self.login, issue)

    def edit_issue(self, what: DoEditIssue) -> None:
        """Edits title or text."""
        issue_changes.edit_issue(self.world, self.login, self.find(what.where), title=what.title, body=what.body)

    def open_issue(self, what: DoEditIssue) -> None:
        """Opens another issue."""
        issue_changes.open_issue(self.world, self.login, what.title or "Another issue", what.body or "", [])

    def edit_comment(self, what: DoEditComment) -> None:
        """Edits the latest comment that fits."""
        author = self.world.bot_login if what.author == "bot" else what.author
        fits = [c for c in self.world.comments if what.contains in c.body and author in (None, c.author)]
        if not fits:
            raise CannotDoError(f"no comment contains {what.contains!r}")
        issue_changes.edit_comment(self.world, self.login, fits[-1], self._edited(fits[-1], what))

    def _edited(self, row: Comment, what: DoEditComment) -> str:
        if what.append is not None:
            return row.body + self.fill(what.append)
        if what.find is not None:
            return row.body.replace(what.find, self.fill(what.replace), 1)
        box = re.compile(rf"^(\s*[-*] \[) (\].*{re.escape(self.fill(what.tick or ''))})", re.MULTILINE)
        body, count = box.subn(r"\1x\2", row.body, count=1)
        if not count:
            raise CannotDoError(f"no open box with {what.tick!r} in that comment")
        return body

    def draft(self, what: DoDraft) -> None:
        """Toggles draft."""
        pull_changes.set_draft(self.world, self.login, self.find(what.where), draft=what.draft)

    def _branch(self, name: str) -> str:
        """A branch by its name; `pull` is that of the pull request at hand."""
        return pull_shapes.part(self.find("pull")).head_ref if name == "pull" else name

    def status(self, what: DoStatus) -> None:
        """Reports a status of another system."""
        branch = self._branch(what.branch)
        sha = self.world.repo.refs().get(f"refs/heads/{branch}")
        if sha is None:
            raise CannotDoError(f"there is no branch {branch!r}")
        args = (what.state, what.context, what.description, None)
        check_changes.add_status(self.world, self.login, sha, *args)

    def delete_branch(self, what: DoBranch) -> None:
        """Deletes a branch."""
        ref = f"refs/heads/{what.branch}"
        old = self.world.repo.refs().get(ref)
        if old is None:
            raise CannotDoError(f"there is no branch {what.branch!r}")
        self.world.repo.update_ref(ref, ZERO, old)
        pushes.pushed(self.world, self.login, [(ref, old, ZERO)])

    def rename(self, what: DoRename) -> None:
        """Gives the repository, or its default branch, another name."""
        if what.default_branch is not None:
            repository_changes.rename_default_branch(self.world, self.login, what.default_branch)
        if what.name is not None:
            repository_changes.rename(self.world, self.login, what.name)

    def archive(self, what: DoArchive) -> None:
        """Archives the repository, or opens it again."""
        repository_changes.archive(self.world, self.login, archived=what.archived)

    def transfer_issue(self, what: DoTransfer) -> None:
        """Moves an issue to another repository."""
        repository_changes.transfer_issue(self.world, self.login, self.find(what.where), what.to, seen=what.seen)

    def delete_issue(self, what: DoWhere) -> None:
        """Deletes an issue."""
        repository_changes.delete_issue(self.world, self.login, self.find(what.where))

    def app(self, what: DoApp) -> None:
        """Suspends the app, takes it away, and so on."""
        if what.what in ("suspend", "unsuspend"):
            repository_changes.suspend(self.world, self.login, suspended=what.what == "suspend")
        elif what.what in ("take_repository_out", "add_repository"):
            repository_changes.selected(self.world, self.login, added=what.what == "add_repository")
        else:
            actions = {"install": "created", "uninstall": "deleted", "accept_rights": "new_permissions_accepted"}
            repository_changes.installed(self.world, self.login, actions[what.what])


def merge_now(hub: Hub, actor: str, issue: Issue, method: str) -> str:
    """Merges and moves the base branch; returns the new commit. Raises CannotMergeError."""
    pull = pull_shapes.part(issue)
    sha = pull_changes.merge(hub.world, actor, issue, method)
    old, ref = pull.base_sha, f"refs/heads/{pull.base_ref}"
    hub.world.repo.update_ref(ref, sha, old)
    pull_changes.mark_merged(hub.world, actor, issue, sha)
    pushes.pushed(hub.world, actor, [(ref, old, sha)])
    return sha
