"""What administrators have set around Actions, as far as an App may be granted to see it: policy and environments."""

from __future__ import annotations

from otto_bot.playground.actions.standing import Standing
from otto_bot.playground.github.routing import Call, Reply, Routes, read
from otto_bot.playground.github.shapes import people
from otto_bot.playground.github.state import Json
from otto_bot.playground.github.world import node_id, stamp

routes = Routes()


def _standing(call: Call) -> Standing:
    """How it is set; a stand-in without Actions has them disabled."""
    found = getattr(call.hub.actions, "standing", None)
    return found if isinstance(found, Standing) else Standing(enabled=False)


@routes.on("GET ~/actions/permissions", *read("administration"))
def actions_permissions(call: Call) -> Reply:
    """Whether Actions may run, and which."""
    standing = _standing(call)
    if not standing.enabled:
        return Reply({"enabled": False, "sha_pinning_required": standing.sha_pinning})
    return Reply({"enabled": True, "allowed_actions": "all", "sha_pinning_required": standing.sha_pinning})


@routes.on("GET ~/environments", *read("actions"))
def environments(call: Call) -> Reply:
    """Every environment with who must approve what uses it."""
    rows = list(enumerate(_standing(call).environments.items(), 1))

    def show(row: tuple[int, tuple[str, tuple[str, ...]]]) -> Json:
        number, (name, logins) = row
        url, made = f"{call.world.api}/environments/{name}", stamp(call.world.started_at)
        who = [{"type": "User", "reviewer": people.known_user(call.world, login)} for login in logins]
        rule = {"id": number, "node_id": node_id("GA", number), "prevent_self_review": False,
                "type": "required_reviewers", "reviewers": who}  # fmt: skip
        return {
            "id": number, "node_id": node_id("EN", number), "name": name, "url": url, "html_url": call.world.html,
            "created_at": made, "updated_at": made, "protection_rules": [rule] if logins else [],
            "deployment_branch_policy": None,
        }  # fmt: skip

    return call.page(rows, show, key="environments")
