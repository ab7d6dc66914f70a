"""The repository, its refs, commits, trees and files as GitHub writes them."""

from __future__ import annotations

import base64
from urllib.parse import quote

from otto_bot.playground.github.gitdiff import files_between
from otto_bot.playground.github.gitrepo import CommitInfo, FileChange, Person, TreeEntry
from otto_bot.playground.github.shapes import people
from otto_bot.playground.github.state import Json
from otto_bot.playground.github.world import REPO_ID, World, node_id, stamp

LINKS = {
    "archive_url": "/{archive_format}{/ref}", "assignees_url": "/assignees{/user}", "blobs_url": "/git/blobs{/sha}",
    "branches_url": "/branches{/branch}", "collaborators_url": "/collaborators{/collaborator}",
    "comments_url": "/comments{/number}", "commits_url": "/commits{/sha}",
    "compare_url": "/compare/{base}...{head}", "contents_url": "/contents/{+path}",
    "contributors_url": "/contributors", "deployments_url": "/deployments", "downloads_url": "/downloads",
    "events_url": "/events", "forks_url": "/forks", "git_commits_url": "/git/commits{/sha}",
    "git_refs_url": "/git/refs{/sha}", "git_tags_url": "/git/tags{/sha}", "hooks_url": "/hooks",
    "issue_comment_url": "/issues/comments{/number}", "issue_events_url": "/issues/events{/number}",
    "issues_url": "/issues{/number}", "keys_url": "/keys{/key_id}", "labels_url": "/labels{/name}",
    "languages_url": "/languages", "merges_url": "/merges", "milestones_url": "/milestones{/number}",
    "notifications_url": "/notifications{?since,all,participating}", "pulls_url": "/pulls{/number}",
    "releases_url": "/releases{/id}", "stargazers_url": "/stargazers", "statuses_url": "/statuses/{sha}",
    "subscribers_url": "/subscribers", "subscription_url": "/subscription", "tags_url": "/tags",
    "teams_url": "/teams", "trees_url": "/git/trees{/sha}",
}  # fmt: skip


def minimal(world: World) -> Json:
    """A `minimal-repository`."""
    return {
        "id": REPO_ID, "node_id": node_id("R", REPO_ID), "name": world.config.repo, "full_name": world.full_name,
        "private": world.config.private, "owner": people.known_user(world, world.config.owner),
        "html_url": world.html, "description": None, "fork": False, "url": world.api,
        **{key: world.api + tail for key, tail in LINKS.items()},
    }  # fmt: skip


def full(world: World) -> Json:
    """A `repository`, as webhooks and pull requests carry it."""
    issues = sum(row.state == "open" for row in world.issues)
    return {
        **minimal(world), "clone_url": f"{world.html}.git", "git_url": f"git://127.0.0.1/{world.full_name}.git",
        "ssh_url": f"git@127.0.0.1:{world.full_name}.git", "svn_url": world.html, "mirror_url": None,
        "homepage": None, "language": None, "default_branch": world.config.default_branch, "license": None,
        "forks": 0, "forks_count": 0, "stargazers_count": 0, "watchers": 0, "watchers_count": 0, "size": 100,
        "open_issues": issues, "open_issues_count": issues, "has_projects": False,
        "has_issues": world.config.has_issues,
        "has_wiki": False, "has_pages": False, "has_downloads": False, "has_discussions": False,
        "archived": world.archived, "disabled": False, "is_template": False, "topics": [], "allow_forking": True,
        "web_commit_signoff_required": False, "visibility": "private" if world.config.private else "public",
        "pushed_at": stamp(world.now()), "created_at": stamp(world.started_at), "updated_at": stamp(world.now()),
        "allow_squash_merge": True, "allow_merge_commit": True, "allow_rebase_merge": True,
        "allow_auto_merge": False, "delete_branch_on_merge": False, "allow_update_branch": False,
    }  # fmt: skip


def detailed(world: World) -> Json:
    """A `full-repository`, as `GET /repos/{owner}/{repo}` answers."""
    return {**full(world), "network_count": 0, "subscribers_count": 0}


def ref(world: World, name: str, sha: str) -> Json:
    """A git ref by its full name."""
    kind = world.repo.object_type(sha) or "commit"
    return {
        "ref": name, "node_id": node_id("REF", abs(hash(name)) % 10**9),
        "url": f"{world.api}/git/{quote(name)}",
        "object": {"sha": sha, "type": kind, "url": f"{world.api}/git/{kind}s/{sha}"},
    }  # fmt: skip


def person(row: Person) -> Json:
    """Author or committer inside a commit."""
    return {"name": row.name, "email": row.email, "date": row.at.isoformat().replace("+00:00", "Z")}


def git_commit(world: World, row: CommitInfo) -> Json:
    """A commit of the Git Data API."""
    return {
        "sha": row.sha, "node_id": node_id("C", int(row.sha[:12], 16)), "url": f"{world.api}/git/commits/{row.sha}",
        "html_url": f"{world.html}/commit/{row.sha}", "author": person(row.author),
        "committer": person(row.committer), "message": row.message,
        "tree": {"sha": row.tree, "url": f"{world.api}/git/trees/{row.tree}"},
        "parents": [
            {"sha": p, "url": f"{world.api}/git/commits/{p}", "html_url": f"{world.html}/commit/{p}"}
            for p in row.parents
        ],
        "verification": verification(world, row),
    }  # fmt: skip


