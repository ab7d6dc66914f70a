"""Labels of the repository."""

from __future__ import annotations

import re

from otto_bot.playground.github.changes import issues as changes
from otto_bot.playground.github.routing import Call, Reply, Routes, invalid, not_found, read, write
from otto_bot.playground.github.shapes import issues
from otto_bot.playground.github.state import Label

routes = Routes()
MAX_NAME = 50
MAX_DESCRIPTION = 100


@routes.on("GET ~/labels", *read("issues", "pull_requests"))
def list_labels(call: Call) -> Reply:
    """Every label."""
    return call.page(call.world.labels, lambda row: issues.label(call.world, row))


@routes.on("POST ~/labels", *write("issues", "pull_requests"))
def create_label(call: Call) -> Reply:
    """A new label; 422 `already_exists` for a name that is taken."""
    name = call.text("name")
    if not name.strip() or len(name) > MAX_NAME:
        raise invalid("Label", "name", "invalid", f"name is too long (maximum is {MAX_NAME} characters)")
    if call.world.label(name):
        raise invalid("Label", "name", "already_exists")
    color, description = _color(call), _description(call)
    row = changes.ensure_label(call.world, name, call.actor.login, color or "ededed", description)
    return Reply(issues.label(call.world, row), 201)


def _color(call: Call) -> str | None:
    color = call.text("color", required=False)
    if color and not re.fullmatch(r"[0-9a-fA-F]{6}", color):
        raise invalid("Label", "color")
    return color or None


def _description(call: Call) -> str | None:
    text = call.text("description", required=False)
    if len(text) > MAX_DESCRIPTION:
        raise invalid("Label", "description", "too_long", f"description is too long (maximum is {MAX_DESCRIPTION})")
    return text or None


def _label(call: Call) -> Label:
    row = call.world.label(call.params["name"])
    if row is None:
        raise not_found()
    return row


@routes.on("GET ~/labels/{name:path}", *read("issues", "pull_requests"))
def get_label(call: Call) -> Reply:
    """One label."""
    return Reply(issues.label(call.world, _label(call)))


@routes.on("PATCH ~/labels/{name:path}", *write("issues", "pull_requests"))
def update_label(call: Call) -> Reply:
    """Another name, colour or description."""
    row = _label(call)
    new = call.text("new_name", required=False) or row.name
    if new.lower() != row.name.lower() and call.world.label(new):
        raise invalid("Label", "name", "already_exists")
    for issue in call.world.issues:
        issue.labels = [new if name == row.name else name for name in issue.labels]
    row.name, row.color = new, _color(call) or row.color
    row.description = _description(call) if "description" in call.body else row.description
    return Reply(issues.label(call.world, row))


@routes.on("DELETE ~/labels/{name:path}", *write("issues", "pull_requests"))
def delete_label(call: Call) -> Reply:
    """Removes a label, from every issue too."""
    row = _label(call)
    for issue in call.world.issues:
        issue.labels = [name for name in issue.labels if name != row.name]
    call.world.labels.remove(row)
    return Reply(status=204)
