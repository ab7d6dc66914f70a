"""What Otto says about a person's review: what it becomes, what became of each comment, and where it stands."""

from __future__ import annotations

from otto_bot.core.additions import next_keys
from otto_bot.core.attempt import Task, TaskState
from otto_bot.core.review_rounds import starts_at_once
from otto_bot.core.reviews import (
    MOST_POINTS,
    Review,
    ReviewPoint,
    body_criterion,
    criterion_of,
    tasks_needed,
    tasks_of,
)
from otto_bot.core.run import Outcome, Run, RunPhase
from otto_bot.core.verdict import VerdictItem
from otto_bot.text.body import Part, assemble
from otto_bot.text.footer import footer, usd
from otto_bot.text.judged import grounds
from otto_bot.text.links import Links
from otto_bot.text.markdown import code, inline, link, sentence
from otto_bot.text.tasks_table import without_at
from otto_bot.text.words import count, several

ITEM = {"met": "met", "not_met": "not met", "unclear": "not clear"}
AGAIN = "`/otto improve` takes it up again."
PROMISE = (
    "Each thread gets one answer when this is through. Otto resolves and dismisses nothing: that is the reviewer's."
)
SHOWN_IN_STATUS = 5


def review_comment(run: Run, review: Review, links: Links) -> str:
    """The comment on the pull request that says what a review becomes, before anything is done about it."""
    now = starts_at_once(run)
    number = tasks_needed(review)
    specs = tasks_of(review, next_keys(run, number))
    keys = [spec.key for spec in specs] if now else []
    parts: list[str | Part] = [
        f"### Otto · the {link('review', links.ours(review.url))} of {code(review.by.login, 60)} is taken up",
        f"It becomes {_what(number, keys)}. Each criterion is one of its comments:",
    ]
    for spec in specs:
        rows = [f"- [{criterion.level}] {inline(criterion.text, 500)}" for criterion in spec.criteria]
        head = f"**{spec.key}**\n" if keys and number > 1 else ""
        parts.append(Part(full=head + "\n".join(rows), short=f"{head}{count(len(rows), 'point')}, left out here."))
    parts += [
        _left_out(review),
        f"**Starts** {_when(run, now=now)}.",
        f"**May cost** at most {usd(max(0.0, run.money.left))}, what is left of {usd(run.money.cap)} for this issue.",
        f"**You can:** {_steering(run, keys)}.",
        PROMISE,
    ]
    return assemble(parts, footer(run))


def _what(number: int, keys: list[str]) -> str:
    named = f": {several(keys)}" if keys else ""
    if number == 1:
        return f"one task{named}"
    return f"{number} tasks, one after the other{named}"


def _left_out(review: Review) -> str:
    if not review.left_out:
        return ""
    return (
        f"**Not read:** {count(review.left_out, 'line comment')} beyond the first {MOST_POINTS}. "
        "Put what still matters into another review, once this one is answered."
    )


def _when(run: Run, *, now: bool) -> str:
    if now:
        return "now"
    if run.hold is not None and run.hold.kind == "paused":
        return "when the run goes on (`/otto resume`) and what is under way has come to its end"
    if run.hold is not None:
        return f"when the run goes on (it waits for {code(run.hold.reply, 200)}) and what is under way has ended"
    if run.phase in (RunPhase.GATE, RunPhase.GATE_REVIEW):
        return "when the retry plan is carried out and its tasks have come to their end"
    if run.phase is RunPhase.JOURNEYS:
        return "when the journeys through the product are tested"
    left = len(run.order)
    batches = f": batch {run.batch} of {run.batch + left - 1}" if left > 1 else ""
    return f"when what is under way has come to its end{batches}"


def _steering(run: Run, keys: list[str]) -> str:
    skip = f"`/otto skip {keys[0]}` leaves {'it' if len(keys) == 1 else 'one'} out" if keys else ""
    first = (
        f"{code(run.hold.reply, 200)} goes on" if run.hold is not None else "`/otto pause` stops before the next step"
    )
    said = [first, skip, "`/otto stop` ends the run"]
    return ", ".join(part for part in said if part)


def thread_answer(run: Run, review: Review, point: ReviewPoint, links: Links) -> str:
    """The one answer in the thread of a line comment."""
    return _answer(run, criterion_of(review, point), links)


def review_answer(run: Run, review: Review, links: Links) -> str:
    """The one answer to a review's own words, on the pull request."""
    head = f"About the {link('review', links.ours(review.url))} of {code(review.by.login, 60)} as a whole:"
    tasks = [(key, run.tasks[key]) for key in review.tasks if key in run.tasks]
    rows = [f"- {key}: {_short(run, task, links)}" for key, task in tasks] if len(tasks) > 1 else []
    parts: list[str | Part] = [f"{head} {_answer(run, body_criterion(review), links)}", "\n".join(rows)]
    return assemble([*parts, _left_out(review)], footer(run))


