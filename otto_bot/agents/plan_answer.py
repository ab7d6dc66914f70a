"""The form of the planner's answer on the wire: a plan in the order in which it should be thought."""

from __future__ import annotations

from typing import Any, ClassVar

from otto_bot.core.plan import Plan
from otto_bot.core.plan_growth import MorePlan

_ORDER = (
    "summary", "domains", "mode", "stack", "assumptions", "non_goals", "spec", "architecture", "tasks", "relations",
)  # fmt: skip


class PlanAnswer(Plan):
    """A plan of the planner's. Its schema asks for every field: optional ones are limited by the provider (24 in all),
    and what may be left out is left out. What is missing all the same gets its default when it is read."""

    scoped: ClassVar[bool] = False
    """Whether tasks have a scope: only where the repository has several projects."""

    @classmethod
    def model_json_schema(cls, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """The schema with classification first and nothing optional; a plan of one task says `spec: null`."""
        schema = super().model_json_schema(*args, **kwargs)
        for part in (schema, *schema.get("$defs", {}).values()):
            if "properties" in part:
                part["required"] = list(part["properties"])
        schema["properties"] = {name: schema["properties"][name] for name in _ORDER}
        schema["required"] = list(_ORDER)
        return schema if cls.scoped else without_projects(schema)

    def plan(self) -> Plan:
        """The plan as the heart knows it, fit for what its tasks show: one task has no spec, domains or features."""
        fields = {name: getattr(self, name) for name in Plan.model_fields}
        plan = Plan.model_construct(**fields)
        if len(plan.tasks) > 1:
            return plan.model_copy(update={"mode": "decomposed"})
        tasks = tuple(task.model_copy(update={"features": ()}) for task in plan.tasks)
        return plan.model_copy(update={"mode": "single", "tasks": tasks, "domains": (), "spec": None})


class ScopedAnswer(PlanAnswer):
    """The same for a repository of several projects: each task names those that it is about."""

    scoped: ClassVar[bool] = True


class MoreAnswer(MorePlan):
    """More tasks of a repository without projects."""

    @classmethod
    def model_json_schema(cls, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """The schema without scopes."""
        return without_projects(super().model_json_schema(*args, **kwargs))


def without_projects(schema: dict[str, Any]) -> dict[str, Any]:
    """A schema in which a task has no scope."""
    task = schema.get("$defs", {}).get("TaskSpec", {})
    task.get("properties", {}).pop("projects", None)
    if "projects" in task.get("required", []):
        task["required"].remove("projects")
    return schema