def verification(world: World, row: CommitInfo) -> Json:
    """Whether the stand-in has signed a commit, as GitHub signs what a bot makes through its API."""
    if row.sha not in world.repo.signed():
        return {"verified": False, "reason": "unsigned", "signature": None, "payload": None, "verified_at": None}
    raw = world.repo.git("cat-file", "commit", row.sha).decode(errors="replace")
    before, _, rest = raw.partition("gpgsig ")
    signature, _, message = rest.partition("\n\n")
    return {
        "verified": True, "reason": "valid", "signature": signature.replace("\n ", "\n"),
        "payload": f"{before}\n{message}", "verified_at": stamp(row.committer.at),
    }  # fmt: skip


def login_of(world: World, email: str) -> str | None:
    """The account behind a `…+login@users.noreply.github.com` address."""
    local, _, host = email.partition("@")
    if not host.startswith("users.noreply."):
        return None
    found = world.user(local.rpartition("+")[2])
    return found.login if found else None


def commit(world: World, row: CommitInfo, *, files: bool = False) -> Json:
    """A commit of the repository API, with its files on request."""
    shown: Json = {
        "sha": row.sha, "node_id": node_id("C", int(row.sha[:12], 16)), "url": f"{world.api}/commits/{row.sha}",
        "html_url": f"{world.html}/commit/{row.sha}", "comments_url": f"{world.api}/commits/{row.sha}/comments",
        "commit": {
            "url": f"{world.api}/git/commits/{row.sha}", "author": person(row.author),
            "committer": person(row.committer), "message": row.message, "comment_count": 0,
            "tree": {"sha": row.tree, "url": f"{world.api}/git/trees/{row.tree}"},
            "verification": verification(world, row),
        },
        "author": people.user(world, login_of(world, row.author.email)),
        "committer": people.user(world, login_of(world, row.committer.email)),
        "parents": [
            {"sha": p, "url": f"{world.api}/commits/{p}", "html_url": f"{world.html}/commit/{p}"} for p in row.parents
        ],
    }  # fmt: skip
    if files:
        changes = files_between(world.repo, row.parents[0] if row.parents else None, row.sha, patches=True)
        added, removed = sum(c.additions for c in changes), sum(c.deletions for c in changes)
        shown["stats"] = {"total": added + removed, "additions": added, "deletions": removed}
        shown["files"] = [file(world, change, row.sha) for change in changes]
    return shown


def file(world: World, change: FileChange, sha: str) -> Json:
    """A `diff-entry`."""
    path = quote(change.path)
    shown: Json = {
        "sha": change.sha, "filename": change.path, "status": change.status, "additions": change.additions,
        "deletions": change.deletions, "changes": change.additions + change.deletions,
        "blob_url": f"{world.html}/blob/{sha}/{path}", "raw_url": f"{world.html}/raw/{sha}/{path}",
        "contents_url": f"{world.api}/contents/{path}?ref={sha}",
    }  # fmt: skip
    if change.previous:
        shown["previous_filename"] = change.previous
    if change.patch is not None:
        shown["patch"] = change.patch
    return shown


def simple_commit(row: CommitInfo) -> Json:
    """The short commit inside check suites and workflow runs."""
    return {
        "id": row.sha, "tree_id": row.tree, "message": row.message, "timestamp": row.committer.at.isoformat(),
        "author": {"name": row.author.name, "email": row.author.email},
        "committer": {"name": row.committer.name, "email": row.committer.email},
    }  # fmt: skip


def push_commit(world: World, row: CommitInfo) -> Json:
    """A commit inside a push payload."""
    changes = files_between(world.repo, row.parents[0] if row.parents else None, row.sha)
    who = {
        side: {"name": p.name, "email": p.email, "username": login_of(world, p.email) or p.name}
        for side, p in (("author", row.author), ("committer", row.committer))
    }
    return {
        **simple_commit(row), **who, "distinct": True, "url": f"{world.html}/commit/{row.sha}",
        "added": [c.path for c in changes if c.status == "added"],
        "removed": [c.path for c in changes if c.status == "removed"],
        "modified": [c.path for c in changes if c.status not in ("added", "removed")],
    }  # fmt: skip


def tree_entry(world: World, row: TreeEntry) -> Json:
    """One entry of a git tree."""
    shown: Json = {"path": row.path, "mode": row.mode, "type": row.type, "sha": row.sha}
    if row.size is not None:
        shown["size"] = row.size
    return {**shown, "url": f"{world.api}/git/{row.type}s/{row.sha}"}


def content(world: World, row: TreeEntry, path: str, ref_name: str, body: bytes | None) -> Json:
    """A file, folder, symlink or submodule of the contents API; `body` only for a file asked for by name."""
    kind = {"blob": "symlink" if row.mode == "120000" else "file", "tree": "dir", "commit": "submodule"}[row.type]
    url = f"{world.api}/contents/{quote(path)}?ref={quote(ref_name, safe='')}"
    git_url = f"{world.api}/git/{'trees' if row.type == 'tree' else 'blobs'}/{row.sha}"
    html = f"{world.html}/{'tree' if row.type == 'tree' else 'blob'}/{quote(ref_name)}/{quote(path)}"
    shown: Json = {
        "name": path.rsplit("/", 1)[-1], "path": path, "sha": row.sha, "size": row.size or 0, "url": url,
        "html_url": html, "git_url": git_url, "type": kind,
        "download_url": f"{world.html}/raw/{quote(ref_name)}/{quote(path)}" if kind == "file" else None,
        "_links": {"self": url, "git": git_url, "html": html},
    }  # fmt: skip
    if kind == "submodule":
        shown["submodule_git_url"] = f"{world.html}-{shown['name']}.git"
    if body is not None and kind == "symlink":
        shown["target"] = body.decode(errors="replace")
    elif body is not None:
        shown["content"] = base64.encodebytes(body).decode()
        shown["encoding"] = "base64"
    return shown
