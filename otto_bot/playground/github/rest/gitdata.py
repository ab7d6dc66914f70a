"""The Git Data API: refs, commits, trees, blobs."""

from __future__ import annotations

import base64
import binascii
import re

from otto_bot.playground.github.changes import pushes
from otto_bot.playground.github.gitdiff import is_ancestor
from otto_bot.playground.github.gitrepo import ZERO, GitError, Person
from otto_bot.playground.github.push_rules import applies, violations
from otto_bot.playground.github.rest.repos import moment
from otto_bot.playground.github.routing import ApiError, Call, Reply, Routes, not_found, read, write
from otto_bot.playground.github.shapes import repo
from otto_bot.playground.github.state import Json
from otto_bot.playground.github.world import World

routes = Routes()
SHA = re.compile(r"[0-9a-f]{40}")
MODES = ("100644", "100755", "040000", "160000", "120000")


@routes.on("GET ~/git/ref/{ref:path}", *read("contents"))
def get_ref(call: Call) -> Reply:
    """One ref by its exact name."""
    name = f"refs/{call.params['ref']}"
    sha = call.world.repo.refs("refs/").get(name)
    if sha is None:
        raise not_found()
    return Reply(repo.ref(call.world, name, sha))


@routes.on("GET ~/git/matching-refs/{ref:path}", *read("contents"))
def matching_refs(call: Call) -> Reply:
    """Refs that begin with a name."""
    rows = list(call.world.repo.refs(f"refs/{call.params['ref']}").items())
    return call.page(rows, lambda row: repo.ref(call.world, *row))


@routes.on("POST ~/git/refs", *write("contents"))
def create_ref(call: Call) -> Reply:
    """A new ref at an existing object."""
    world, name, sha = call.world, call.text("ref"), call.text("sha")
    if not name.startswith("refs/") or name.count("/") < 2 or not world.repo.valid_ref(name):
        raise ApiError(422, f"Reference name {name[:100]!r} is invalid")
    if not SHA.fullmatch(sha) or world.repo.object_type(sha) is None:
        raise ApiError(422, "Object does not exist")
    if name in world.repo.refs("refs/"):
        raise ApiError(422, "Reference already exists")
    _refuse_workflows(call, sha)
    _move(call, name, sha, ZERO)
    return Reply(repo.ref(world, name, sha), 201)


@routes.on("PATCH ~/git/refs/{ref:path}", *write("contents"))
def update_ref(call: Call) -> Reply:
    """Moves a ref; without `force` only forward."""
    world, name, sha = call.world, f"refs/{call.params['ref']}", call.text("sha")
    old = world.repo.refs("refs/").get(name)
    if old is None:
        raise ApiError(422, "Reference does not exist")
    if not SHA.fullmatch(sha) or world.repo.object_type(sha) is None:
        raise ApiError(422, "Object does not exist")
    if not call.body.get("force") and not is_ancestor(world.repo, old, sha):
        raise ApiError(422, "Update is not a fast forward")
    _refuse_workflows(call, sha)
    _move(call, name, sha, old)
    return Reply(repo.ref(world, name, sha))


@routes.on("DELETE ~/git/refs/{ref:path}", *write("contents"))
def delete_ref(call: Call) -> Reply:
    """Deletes a ref."""
    name = f"refs/{call.params['ref']}"
    old = call.world.repo.refs("refs/").get(name)
    if old is None:
        raise ApiError(422, "Reference does not exist")
    _move(call, name, ZERO, old)
    return Reply(status=204)


def _move(call: Call, name: str, new: str, old: str) -> None:
    _hold_to_rules(call, name, new, old)
    try:
        call.world.repo.update_ref(name, new, old)
    except GitError as error:
        raise ApiError(422, f"Reference cannot be updated: {error}") from error
    if new != old:
        pushes.pushed(call.world, call.actor.login, [(name, old, new)])


def _hold_to_rules(call: Call, name: str, new: str, old: str) -> None:
    """The rules of a ruleset hold for the API as they do for pushes."""
    world, branch = call.world, name.removeprefix("refs/heads/")
    rules = [rule.told() for rule in world.config.rules if not rule.bypassed]
    mine = [rule for rule in rules if applies(rule, branch, world.config.default_branch)]
    if not mine or not name.startswith("refs/heads/"):
        return
    found = violations(world.repo.git, mine, world.repo.signed(), name, old, new)
    if found:
        told = "\n\n".join(one.words for one in found)
        raise ApiError(422, f"Repository rule violations found\n\n{told}\n\n")


def _refuse_workflows(call: Call, sha: str) -> None:
    if call.actor.permissions.get("workflows") != "write" and new_workflow(call.world, sha):
        raise ApiError(403, "Resource not accessible by integration")


def new_workflow(world: World, sha: str) -> str | None:
    """A workflow file of `sha` that no branch has with this content; None when there is none."""
    path = ".github/workflows"
    try:
        rows = world.repo.tree(sha, path=path)
    except GitError:
        return None
    known = {
        entry.sha for head in set(world.repo.refs().values()) if world.repo.entry(head, path)
        for entry in world.repo.tree(head, path=path)
    }  # fmt: skip
    return next((f"{path}/{row.path}" for row in rows if row.sha not in known), None)


