"""Verbs about the repository itself: who may what, files, branches, commits, rules."""

from __future__ import annotations

import base64
import hashlib
import re
from datetime import timedelta

from otto_bot.core.branch_rules import BranchRule, read_rules
from otto_bot.github.errors import Conflict, Forbidden, NotFound, Refused, TooLarge, Unreachable
from otto_bot.github.models import (
    Commit,
    CommitSummary,
    Comparison,
    Content,
    Permission,
    RepositoryInfo,
    Rule,
    TreeListing,
    WorkflowFile,
)
from otto_bot.github.needs import needs
from otto_bot.github.reading import parse
from otto_bot.github.repository import NAME_TRUSTED_FOR, RepositoryCalls
from otto_bot.github.routes import Segments

RAW = "application/vnd.github.raw+json"
WORKFLOW_FOLDER = ".github/workflows"
MAX_WORKFLOW_FILES = 100
MAX_FILE_BYTES = 1024 * 1024
RULES_KEPT = timedelta(minutes=1)
SUBJECTS_KEPT = 50
_SHA = re.compile(r"[0-9a-f]{40}")


def _blob_id(body: bytes) -> str:
    """As git names it, so that a file read through the API and one read from a commit have the same digest."""
    return hashlib.sha1(b"blob %d\0" % len(body) + body, usedforsecurity=False).hexdigest()


