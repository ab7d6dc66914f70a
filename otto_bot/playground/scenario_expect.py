"""What a scenario expects at its end, and the words that all of a scenario's parts share."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Role = Literal["planner", "coder", "judge", "pilot", "replan", "journeys", "triage"]
TaskKey = Annotated[str, Field(pattern=r"^t[1-9][0-9]{0,2}$")]
Number = Annotated[int, Field(ge=1)]
Words = Annotated[list[Annotated[str, Field(min_length=1)]], Field(max_length=100)]


class Part(BaseModel):
    """Base of every part of a scenario: unknown keys are errors, so that a typo never passes for a rule."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class ExpectTask(Part):
    """How one task must have ended."""

    state: str
    attempts: Annotated[int, Field(ge=0)] | None = None


class ExpectText(Part):
    """Texts of comments: how many comments at a place hold all of `contains` and none of `lacks`."""

    where: Annotated[str, Field(pattern=r"^(?:issue|pull)/(?:[1-9][0-9]*|\*)$")] = "issue/1"
    author: str | None = None
    contains: Words = []
    lacks: Words = []
    was: Words = []
    """Stood in one and the same version of it, the newest or an earlier one."""
    count: Annotated[int, Field(ge=0)] | None = None


class ExpectThread(Part):
    """Comments on lines of a pull request that hold all of `contains` and none of `lacks`: how many there are."""

    number: Number | None = None
    author: str | None = None
    path: str | None = None
    line: Number | None = None
    answer: bool = True
    """Only answers in a thread (False: only what begins one)."""
    contains: Words = []
    lacks: Words = []
    reaction: str | None = None
    count: Annotated[int, Field(ge=0)] | None = None


class ExpectPull(Part):
    """A pull request that must be there; what is left out does not matter."""

    number: Number | None = None
    title: str | None = None
    draft: bool | None = None
    state: Literal["open", "closed"] | None = None
    merged: bool | None = None
    base: str | None = None
    head: str | None = None
    files: list[str] | None = None
    reviewers: list[str] | None = None
    contains: Words = []
    count: Annotated[int, Field(ge=0)] | None = None


class ExpectCheck(Part):
    """A check run that must be there (`name` and `conclusion` as GitHub shows them); one of Otto's may say words."""

    name: str
    conclusion: str | None = None
    contains: Words = []
    count: Annotated[int, Field(ge=0)] | None = None


class ExpectWorkflowRun(Part):
    """A workflow run that must be there: `workflow` is its name; `conclusion` is that of its latest attempt."""

    workflow: str | None = None
    conclusion: str | None = None
    attempt: Number | None = None
    """How often it ran: 2 where it was started again once."""
    count: Annotated[int, Field(ge=0)] | None = None


class ExpectRequests(Part):
    """How often a request may have reached the stand-in (`path`: a regular expression), what it met, how it ended."""

    method: str | None = None
    path: str = ".*"
    fault: str | None = None
    status: int | None = None
    at_least: Annotated[int, Field(ge=0)] = 0
    at_most: Annotated[int, Field(ge=0)] | None = None


class Expect(Part):
    """What must hold at the end."""

    outcome: str | None = None
    tasks: dict[TaskKey, str | ExpectTask] = {}
    gates: Annotated[int, Field(ge=0)] | None = None
    decided_by: list[Literal["pilot", "replan", "rules", "human"]] | None = None
    order: list[str | dict[str, Any]] = []
    texts: list[ExpectText] = []
    threads: list[ExpectThread] = []
    pull_requests: list[ExpectPull] = []
    checks: list[ExpectCheck] = []
    workflow_runs: list[ExpectWorkflowRun] = []
    requests: list[ExpectRequests] = []
    model_calls: dict[Role, Annotated[int, Field(ge=0)]] = {}
