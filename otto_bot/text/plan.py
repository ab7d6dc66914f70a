"""The plan comment: what will be done, how it is verified, what it may cost, and whether someone must say yes."""

from __future__ import annotations

from otto_bot.core.allowing import allowed_before
from otto_bot.core.edits import stale
from otto_bot.core.exposure import DEFAULT_RIGHTS
from otto_bot.core.lanes import LaneKind
from otto_bot.core.plan import Plan, Relation, TaskSpec, batches
from otto_bot.core.policy import plan_wait
from otto_bot.core.run import Run, RunPhase
from otto_bot.text.aside import left_alone
from otto_bot.text.body import Part, assemble
from otto_bot.text.boxes import boxes
from otto_bot.text.branches import branches_lines
from otto_bot.text.edited import edited_in_plan
from otto_bot.text.estimate import estimate_line
from otto_bot.text.footer import footer
from otto_bot.text.hidden import hidden_in_issue
from otto_bot.text.links import Links
from otto_bot.text.markdown import cell, code, fold, inline, link
from otto_bot.text.offers import SPARE, verify_offer
from otto_bot.text.plan_changes import change_command, change_it, new_tasks, what_is_new
from otto_bot.text.plan_spec import planner_says, trade_offs, user_journeys, what_users_get, why_split
from otto_bot.text.scope import scope_line
from otto_bot.text.trouble import Trouble, of_lane, see
from otto_bot.text.words import LANES, RELATIONS, count, several


def plan_comment(run: Run, links: Links) -> str:
    """The newest revision of the plan. A run without a plan has nothing to show: ValueError."""
    if run.plan is None:
        raise ValueError("the run has no plan yet")
    plan = run.plan
    one = "one task is the whole plan" if len(plan.tasks) == 1 else f"{len(plan.tasks)} tasks"
    parts: list[str | Part] = [
        f"### Otto · plan r{run.plan_revision} · {one}",
        edited_in_plan(run),
        hidden_in_issue(run),
        what_is_new(run),
        inline(plan.summary, 1000),
        planner_says(run),
        why_split(plan),
        what_users_get(plan),
        *(_task(task, plan) for task in plan.tasks),
        "" if new_tasks(run) else _batches(plan),
        _relations(plan),
        _list("Assumptions", plan.assumptions),
        _list("Not part of it", plan.non_goals),
        user_journeys(run, plan),
        trade_offs(plan),
        estimate_line(run),
        _verification(run, links),
        branches_lines(run, links),
        left_alone(run, links),
        _exposure(run, links),
        _waits(run),
    ]
    return assemble(parts, footer(run))


def _task(task: TaskSpec, plan: Plan) -> Part:
    needs = sorted(plan.depends()[task.key], key=plan.keys.index)
    after = f" · after {several(needs)}" if needs else ""
    criteria = [f"- [{criterion.level}] {inline(criterion.text, 500)}" for criterion in task.criteria]
    files = ", ".join(code(path, 150) for path in task.files[:10])
    more = f" and {len(task.files) - 10} more" if len(task.files) > 10 else ""
    head = f"#### {task.key} {inline(task.title, 120)} · size {task.size}{after}"
    lines = [head, "", inline(task.goal, 1500), "", *criteria]
    lines += ["", f"Files: {files}{more}"] if files else []
    lines += ["", scope_line(task)] if task.projects else []
    return Part(
        full="\n".join(lines), short=f"{head}\n\nIts goal and criteria are left out here: too long for one comment."
    )


def _batches(plan: Plan) -> str:
    order = batches(plan)
    if len(plan.tasks) == 1:
        return ""
    said = [f"batch {number} = {several(batch)}" for number, batch in enumerate(order, 1)]
    return f"**Order:** {' · '.join(said)}. Tasks of one batch run side by side; the next batch starts on what passed."


def _relations(plan: Plan) -> Part:
    shown = [relation for relation in plan.relations if relation.kind is not Relation.INDEPENDENT]
    rows = [
        f"- {'**' if r.kind is Relation.CONTRADICTORY else ''}{r.a} and {r.b} {RELATIONS[r.kind]}"
        f"{'**' if r.kind is Relation.CONTRADICTORY else ''}{': ' + inline(r.reason) if r.reason else ''}"
        if r.kind is not Relation.DEPENDENT
        else f"- {r.b} needs {r.a} first{': ' + inline(r.reason) if r.reason else ''}"
        for r in shown
    ]
    if not rows:
        return Part("", "")
    against = [f"{r.a} and {r.b}" for r in shown if r.kind is Relation.CONTRADICTORY]
    title = "**How the tasks relate:**"
    short = f"{title} {len(rows)} relations, left out here."
    return Part(
        "\n".join([title, *rows]),
        short + (f" These contradict each other: {several(against[:50])}." if against else ""),
    )


