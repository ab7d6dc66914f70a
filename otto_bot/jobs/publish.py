"""What people see: each surface is written as it should be now; a second write of the same is no second comment."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from otto_bot.core.barring import ISSUE_GONE
from otto_bot.core.edits import known_digest
from otto_bot.core.effects import Effect
from otto_bot.core.events import PersonCalled, PlanPosted, Published, Replied, RunEvent, Tidied, TimeUsedUp
from otto_bot.core.reviewing import comment_of, told_by
from otto_bot.core.run import Outcome, Run
from otto_bot.core.showing import gives_way
from otto_bot.core.surfaces import CONTEXT, LABELS, MARK, PLAN, PULL, RUN_CHECK, STATUS, labels, surfaces
from otto_bot.core.waits import gate_call, waits_for
from otto_bot.github.ci_models import CheckAction, CheckAnnotation
from otto_bot.github.verbs import Repository
from otto_bot.jobs.ask_for_review import ask_for_review
from otto_bot.jobs.context import Context
from otto_bot.jobs.context_notes import keep_context
from otto_bot.jobs.drafts import has_no_drafts
from otto_bot.jobs.post_journeys import show_round
from otto_bot.store.effect_rows import Ticket
from otto_bot.text.call import call_comment, call_words
from otto_bot.text.check import CheckText, attempt_check, run_check
from otto_bot.text.decision import decision_comment
from otto_bot.text.markers import marker
from otto_bot.text.moved import issue_gone_comment
from otto_bot.text.plan import plan_comment
from otto_bot.text.pull import IN_PROGRESS, pull_body, pull_title, template_of
from otto_bot.text.reply import reply_comment
from otto_bot.text.status import status_comment

VERIFICATION_LABEL = "otto:verification"
Writer = Callable[[Context, Run, str], Awaitable[int | None]]


async def show(context: Context, run: Run, effect: Effect, _ticket: Ticket) -> Sequence[RunEvent]:
    """Published with the digest of what was written."""
    digest = surfaces(run).get(effect.target)
    if digest is None or run.shown.get(effect.target) == digest:
        return []
    written = await _writer(effect.target)(context, run, effect.target)
    return [Published(at=context.now(), surface=effect.target, digest=digest, github_id=written)]


def _writer(surface: str) -> Writer:
    fixed: dict[str, Writer] = {
        STATUS: _status, PLAN: _plan, PULL: _pull, LABELS: _labels, RUN_CHECK: _run_check, CONTEXT: keep_context
    }  # fmt: skip
    if surface in fixed:
        return fixed[surface]
    if surface.startswith("journeys/"):
        return show_round
    if surface.startswith(MARK):
        return _mark
    return _gate if surface.startswith("gate/") else _attempt_check


def _repository(context: Context, run: Run, surface: str) -> Repository:
    """Live progress gives way to what people wait for."""
    repository = context.repository(run)
    return repository.yielding() if gives_way(run, surface) else repository


async def _status(context: Context, run: Run, surface: str) -> int | None:
    body = status_comment(run, context.links(run), context.now())
    repository = _repository(context, run, surface)
    ref = await repository.upsert_comment(run.issue, marker(run.id, surface), body, run.ids.get(surface))
    return ref.id


async def _plan(context: Context, run: Run, surface: str) -> int | None:
    body = plan_comment(run, context.links(run))
    ref = await context.repository(run).upsert_comment(run.issue, marker(run.id, surface), body, run.plan_comment_id)
    return ref.id


async def _gate(context: Context, run: Run, surface: str) -> int | None:
    gate = told_by(run).get(surface)
    if run.pull_request is None or gate is None:
        return None
    links, wait = context.links(run), gate_call(run, gate.number)
    call = call_words(run, wait, links) if wait is not None else ()
    body = decision_comment(run, gate, links, context.now(), call)
    repository = context.repository(run)
    ref = await repository.upsert_comment(run.pull_request, marker(run.id, surface), body, comment_of(run, gate))
    return ref.id


async def _pull(context: Context, run: Run, surface: str) -> int | None:
    """Body and title; when all is settled the labeller is asked for a review, and the draft stays unless configured."""
    if run.pull_request is None:
        return None
    repository = _repository(context, run, surface)
    pull = await repository.pull_request(run.pull_request)
    body = pull_body(run, context.links(run), template_of(pull.body), no_drafts=await has_no_drafts(context, run))
    done = run.outcome in (Outcome.DONE, Outcome.DONE_PARTIAL)
    title = pull_title(run, await context.habits(run)) if done and IN_PROGRESS in pull.title else None
    await repository.edit_pull_request(run.pull_request, title=title, body=body)
    if done and pull.state == "open":
        await ask_for_review(context, run, pull)
        if run.config.mark_ready and pull.draft:
            await repository.mark_ready(pull.node_id)
    return run.pull_request


async def _labels(context: Context, run: Run, _surface: str) -> int | None:
    """One look spares the writes that would change nothing: each is paced, and what people wait for is behind it."""
    repository = context.repository(run)
    carried = {name.casefold() for name in await repository.labels_of(run.issue)}
    for name, wanted in labels(run).items():
        if wanted and name.casefold() not in carried:
            await repository.add_labels(run.issue, [name])
        elif not wanted and name.casefold() in carried:
            await repository.remove_label(run.issue, name)
    return None


async def _mark(context: Context, run: Run, surface: str) -> int | None:
    number = int(surface.removeprefix(MARK))
    await _repository(context, run, surface).add_labels(number, [VERIFICATION_LABEL])
    return None


async def _run_check(context: Context, run: Run, surface: str) -> int | None:
    return await _check(context, run, run.head, run_check(run, context.links(run)), surface)


async def _attempt_check(context: Context, run: Run, surface: str) -> int | None:
    _, key, number = surface.split("/")
    attempt = next(a for a in run.task(key).attempts if a.number == int(number.removeprefix("a")))
    if attempt.sha is None:
        return None
    words = attempt_check(run, key, attempt.number, context.links(run))
    return await _check(context, run, attempt.sha, words, surface)


async def _check(context: Context, run: Run, sha: str, words: CheckText, surface: str) -> int:
    notes = [
        CheckAnnotation(path=n.path, start_line=n.line, end_line=n.line, level=n.level, message=n.message)
        for n in words.annotations
    ]
    shown = words.actions if context.check_buttons else ()
    buttons = [CheckAction(label=b.label, description=b.description, identifier=b.identifier) for b in shown]
    check = await _repository(context, run, surface).upsert_check(
        sha,
        words.name,
        f"run/{run.id}/{surface}",
        status=words.status,
        conclusion=words.conclusion,
        title=words.title,
        summary=words.summary,
        text=words.text,
        annotations=notes,
        actions=buttons,
    )
    return check.id


async def post_plan(context: Context, run: Run, effect: Effect, _ticket: Ticket) -> Sequence[RunEvent]:
    """PlanPosted: one plan comment a run, edited for each revision."""
    if run.plan is None or effect.number != run.plan_revision:
        return []
    begun = context.now()
    body = plan_comment(run, context.links(run))
    repository = context.repository(run)
    ref = await repository.upsert_comment(run.issue, marker(run.id, "plan"), body, run.plan_comment_id)
    known = known_digest(run)
    return [PlanPosted(at=context.now(), revision=effect.number, comment_id=ref.id, begun_at=begun, issue=known)]


async def call_person(context: Context, run: Run, effect: Effect, _ticket: Ticket) -> Sequence[RunEvent]:
    """PersonCalled: one new comment for each wait, so that someone is notified."""
    if effect.target == ISSUE_GONE:
        return await _issue_gone(context, run)
    wait = waits_for(run)
    reminder = effect.target.endswith("/reminder")
    if wait is None or wait.key != effect.target.removesuffix("/reminder"):
        return []
    body = call_comment(run, wait, context.links(run), reminder)
    there = wait.kind in ("gate", "tasks", "journeys", "closed") or run.issue_gone is not None
    where = run.pull_request if there and run.pull_request else run.issue
    await context.repository(run).upsert_comment(where, marker(run.id, f"call/{effect.target}"), body)
    return [PersonCalled(at=context.now(), wait=effect.target)]


async def _issue_gone(context: Context, run: Run) -> Sequence[RunEvent]:
    """On the pull request: the issue is where nothing can be written."""
    if run.issue_gone is None or run.pull_request is None:
        return []
    body = issue_gone_comment(run, context.links(run))
    await context.repository(run).upsert_comment(run.pull_request, marker(run.id, f"call/{ISSUE_GONE}"), body)
    return [PersonCalled(at=context.now(), wait=ISSUE_GONE)]


async def answer(context: Context, run: Run, effect: Effect, _ticket: Ticket) -> Sequence[RunEvent]:
    """Replied: one reply for each command that owes one."""
    reply = next((r for r in run.replies if r.number == effect.number), None)
    if reply is None:
        return []
    if run.issue_gone is not None and reply.where == run.issue:
        return [Replied(at=context.now(), number=reply.number)]  # nobody can be answered there
    body = reply_comment(run, reply, context.links(run))
    name = marker(run.id, f"reply/{reply.number}")
    await context.repository(run).upsert_comment(reply.where, name, body)
    return [Replied(at=context.now(), number=reply.number)]


async def tidy(context: Context, run: Run, effect: Effect, _ticket: Ticket) -> Sequence[RunEvent]:
    """Tidied: a verification pull request that has served is closed; its branch stays."""
    repository = context.repository(run)
    pull = await repository.pull_request(effect.number)
    if pull.state == "open":
        await repository.close_pull_request(effect.number)
    return [Tidied(at=context.now(), number=effect.number)]


async def time_up(context: Context, run: Run, effect: Effect, _ticket: Ticket) -> Sequence[RunEvent]:
    """TimeUsedUp: the run's minutes are over."""
    return [TimeUsedUp(at=context.now())]
