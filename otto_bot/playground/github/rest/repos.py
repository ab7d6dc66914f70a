"""The repository: its facts, contents, branches, commits, rules."""

from __future__ import annotations

import base64
import binascii
from datetime import datetime

from otto_bot.playground.github.changes import pushes
from otto_bot.playground.github.config import RuleConfig
from otto_bot.playground.github.gitdiff import commits_between, files_between, merge_base
from otto_bot.playground.github.gitrepo import ZERO, Person
from otto_bot.playground.github.push_rules import applies
from otto_bot.playground.github.routing import ApiError, Call, Reply, Routes, not_found, read, write
from otto_bot.playground.github.shapes import repo, rules
from otto_bot.playground.github.state import Json
from otto_bot.playground.github.world import REPO_ID

routes = Routes()


@routes.on("GET /repositories/{id:int}", *read("metadata"))
def get_by_id(call: Call) -> Reply:
    """The repository by id."""
    if call.params["id"] != REPO_ID or call.world.taken_out:
        raise not_found()
    return Reply(repo.detailed(call.world))


@routes.on("GET ~", *read("metadata"))
def get_repo(call: Call) -> Reply:
    """The repository by name."""
    return Reply(repo.detailed(call.world))


def _ref_of(call: Call) -> tuple[str, str]:
    """(shown ref, SHA) of the `ref` or `sha` parameter; the default branch when absent."""
    ref = call.query.get("ref") or call.query.get("sha") or call.world.config.default_branch
    sha = call.world.repo.resolve(ref)
    if sha is None:
        raise ApiError(404, f"No commit found for the ref {ref}")
    return ref, sha


@routes.on("GET ~/contents", *read("contents"))
@routes.on("GET ~/contents/{path:path}", *read("contents"))
def get_contents(call: Call) -> Reply:
    """A file, or the entries of a folder."""
    ref, sha = _ref_of(call)
    path = call.params.get("path", "").strip("/")
    store = call.world.repo
    if path and (".." in path.split("/") or "\x00" in path):
        raise ApiError(422, "path contains a malformed path component")
    row = store.entry(sha, path) if path else None
    if path and row is None:
        raise not_found()
    if row is None or row.type == "tree":
        prefix = f"{path}/" if path else ""
        rows = store.tree(sha, path=path)
        return Reply([repo.content(call.world, r, prefix + r.path, ref, None) for r in rows])
    body = store.read_blob(row.sha) if row.type == "blob" else None
    if body is not None and ".raw" in call.accept:
        return Reply(body, headers={"Content-Type": "application/vnd.github.raw+json; charset=utf-8"})
    return Reply(repo.content(call.world, row, path, ref, body))


@routes.on("PUT ~/contents/{path:path}", *write("contents"))
def put_contents(call: Call) -> Reply:
    """Creates or replaces one file in a commit of its own."""
    world, path = call.world, call.params["path"]
    if path.startswith(".github/workflows/") and call.actor.permissions.get("workflows") != "write":
        raise ApiError(403, "Resource not accessible by integration")
    branch = call.text("branch", required=False) or world.config.default_branch
    ref = f"refs/heads/{branch}"
    old = world.repo.refs().get(ref)
    if old is None:
        raise ApiError(404, f"Branch {branch} not found")
    try:
        content = base64.b64decode(call.text("content", limit=10**8))
    except binascii.Error as error:
        raise ApiError(422, "content is not valid Base64") from error
    existing = world.repo.entry(old, path)
    if existing and existing.sha != call.body.get("sha"):
        raise ApiError(409 if call.body.get("sha") else 422, f"{path} does not match {call.body.get('sha')}")
    tree = world.repo.write_tree(f"{old}^{{tree}}", [("100644", path, world.repo.write_blob(content))])
    bot = _bot(call)
    new = world.repo.write_commit(tree, [old], call.text("message"), bot, bot)
    world.repo.update_ref(ref, new, old)
    pushes.pushed(world, call.actor.login, [(ref, old, new)])
    row = world.repo.entry(new, path)
    assert row is not None
    shown = repo.content(world, row, path, branch, None)
    return Reply({"content": shown, "commit": repo.git_commit(world, world.repo.commit(new))}, 200 if existing else 201)


def _bot(call: Call) -> Person:
    user = call.world.user(call.actor.login)
    assert user is not None
    return Person(user.login, f"{user.id}+{user.login}@users.noreply.github.com", call.world.now())


@routes.on("GET ~/branches", *read("contents"))
def list_branches(call: Call) -> Reply:
    """Branches by name."""
    rows = [(name.removeprefix("refs/heads/"), sha) for name, sha in call.world.repo.refs().items()]

    def show(row: tuple[str, str]) -> Json:
        commit = {"sha": row[1], "url": f"{call.world.api}/commits/{row[1]}"}
        return {"name": row[0], "commit": commit, "protected": False}

    return call.page(rows, show)