def _list(title: str, items: tuple[str, ...]) -> Part:
    if not items:
        return Part("", "")
    return Part(
        "\n".join([f"**{title}:**", *(f"- {inline(item, 500)}" for item in items)]),
        f"**{title}:** {len(items)}, left out here.",
    )


def _verification(run: Run, links: Links) -> str:
    lane = run.lane
    if lane is None:
        return ""
    files = ", ".join(
        link(code(path.rsplit("/", 1)[-1], 80), links.file(run.base_sha or run.repo.default_branch, path))
        for path in lane.workflows[:10]
    )
    jobs = ", ".join(code(job, 80) for job in lane.jobs[:30])
    lines = [f"**Verified by** {_lane_words(run, lane.kind)}."]
    lines += [f"- workflows: {files}"] if files else []
    lines += [f"- jobs expected: {jobs}"] if jobs else []
    why = [words for words in (inline(lane.why, 500), see(links, of_lane(lane))) if words]
    lines += [f"- why so: {' · '.join(why)}"] if lane.why else []
    more = see(links, Trouble.FOREIGN_CHECKS)
    lines += [f"- **mind:** {inline(words, 600)} · {more}" for words in run.hinders]
    lines += _spare(run, links)
    return "\n".join(lines)


def _spare(run: Run, links: Links) -> list[str]:
    """The offer of a workflow that spares the pull requests: in the first plan comment of a repository alone."""
    if run.offered is None or run.lane is None or run.lane.kind is not LaneKind.PULL_REQUEST:
        return []
    offer = verify_offer(links.web_url, f"{links.owner}/{links.repo}", run.repo.default_branch, run.offered)
    return [f"- {SPARE}: {link(offer.what, offer.link)} (said once)"]


def _lane_words(run: Run, kind: LaneKind) -> str:
    if kind is LaneKind.PULL_REQUEST and run.single:
        return "pull-request workflows, on the run's own draft pull request"
    return LANES[kind]


def _exposure(run: Run, links: Links) -> Part:
    items = run.exposure.items if run.exposure else ()
    if not items:
        return Part("", "")
    rows = ["| workflow | gives | to code on Otto's branches |", "| --- | --- | --- |"]
    rows += [
        f"| {cell(item.workflow, 100)} | {cell(item.what, 60)} | {cell(item.detail, 240)} |" for item in items[:100]
    ]
    more = f"\n\n{len(items) - 100} more are not shown." if len(items) > 100 else ""
    lead = f"**What code on these branches can use in your CI:** {count(len(items), 'thing')}."
    if any(item.detail.startswith(DEFAULT_RIGHTS) for item in items):
        lead += " With `permissions: {contents: read}` in a workflow its token is not among them any more."
    if (yes := allowed_before(run)) is not None and yes.run != run.id:
        lead += (
            f" {code(yes.by, 60)} allowed it in run {yes.run} (issue {yes.issue}, {yes.at:%Y-%m-%d}), for exactly "
            "these workflow files, so it is not asked about again."
        )
    lead += f" {see(links, Trouble.SECRETS_IN_CI)}"
    return Part(f"{lead}\n\n{fold('Show them', chr(10).join(rows) + more)}", lead)


def _waits(run: Run) -> str:
    wait = plan_wait(run)
    revision = f"r{run.plan_revision}"
    if run.plan_approved_by and run.plan_approved_by != "rule":
        return f"**Approved** by {code(run.plan_approved_by, 60)}."
    if wait is None or run.phase not in (RunPhase.PLAN_REVIEW, RunPhase.PLANNING):
        return (
            "**Starts now**, no approval is needed. `/otto pause` stops before the next step; "
            f"{change_it(run)}.\n\n" + boxes([("/otto pause", "stop before the next step")])
        )
    return (
        f"**Waits for a person**, because {inline('; '.join(wait.reasons), 600)}.\n"
        f"Say `/otto approve {revision}`, or {change_command(run)}, or `/otto stop`.\n\n"
        + boxes(
            [
                (f"/otto approve {revision}", "start with this plan"),
                *([("/otto replan", "read the new text and plan again")] if stale(run) is not None else []),
                ("/otto pause", "think about it first"),
            ]
        )
    )
