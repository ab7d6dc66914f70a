"""What a plan is held against, and how a rule says that it is broken."""

from __future__ import annotations

from enum import StrEnum

from otto_bot.core.values import Frozen


class PlanRule(StrEnum):
    """The rules of a plan, by the name that the planner and people read."""

    TASK_KEYS = "task_keys"
    TOO_MANY = "too_many_tasks"
    DEPENDENCY = "dependency"
    CYCLE = "cycle"
    RELATION_KEYS = "relation_keys"
    RELATION = "relation"
    CRITERIA = "criteria"
    TESTABLE = "testable"
    COHESIVE = "cohesive"
    SLICE = "slice"
    TEST_ONLY = "test_only"
    COVERAGE = "coverage"
    UNASKED = "unasked"
    JOURNEYS = "journeys"
    SCOPE = "scope"
    STACK = "stack"
    PROJECTS = "projects"


ORDER_RULES = frozenset({PlanRule.DEPENDENCY, PlanRule.CYCLE, PlanRule.RELATION_KEYS, PlanRule.RELATION})
"""Broken ones are mended by running the tasks one after another."""

SHAPE_RULES = frozenset({PlanRule.TASK_KEYS, PlanRule.TOO_MANY, PlanRule.COHESIVE, PlanRule.SLICE, PlanRule.TEST_ONLY})
"""Broken ones mean that the work is cut in the wrong places."""


class PlanProblem(Frozen):
    """One broken rule: where, and why in words that help its author."""

    rule: PlanRule
    where: str
    reason: str

    @property
    def line(self) -> str:
        """`rule: where: reason`."""
        return f"{self.rule.value}: {self.where}: {self.reason}"


class Intent(Frozen):
    """What people asked for, and what the repository shows.

    `paths` are the repository's files; `manifests` (path, text) those that were read, such as package.json.
    """

    title: str
    body: str = ""
    guidance: str = ""
    paths: tuple[str, ...] = ()
    manifests: tuple[tuple[str, str], ...] = ()
    projects: tuple[str, ...] = ()
    """Paths of the repository's projects; empty where it has no parts."""

    @property
    def texts(self) -> tuple[str, ...]:
        """What people wrote; a quote stands in one of them."""
        return (self.title, self.body, self.guidance)