@routes.on("GET ~/branches/{branch:path}/protection", *read("administration"))
def get_protection(call: Call) -> Reply:
    """No branch is protected."""
    raise ApiError(404, "Branch not protected")


@routes.on("GET ~/branches/{branch:path}", *read("contents"))
def get_branch(call: Call) -> Reply:
    """A branch with its head."""
    name = call.params["branch"]
    sha = call.world.repo.refs().get(f"refs/heads/{name}")
    if sha is None:
        raise ApiError(404, "Branch not found")
    url = f"{call.world.api}/branches/{name}"
    return Reply({
        "name": name, "commit": repo.commit(call.world, call.world.repo.commit(sha)), "protected": False,
        "_links": {"self": url, "html": f"{call.world.html}/tree/{name}"},
        "protection": {"enabled": False, "required_status_checks": {
            "enforcement_level": "off", "contexts": [], "checks": []}},
        "protection_url": f"{url}/protection",
    })  # fmt: skip


@routes.on("GET ~/rules/branches/{branch:path}", *read("metadata"))
def get_rules(call: Call) -> Reply:
    """Rules that hold for a branch name, which need not exist; also those that the caller may bypass."""
    source = {"ruleset_source_type": "Repository", "ruleset_source": call.world.full_name}
    name, default = call.params["branch"], call.world.config.default_branch
    rows = [rule for rule in call.world.config.rules if applies(rule.told(), name, default)]

    def show(rule: RuleConfig) -> Json:
        return {**rules.rule(rule), **source, "ruleset_id": rule.ruleset}

    return call.page(rows, show)


@routes.on("GET ~/rulesets/{ruleset}", *read("metadata"))
def get_ruleset(call: Call) -> Reply:
    """One ruleset, and what the caller may do in spite of it."""
    mine = [rule for rule in call.world.config.rules if str(rule.ruleset) == call.params["ruleset"]]
    if not mine:
        raise ApiError(404, "Not Found")
    first = mine[0]
    return Reply({
        "id": first.ruleset, "name": f"ruleset {first.ruleset}", "target": "branch", "source_type": "Repository",
        "source": call.world.full_name, "enforcement": "active", "node_id": f"RRS_{first.ruleset}",
        "conditions": {"ref_name": {"include": first.include, "exclude": first.exclude}},
        "rules": [rules.rule(one) for one in mine],
        "current_user_can_bypass": first.bypass,
    })  # fmt: skip


@routes.on("GET ~/commits", *read("contents"))
def list_commits(call: Call) -> Reply:
    """Commits from a ref, newest first."""
    _, sha = _ref_of(call)
    rows = commits_between(call.world.repo, None, sha, call.query.get("path", ""))
    if since := call.query.get("since"):
        start = moment(since)
        rows = [row for row in rows if row.committer.at >= start]
    return call.page(rows, lambda row: repo.commit(call.world, row))


def moment(text: str) -> datetime:
    """A time of a query parameter; 422 for anything else."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise ApiError(422, f"Invalid time: {text[:40]}") from error
    if at.tzinfo is None:
        raise ApiError(422, f"Invalid time, no zone: {text[:40]}")
    return at


@routes.on("GET ~/commits/{sha}/pulls", *read("pull_requests"))
def pulls_of_commit(call: Call) -> Reply:
    """Pull requests whose head is the commit."""
    from otto_bot.playground.github.shapes import pulls

    sha = call.commit(call.params["sha"])
    rows = [row for row in call.world.pulls() if row.pull and sha in (row.pull.head_sha, row.pull.merge_sha)]
    return call.page(rows, lambda row: pulls.simple(call.world, row))


@routes.on("GET ~/compare/{span:path}", *read("contents"))
def compare(call: Call) -> Reply:
    """Difference of two commits, `base...head`."""
    base_name, dots, head_name = call.params["span"].partition("...")
    world, store = call.world, call.world.repo
    base, head = store.resolve(base_name), store.resolve(head_name)
    if not dots or base is None or head is None:
        raise not_found()
    common = merge_base(store, base, head)
    ahead, behind = commits_between(store, base, head), commits_between(store, head, base)
    words = {(True, True): "diverged", (True, False): "ahead", (False, True): "behind", (False, False): "identical"}
    url = f"{world.html}/compare/{call.params['span']}"
    word = words[bool(ahead), bool(behind)]
    return Reply({
        "url": f"{world.api}/compare/{call.params['span']}", "html_url": url, "permalink_url": url,
        "diff_url": f"{url}.diff", "patch_url": f"{url}.patch", "base_commit": repo.commit(world, store.commit(base)),
        "merge_base_commit": repo.commit(world, store.commit(common or base)), "status": word,
        "ahead_by": len(ahead), "behind_by": len(behind), "total_commits": len(ahead),
        "commits": [repo.commit(world, row) for row in reversed(ahead)],
        "files": [repo.file(world, c, head) for c in files_between(store, common, head, patches=True)],
    })  # fmt: skip


def absent(old: str | None) -> str:
    """ZERO for a ref that is not there."""
    return old or ZERO