class CodeVerbs(RepositoryCalls):
    @needs(metadata="read")
    async def info(self) -> RepositoryInfo:
        """The repository as it is now: name, default branch, archived or not. Read afresh each time."""
        return await self._resolve(fresh=True)

    @needs(metadata="read")
    async def info_lately(self, within: timedelta = NAME_TRUSTED_FOR) -> RepositoryInfo:
        """The repository as it was at most a minute ago, or so long."""
        return await self._resolve(fresh=self._older_than(within))

    @needs(metadata="read")
    async def permission(self, login: str) -> Permission:
        """What a person may do here, asked now and not remembered. Level `none` for somebody unknown."""
        try:
            return parse(Permission, await self._json("/collaborators/{login}/permission", login))
        except NotFound:
            return Permission(login=login)

    @needs(contents="read")
    async def file(self, path: str, ref: str) -> bytes | None:
        """A file at a branch, tag or SHA; None where there is none.

        Raises Refused where the path is a folder or submodule and TooLarge above 1 MiB.
        """
        tail, where, at = "/contents/{path}", Segments(path), {"ref": ref}
        try:
            data = await self._json(tail, where, params=at)
        except NotFound:
            return None
        found = Content(type="dir") if isinstance(data, list) else parse(Content, data)
        if found.type != "file":
            raise Refused(200, f"{path} is no file but a {found.type}")
        if found.size > MAX_FILE_BYTES:
            raise TooLarge(200, f"{path} has more than {MAX_FILE_BYTES} bytes")
        if found.encoding != "base64":
            return (await self._call("GET", tail, where, params=at, accept=RAW)).body
        try:
            return base64.b64decode(found.content)
        except ValueError:
            content_error = Unreachable(200, f"GitHub's answer about {path} is no base64")
        raise content_error

    @needs(contents="read")
    async def workflow_files(self, ref: str) -> list[WorkflowFile]:
        """The YAML files of `.github/workflows` at a ref, by name; empty where there is no such folder.

        One that is a link, a folder or too large is there with its problem: nobody knows what it would do. Raises
        TooLarge above MAX_WORKFLOW_FILES.
        """
        try:
            listing = await self._json("/contents/{path}", Segments(WORKFLOW_FOLDER), params={"ref": ref})
        except NotFound:
            return []
        entries = [parse(Content, entry) for entry in listing] if isinstance(listing, list) else []
        wanted = sorted((e for e in entries if e.name.endswith((".yml", ".yaml"))), key=lambda e: e.name)
        if len(wanted) > MAX_WORKFLOW_FILES:
            raise TooLarge(200, f"{WORKFLOW_FOLDER} has more than {MAX_WORKFLOW_FILES} workflow files")
        return [await self._workflow_file(f"{WORKFLOW_FOLDER}/{e.name}", e, ref) for e in wanted if e.type != "dir"]

    async def _workflow_file(self, path: str, entry: Content, ref: str) -> WorkflowFile:
        problem, body = f"it is no file but a {entry.type}", None
        if entry.type == "file":
            try:
                body, problem = await self.file(path, ref), "it is gone"
            except (Refused, TooLarge) as error:
                problem = error.message
        if body is None:
            return WorkflowFile(path=path, digest=entry.sha, problem=problem)
        return WorkflowFile(path=path, text=body.decode("utf-8", "replace"), digest=_blob_id(body))

    @needs(contents="read")
    async def branch_sha(self, name: str) -> str | None:
        """The commit a branch points at; None where the branch does not exist, or the repository has no commit."""
        try:
            data = await self._json("/git/ref/{ref}", Segments(f"heads/{name}"))
        except (NotFound, Conflict):  # 409: "Git Repository is empty."
            return None
        target = data.get("object") if isinstance(data, dict) else None
        if not isinstance(target, dict) or not isinstance(target.get("sha"), str):
            raise Unreachable(200, f"GitHub's answer about branch {name} has no SHA")
        return str(target["sha"])

    @needs(contents="read")
    async def paths(self, sha: str) -> list[str] | None:
        """All files of a commit; None where there are more than GitHub lists in one answer (100,000)."""
        data = await self._json("/git/trees/{sha}", sha, params={"recursive": "1"})
        listing = parse(TreeListing, data)
        return None if listing.truncated else [entry.path for entry in listing.tree if entry.type == "blob"]

    @needs(contents="read")
    async def commit(self, sha: str) -> Commit:
        """A commit with its tree and parents. Tried again on 404: a push takes a moment to be seen."""
        return parse(Commit, await self._json("/git/commits/{sha}", sha, eventual=True))

    @needs(contents="read")
    async def compare(self, base: str, head: str) -> Comparison:
        """What `head` changes since it parted from `base` (commits or branches): at most the 300 files told."""
        # Files stand on the first page whatever its size; commits are not looked at.
        return parse(Comparison, await self._json("/compare/{base}...{head}", base, head, params={"per_page": 1}))

    @needs(contents="read")
    async def commits(self, branch: str, count: int = 50) -> list[CommitSummary]:
        """The last `count` (at most 100) commits of a branch, newest first; empty where the branch has none."""
        params: dict[str, str | int] = {"sha": branch, "per_page": max(1, min(count, 100))}
        try:
            data = await self._json("/commits", params=params)
        except (NotFound, Conflict):  # no such branch; an empty repository
            return []
        return [parse(CommitSummary, item) for item in data] if isinstance(data, list) else []

    @needs(contents="read")
    async def subjects(self, ref: str) -> list[str]:
        """Subjects of the last 50 commits up to a commit or a branch, newest first; of a commit they are asked once."""
        known = self._naming.subjects.get(ref)
        if known is not None:
            return known
        found = [commit.subject for commit in await self.commits(ref, 50)]
        if _SHA.fullmatch(ref) and found:
            while len(self._naming.subjects) >= SUBJECTS_KEPT:
                self._naming.subjects.pop(next(iter(self._naming.subjects)))
            self._naming.subjects[ref] = found
        return found

    @needs(metadata="read")
    async def branch_rules(self, branch: str) -> list[Rule]:
        """The rules that apply to a branch of that name, which need not exist yet."""
        return [parse(Rule, item) async for item in self._pages("/rules/branches/{branch}", branch)]

    @needs(metadata="read")
    async def binding_rules(self, branch: str) -> tuple[BranchRule, ...]:
        """The rules that hold Otto on a branch of that name, without those it may bypass; at most a minute old.

        Empty where the repository's plan knows no rulesets: GitHub then answers 403 or 404.
        """
        now, known = self._around.now(), self._naming.rules.get(branch)
        if known is not None and now - known[0] < RULES_KEPT:
            return known[1]
        try:
            rules = read_rules([item async for item in self._pages("/rules/branches/{branch}", branch)])
        except (Forbidden, NotFound):
            rules = ()
        free = {one for one in {rule.ruleset for rule in rules} if one is not None and await self._bypasses(one)}
        rules = tuple(rule for rule in rules if rule.ruleset not in free)
        self._naming.rules[branch] = now, rules
        return rules

    async def _bypasses(self, ruleset: int) -> bool:
        """Whether pushes of this App are not held to a ruleset. Of one that may not be read they are."""
        try:
            found = await self._json("/rulesets/{id}", ruleset)
        except (Forbidden, NotFound):
            return False
        return isinstance(found, dict) and found.get("current_user_can_bypass") in ("always", "exempt")
