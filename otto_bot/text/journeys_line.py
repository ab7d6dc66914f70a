"""One line about a run's journeys where other comments need it, and the workflow that people may add for them."""

from __future__ import annotations

from importlib.resources import files

from otto_bot.core.attempt import TaskState
from otto_bot.core.journey_rounds import subject
from otto_bot.core.journeys import Next, RoundState, journeys_of
from otto_bot.core.run import Run, RunPhase
from otto_bot.text.links import Links
from otto_bot.text.markdown import inline, link, sentence
from otto_bot.text.words import clock, several


def workflow_path(run: Run) -> str:
    """The workflow that can walk journeys in this repository."""
    return f".github/workflows/{run.config.journeys.workflow}"


def workflow_template() -> str:
    """The workflow as a person may add it: it checks out and runs what it is handed, nothing else."""
    return files("otto_bot.text").joinpath("otto-journeys.yml").read_text("utf-8")


def workflow_link(run: Run, links: Links) -> str:
    """The page on which a person adds that workflow with one click."""
    return links.new_file(run.repo.default_branch, workflow_path(run), workflow_template())


def journeys_line(run: Run, links: Links) -> str:
    """How the journeys stand, for the status comment and the pull request; empty while there is nothing to say."""
    if not run.journeys:
        return ""
    one = run.journeys[-1]
    if one.skipped:
        add = link(f"add {run.config.journeys.workflow}", workflow_link(run, links))
        return (
            f"**Journeys:** not tested, because {inline(one.skipped, 500)}. A sandbox on the host of Otto, or the "
            f"workflow ({add}), lets later runs test them."
        )
    if one.state is RoundState.TESTING:
        doing = f": {inline(one.waiting, 200)}" if one.waiting else ""
        return f"**Journeys:** round {one.number} is being tested{doing}."
    said = link(f"round {one.number}", links.ours(one.comment_url))
    failing, total = one.report.failing, len(one.report.journeys)
    if not total:
        return ""
    if not failing:
        return f"**Journeys:** {'it passed' if total == 1 else f'all {total} passed'} in {said}."
    left = [key for key in failing if key in one.waived]
    waived = f"; {several(left)} taken as {'it is' if len(left) == 1 else 'they are'}" if left else ""
    when = f", decided until {clock(one.deadline)}" if one.state is RoundState.POSTED and one.deadline else ""
    fixed = [run.tasks[key].state for key in one.tasks if key in run.tasks]
    mending = f"; mended in {several(one.tasks)}" if fixed and any(s is not TaskState.MERGED for s in fixed) else ""
    return sentence(f"**Journeys:** {several(failing)} of {total} failed in {said}{waived}{mending}{when}")


def at_journeys_words(run: Run) -> str:
    """What happens next while the run is at its journeys, in one sentence."""
    one = run.journeys[-1]
    if one.state is RoundState.TESTING:
        return "the product is tested by its user journeys; what was seen is posted."
    if one.state is RoundState.TESTED:
        return "it is said why journeys fail, and what follows is posted."
    if one.next is Next.ASK and one.state is RoundState.POSTED:
        return "nothing until someone answers."
    return {
        Next.NOTHING: "the run comes to its end.",
        Next.FIX: f"one task mends {several(one.fixing)}, then the journeys are tested again.",
        Next.REPLAN: "the plan is made anew; what is merged stays.",
        Next.ASK: "what was answered is carried out.",
    }[one.next]


def journeys_commands(run: Run) -> list[str] | None:
    """What people can say to a round that is posted; None where there is none."""
    one = run.journeys[-1] if run.journeys and run.phase is RunPhase.JOURNEYS else None
    if one is None or one.state is not RoundState.POSTED or one.next is Next.NOTHING:
        return None
    first = one.open_failing[0] if one.open_failing else "j1"
    return [f"`/otto approve r{one.revision}`", "`/otto retry -- what to do`", f"`/otto skip {first}`",
            "`/otto replan -- what to plan`", "`/otto pause`"]  # fmt: skip


def journeys_meant(run: Run) -> str:
    """Which journeys a command can name while the run is at them."""
    failing = run.journeys[-1].open_failing if run.journeys else ()
    if failing:
        return f"Now it is about the journeys that fail: {', '.join(failing)}."
    named = [journey.id for journey in journeys_of(subject(run))]
    return f"Now it is about the journeys of the product: {', '.join(named)}." if named else "No journey fails."
