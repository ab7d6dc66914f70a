"""The addresses of the API that only read. Every one asks who looks before it reads anything."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Path, Query, Request

from otto_bot.store.listing import Wanted
from otto_bot.web.api.base import MOST_RUN, refusals
from otto_bot.web.api.gate_models import GateAnswer
from otto_bot.web.api.host_models import HealthAnswer, InsightAnswer
from otto_bot.web.api.reading import Reading
from otto_bot.web.api.run_models import EventList, RunAnswer, RunList
from otto_bot.web.api.task_models import TaskAnswer
from otto_bot.web.viewer import Viewer
from otto_bot.web.views.runs import FURTHEST, LARGEST, after_of

Looking = Callable[..., Awaitable[None]]
Beside = Callable[[Callable[[], Any]], Awaitable[Any]]
LOST = refusals(404, 409)
MOST_EVENTS = 500

RunId = Annotated[int, Path(ge=1, le=MOST_RUN, description="Number of the run.")]
Key = Annotated[str, Path(max_length=20, description="Key of the task, such as `t1`.")]
Number = Annotated[int, Path(ge=1, le=100_000, description="Number of the gate.")]
Repo = Annotated[str, Query(max_length=200, description="`owner/name`; empty = every repository.")]
State = Annotated[
    Literal["", "working", "waiting", "over"],
    Query(description="`working`, `waiting` (for a person, paused or shut out) or `over`."),
]
Ended = Annotated[Literal["", "done", "done_partial", "needs_human", "cancelled", "failed"], Query()]
Text = Annotated[str, Query(max_length=200, description="Words of the title, or the issue's number.")]
PageNumber = Annotated[int, Query(ge=1, le=FURTHEST)]
Size = Annotated[int, Query(ge=1, le=FURTHEST, description=f"Rows a page; more than {LARGEST} are {LARGEST}.")]
AsOf = Annotated[
    float | None, Query(gt=0, allow_inf_nan=False, description="`as_of` of the first page, for later ones.")
]
Behind = Annotated[
    str,
    Query(pattern="^([01]-[0-9]{1,15})?$", description="As in `next`: go on behind that row. Not for page 1."),
]
After = Annotated[int, Query(ge=0, le=2**31 - 1, description="Events after this number; 0 = from the first one.")]
Most = Annotated[int, Query(ge=1, le=MOST_EVENTS, description="So many at most.")]
Every = Annotated[bool, Query(description="Also those that only say how the work is done.")]


def looking_routes(reading: Reading, looking: Looking, beside: Beside) -> APIRouter:
    """Routes over what is read; `looking` leaves who asks in the request, `beside` works outside of the event loop."""
    api = APIRouter(dependencies=[Depends(looking)])
    _of_runs(api, reading, beside)
    _of_parts(api, reading, beside)
    _of_host(api, reading, beside)
    return api


def who(request: Request) -> Viewer:
    """Whom `looking` let in."""
    viewer = request.state.viewer
    assert isinstance(viewer, Viewer)
    return viewer


def _of_runs(api: APIRouter, reading: Reading, beside: Beside) -> None:
    @api.get("/runs", response_model=RunList, summary="List runs", operation_id="list_runs")
    async def runs(
        request: Request, repo: Repo = "", state: State = "", outcome: Ended = "", text: Text = "",
        page: PageNumber = 1, size: Size = 25, as_of: AsOf = None, after: Behind = "",
    ) -> Any:  # fmt: skip
        now = reading.now()
        wanted = Wanted(
            repo=_clean(repo), standing=state, outcome=outcome, text=_clean(text), page=page, size=min(size, LARGEST),
            as_of=min(as_of, now) if as_of is not None else now, after=after_of(after) if page > 1 else None,
        )  # fmt: skip
        return await beside(lambda: reading.runs(who(request), wanted))

    @api.get("/runs/{run_id}", response_model=RunAnswer, responses=LOST, summary="One run", operation_id="get_run")
    async def run(request: Request, run_id: RunId) -> Any:
        return await beside(lambda: reading.run(who(request), run_id))

    @api.get(
        "/runs/{run_id}/events", response_model=EventList, responses=LOST, summary="What happened in a run",
        operation_id="list_events",
    )  # fmt: skip
    async def events(request: Request, run_id: RunId, after: After = 0, most: Most = 100, every: Every = False) -> Any:
        return await beside(lambda: reading.events(who(request), run_id, after, most, every=every))


def _of_parts(api: APIRouter, reading: Reading, beside: Beside) -> None:
    @api.get(
        "/runs/{run_id}/tasks/{key}", response_model=TaskAnswer, responses=LOST, summary="One task",
        operation_id="get_task",
    )  # fmt: skip
    async def task(request: Request, run_id: RunId, key: Key) -> Any:
        return await beside(lambda: reading.task(who(request), run_id, key))

    @api.get(
        "/runs/{run_id}/gates/{number}", response_model=GateAnswer, responses=LOST, summary="One gate",
        operation_id="get_gate",
    )  # fmt: skip
    async def gate(request: Request, run_id: RunId, number: Number) -> Any:
        return await beside(lambda: reading.gate(who(request), run_id, number))


def _of_host(api: APIRouter, reading: Reading, beside: Beside) -> None:
    @api.get(
        "/insight", response_model=InsightAnswer, summary="What decisions and estimates were worth",
        operation_id="get_insight",
    )  # fmt: skip
    async def insight(request: Request, repo: Repo = "") -> Any:
        return await beside(lambda: reading.insight(who(request), _clean(repo)))

    @api.get("/health", response_model=HealthAnswer, summary="The host", operation_id="get_health")
    async def health(request: Request) -> Any:
        return await beside(lambda: reading.health(who(request)))


def _clean(words: str) -> str:
    """Without what no database takes."""
    return words.strip().replace("\x00", "").encode("utf-8", "replace").decode("utf-8")
