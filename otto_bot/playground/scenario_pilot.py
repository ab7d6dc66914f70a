"""What a pilot that the server puts together says of each task: right and wrong answers, drawn by accuracy and seed."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from otto_bot.playground.scenario_expect import Part, TaskKey

FailureClass = Literal["code", "environment", "infrastructure", "spec"]
Action = Literal["retry", "retry_different", "restart_fresh", "skip", "ask"]


class PilotAnswer(Part):
    """One task's part of a pilot's answer; `quotes` that stand in no evidence are left out."""

    class_: Annotated[FailureClass, Field(alias="class")]
    summary: Annotated[str, Field(min_length=1, max_length=300)]
    quotes: list[Annotated[str, Field(min_length=1)]] = []
    action: Action
    guidance: Annotated[str, Field(max_length=2000)] = ""
    reason: Annotated[str, Field(max_length=300)] = ""
    question: Annotated[str, Field(max_length=500)] = ""
    routed: dict[TaskKey, Annotated[str, Field(min_length=1, max_length=1000)]] = {}


class PilotReply(Part):
    """An answer that fits whatever gate it is asked at. Each task draws: right with probability `accuracy`."""

    accuracy: Annotated[float, Field(ge=0, le=1)] = 1.0
    seed: int = 0
    right: dict[TaskKey, PilotAnswer] = {}
    wrong: dict[TaskKey, list[PilotAnswer]] = {}
