"""What happens to the repository as a whole, to an issue that leaves it, and to the app's installation."""

from __future__ import annotations

from otto_bot.playground.github.changes import issues as issue_changes
from otto_bot.playground.github.changes import pulls as pull_changes
from otto_bot.playground.github.gitrepo import ZERO
from otto_bot.playground.github.shapes import issues, people, pulls, repo
from otto_bot.playground.github.state import Issue, Json
from otto_bot.playground.github.world import OTHER_REPO_ID, World


def tell(world: World, action: str, actor: str, **more: object) -> None:
    """A `repository` event: its body is the repository, which every webhook has."""
    world.announce("repository", action, actor, dict(more))


def rename(world: World, actor: str, name: str) -> None:
    """Another name; the old one leads to the new one as long as no other repository takes it."""
    old = world.config.repo
    world.old_names.append(world.full_name.lower())
    world.config = world.config.model_copy(update={"repo": name})
    tell(world, "renamed", actor, changes={"repository": {"name": {"from": old}}})


def rename_default_branch(world: World, actor: str, name: str) -> None:
    """The branch, the default that names it, and the base of open pull requests."""
    old = world.config.default_branch
    sha = world.repo.refs()[f"refs/heads/{old}"]
    world.repo.update_ref(f"refs/heads/{name}", sha, ZERO)
    world.repo.set_head(name)
    world.repo.update_ref(f"refs/heads/{old}", ZERO, sha)
    world.config = world.config.model_copy(update={"default_branch": name})
    for issue in world.pulls():
        if issue.state == "open" and pulls.part(issue).base_ref == old:
            pull_changes.rebase_on(world, actor, issue, name)
    tell(world, "edited", actor, changes={"default_branch": {"from": old}})


def archive(world: World, actor: str, *, archived: bool) -> None:
    """Read-only for everybody, or open again."""
    if world.archived == archived:
        return
    world.archived = archived
    tell(world, "archived" if archived else "unarchived", actor)


def transfer_issue(world: World, actor: str, issue: Issue, to: str, *, seen: bool) -> None:
    """The issue and its comments are another repository's now; `seen`: the app may read there."""
    owner, _, name = to.partition("/")
    there = {**repo.full(world), "id": OTHER_REPO_ID, "name": name, "full_name": to}
    there["owner"] = people.known_user(world, owner)
    new = {**issues.issue(world, issue), "id": world.next_id(), "number": 1}
    new["html_url"] = f"{world.base_url}/{to}/issues/1"
    issue.gone = "transferred" if seen else "hidden"
    changes: Json = {"new_issue": new, "new_repository": there}
    issue_changes.tell(world, issue, "transferred", actor, changes=changes)


def delete_issue(world: World, actor: str, issue: Issue) -> None:
    """Gone, with all that was said there."""
    issue.gone = "deleted"
    issue_changes.tell(world, issue, "deleted", actor)


def suspend(world: World, actor: str, *, suspended: bool) -> None:
    """The owner lets the app in no more, or again. Only this is told to a suspended app."""
    if (world.suspended_at is not None) == suspended:
        return
    world.suspended_at = world.now() if suspended else None
    world.suspended_by = actor if suspended else None
    world.announce(
        "installation", "suspend" if suspended else "unsuspend", actor, {"installation": people.installation(world)}
    )


def installed(world: World, actor: str, action: str) -> None:
    """`installation`: `created`, `deleted` or `new_permissions_accepted`, with the repositories it is about."""
    if action != "new_permissions_accepted":
        world.uninstalled = world.taken_out = action == "deleted"
    else:
        world.accepted = None
    body = {"installation": people.installation(world), "repositories": [short(world)]}
    world.announce("installation", action, actor, {**body, "requester": None} if action == "created" else body)


def selected(world: World, actor: str, *, added: bool) -> None:
    """The one repository is put into the installation's selection, or taken out of it."""
    world.taken_out = not added
    lists = {"repositories_added": [short(world)] if added else [], "repositories_removed": []}
    lists["repositories_removed"] = [] if added else [short(world)]
    body = {"installation": people.installation(world), "repository_selection": "selected", **lists, "requester": None}
    world.announce("installation_repositories", "added" if added else "removed", actor, body)


def short(world: World) -> Json:
    """A repository in an installation's list."""
    shown = repo.minimal(world)
    return {key: shown[key] for key in ("id", "node_id", "name", "full_name", "private")}