def _answer(run: Run, where: tuple[str, str] | None, links: Links) -> str:
    task = run.tasks.get(where[0]) if where is not None else None
    if where is None or task is None or task.state is not TaskState.MERGED:
        return _not_done(run, task)
    return "\n".join([f"{_done(task, links)} {_judged(_item(task, where[1]))}", *_grounds(task, where[1])])


def _grounds(task: Task, criterion: str) -> list[str]:
    """What the harness itself recorded: commands with their exit codes, tests of Actions."""
    item = _item(task, criterion)
    if item is None or task.last is None:
        return []
    return [f"- {ground}" for ground in grounds(item, task.last.proof)]


def _done(task: Task, links: Links) -> str:
    sha = task.merged_sha or ""
    where = f" in {link(code(sha[:10], 20), links.commit(sha))}" if sha else ""
    return f"Done{where} ({task.key})."


def _item(task: Task, criterion: str) -> VerdictItem | None:
    verdict = task.last.verdict if task.last is not None else None
    return next((item for item in verdict.items if item.id == criterion), None) if verdict is not None else None


def _judged(item: VerdictItem | None) -> str:
    if item is None:
        return "The checks passed; no verdict about this point is on record."
    found = f"The checks passed, and the judge found this criterion **{ITEM[item.status]}**"
    return sentence(f"{found}: {inline(item.evidence, 600)}" if item.evidence.strip() else found)


def _not_done(run: Run, task: Task | None) -> str:
    if run.landed:
        return f"Not done: the pull request was merged before this was through. {AGAIN}"
    if run.outcome is Outcome.CANCELLED:
        return f"Not done: the run was ended first. {AGAIN}"
    if run.outcome is Outcome.FAILED:
        return f"Not done: the run failed. {AGAIN}"
    if task is None:
        return f"Not done. {AGAIN}"
    why = f": {inline(without_at(task.question), 300)}" if task.question else ""
    return f"{sentence(f'Not done: {task.key} was left out{why}')} `/otto retry {task.key}` brings it back."


def _short(run: Run, task: Task, links: Links) -> str:
    return _done(task, links) if task.state is TaskState.MERGED else _not_done(run, task)


def reviews_line(run: Run) -> str:
    """Reviews that the run has taken up, for the status comment; empty where there is none."""
    if not run.reviews:
        return ""
    shown = [f"{code(review.by.login, 60)}: {_standing(run, review)}" for review in run.reviews[-SHOWN_IN_STATUS:]]
    more = len(run.reviews) - len(shown)
    return f"**Reviews:** {' · '.join(shown)}{f' · {more} earlier' if more > 0 else ''}."


def _standing(run: Run, review: Review) -> str:
    if review.state == "answered":
        return f"answered ({several(list(review.tasks))})" if review.tasks else "answered"
    if review.state == "working":
        return f"being taken up by {several(list(review.tasks))}"
    return "read, and taken up when what is under way has ended" if run.reviewed else "read"


def over(why: str) -> str:
    """A review came when its run could not take it up. `why` is our own words."""
    return (
        f"This review is not taken up: {why}. `/otto improve` here starts a new run that makes the changes it asks for."
    )


MERGED = "the pull request is merged"
CLOSED = "the pull request is closed"
ENDED = "the run is over"


def other_run(run_id: int, issue: int, links: Links) -> str:
    """Another run of the same issue is at work."""
    where = link(f"issue #{issue}", links.issue(issue))
    return (
        f"Not taken up: run {run_id} works on {where}, and there is one run of an issue at a time. "
        "Say `/otto improve` here when it has ended, or end it there with `/otto stop`."
    )


def nothing_to_improve() -> str:
    """`/otto improve` where no review asks for anything."""
    return (
        "There is nothing to improve: no review by someone with write access asks for changes here, or makes comments, "
        "that are not taken up already. Review the pull request, then say it again."
    )


def no_pull_request() -> str:
    """`/otto improve` where nothing could be reviewed yet."""
    return "There is nothing to improve yet: this run has no pull request that could be reviewed."


def known_review(review: Review) -> str:
    """`/otto improve` for a review that the run has already."""
    if not review.tasks:
        return f"The review of {code(review.by.login, 60)} is read already, and is taken up next."
    back = f" `/otto retry {review.tasks[0]}` brings back what was left out." if review.state == "answered" else ""
    return f"The review of {code(review.by.login, 60)} became {several(list(review.tasks))} already.{back}"


def improve_started(run: Run, review: Review, links: Links) -> str:
    """A new run that makes what a review asks for has begun."""
    where = link(f"issue #{run.issue}", links.issue(run.issue))
    base = "It starts from the reviewed work." if review.head else "It starts from the default branch."
    return f"Run {run.id} takes up the review of {code(review.by.login, 60)}: its plan comes on {where}. {base}"


def carried_conflict(pull_request: int, branch: str, paths: tuple[str, ...]) -> str:
    """A new run cannot begin on the reviewed work."""
    where = f" in {several([code(path, 150) for path in paths[:10]])}" if paths else ""
    return (
        f"the reviewed work of pull request {pull_request} and {code(branch, 60)} do not go together{where}. "
        f"Merge {code(branch, 60)} into that pull request's branch, then say `/otto resume`"
    )