@routes.on("GET ~/git/commits/{sha}", *read("contents"))
def get_commit(call: Call) -> Reply:
    """A commit object."""
    if not SHA.fullmatch(call.params["sha"]) or call.world.repo.object_type(call.params["sha"]) != "commit":
        raise not_found()
    return Reply(repo.git_commit(call.world, call.world.repo.commit(call.params["sha"])))


@routes.on("POST ~/git/commits", *write("contents"))
def create_commit(call: Call) -> Reply:
    """A new commit object; author and committer default to the app's account.

    What a bot makes without saying who and when is signed by GitHub, whose name is then the committer's.
    """
    world, tree, parents = call.world, call.text("tree"), call.texts("parents")
    if not SHA.fullmatch(tree) or world.repo.object_type(tree) != "tree":
        raise ApiError(422, "Tree SHA does not exist")
    if not all(SHA.fullmatch(p) and world.repo.object_type(p) == "commit" for p in parents):
        raise ApiError(422, "Parent SHA does not exist or is not a commit object")
    author = _person(call, call.body.get("author"))
    if call.actor.kind == "installation" and not {"author", "committer", "signature"} & call.body.keys():
        web_flow = Person("GitHub", "noreply@github.com", author.at)
        sha = world.repo.write_signed(tree, parents, call.text("message"), author, web_flow)
        return Reply(repo.git_commit(world, world.repo.commit(sha)), 201)
    committer = _person(call, call.body.get("committer")) if call.body.get("committer") else author
    sha = world.repo.write_commit(tree, parents, call.text("message"), author, committer)
    return Reply(repo.git_commit(world, world.repo.commit(sha)), 201)


def _person(call: Call, value: object) -> Person:
    user = call.world.user(call.actor.login)
    assert user is not None
    given = value if isinstance(value, dict) else {}
    email = str(given.get("email") or f"{user.id}+{user.login}@users.noreply.github.com")
    at = moment(str(given["date"])) if given.get("date") else call.world.now()
    return Person(str(given.get("name") or user.login), email, at)


@routes.on("GET ~/git/trees/{sha:path}", *read("contents"))
def get_tree(call: Call) -> Reply:
    """A tree by SHA, branch or commit, recursively on request."""
    store, name = call.world.repo, call.params["sha"]
    target = name if SHA.fullmatch(name) and store.object_type(name) else store.resolve(name)
    if target is None:
        raise not_found()
    sha = store.line("rev-parse", f"{target}^{{tree}}")
    rows = store.tree(sha, recursive="recursive" in call.query)
    return Reply({
        "sha": sha, "url": f"{call.world.api}/git/trees/{sha}", "truncated": False,
        "tree": [repo.tree_entry(call.world, row) for row in rows],
    })  # fmt: skip


@routes.on("POST ~/git/trees", *write("contents"))
def create_tree(call: Call) -> Reply:
    """A new tree from a base and entries."""
    store = call.world.repo
    items = call.body.get("tree")
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise ApiError(422, 'Invalid request.\n\n"tree" wasn\'t supplied.')
    base = call.text("base_tree", required=False) or None
    if base and (not SHA.fullmatch(base) or store.object_type(base) not in ("tree", "commit")):
        raise ApiError(422, "base_tree is not a valid tree oid")
    try:
        sha = store.write_tree(base, [_entry(call, item) for item in items])
    except GitError as error:
        raise ApiError(422, f"tree: {error}") from error
    rows = [repo.tree_entry(call.world, row) for row in store.tree(sha)]
    body = {"sha": sha, "url": f"{call.world.api}/git/trees/{sha}", "tree": rows, "truncated": False}
    return Reply(body, 201)


def _entry(call: Call, item: Json) -> tuple[str, str, str | None]:
    path, mode = item.get("path"), item.get("mode", "100644")
    parts = path.split("/") if isinstance(path, str) else [""]
    if any(part in ("", ".", "..", ".git") for part in parts) or "\x00" in str(path):
        raise ApiError(422, "tree.path contains a malformed path component")
    if mode not in MODES:
        raise ApiError(422, f"tree.mode is not one of {', '.join(MODES)}")
    if isinstance(item.get("content"), str):
        return mode, str(path), call.world.repo.write_blob(item["content"].encode())
    sha = item.get("sha")
    if sha is not None and not SHA.fullmatch(str(sha)):
        raise ApiError(422, "tree.sha is not a valid SHA")
    return mode, str(path), sha


@routes.on("GET ~/git/blobs/{sha}", *read("contents"))
def get_blob(call: Call) -> Reply:
    """A blob in Base64."""
    sha, store = call.params["sha"], call.world.repo
    if not SHA.fullmatch(sha) or store.object_type(sha) != "blob":
        raise not_found()
    body = store.read_blob(sha)
    return Reply({
        "sha": sha, "node_id": f"B_{sha}", "size": len(body), "url": f"{call.world.api}/git/blobs/{sha}",
        "content": base64.encodebytes(body).decode(), "encoding": "base64",
    })  # fmt: skip


@routes.on("POST ~/git/blobs", *write("contents"))
def create_blob(call: Call) -> Reply:
    """A new blob."""
    text = call.text("content", limit=10**8)
    try:
        body = base64.b64decode(text) if call.body.get("encoding") == "base64" else text.encode()
    except binascii.Error as error:
        raise ApiError(422, "content is not valid Base64") from error
    sha = call.world.repo.write_blob(body)
    return Reply({"sha": sha, "url": f"{call.world.api}/git/blobs/{sha}"}, 201)
