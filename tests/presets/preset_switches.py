"""For each preset what it adapts to, and a change of the product that switches this off."""

from __future__ import annotations

from typing import NamedTuple

from otto_bot.bench.simulate.planting import Change


class Switch(NamedTuple):
    """`hangs`: without the adaptation the run does not come to rest in time, instead of resting otherwise."""

    promise: str
    changes: tuple[Change, ...]
    hangs: bool = False


def one(module: str, function: str, right: str, wrong: str) -> tuple[Change, ...]:
    return (Change(f"otto_bot.{module}", function, right, wrong),)


OFF: dict[str, Switch] = {
    "cancel-in-progress": Switch(
        "A base whose verification a newer commit cancelled is verified once a head fails and misses its verdict.",
        one("core.base", "unsaid", 'baseline.ending == "cancelled" and', "False and"),
        hangs=True,  # the pilot is asked about what was red before, and nobody who waits for the hold ever sees it
    ),
    "dispatch": Switch(
        "A workflow with workflow_dispatch under the name that Otto looks for is called on each branch.",
        one("core.lanes", "choose", "if one.path == file", "if False"),
    ),
    "draft-guard": Switch(
        "Where the jobs skip drafts, pull requests are opened ready for review.",
        one("jobs.drafts", "left_out", "bool(run.lane.skips_drafts)", "False"),
    ),
    "foreign-checks": Switch(
        "A required check of another App that was red or silent on the empty first commit is left to people.",
        one("core.required", "weigh", "known = left_on_base is not None and one.name in left_on_base", "known = False"),
    ),
    "human-merges-midrun": Switch(
        "A merge of the run's pull request ends the run.",
        one("core.machine", "_pull_request_closed", "if event.merged:", "if False:"),
    ),
    "matrix-400-jobs": Switch(
        "Of a head's jobs every page is read.",
        one("jobs.evidence_green", "green_head", "listed[: MOST_JOBS - len(jobs)]", "listed[:100]"),
    ),
    "no-drafts": Switch(
        "A repository that refused a draft is not asked for one again.",
        one("jobs.drafts", "_known", "value is not None and", "False and"),
    ),
    "path-filter": Switch(
        "Where path filters leave out every file of a change, the judge decides alone.",
        one("jobs.evidence_ci", "judged_alone", "not run.config.qa.enabled", "True"),
    ),
    "pr-only-ci": Switch(
        "Where workflows start for pull requests alone, a pull request lets them verify a branch.",
        one("core.lanes", "choose", "_worthy(pulled)", "[]"),
    ),
    "pr-template": Switch(
        "The repository's template stands in the pull request.",
        one("jobs.open_pull_request", "_template", "for path in TEMPLATES", "for path in ()"),
    ),
    "push-main-only": Switch(
        "A push filter that leaves Otto's branches out verifies none of them; that is said before anything is paid.",
        one("core.ci_filters", "branch_passes", "return matches(wanted, branch)", "return True"),
    ),
    "reusable-workflow": Switch(
        "Jobs of a called workflow are expected under the names of caller and callee.",
        one("core.lanes", "_shown", 'uses.startswith("./")', "False"),
    ),
    "skip-ci-title": Switch(
        "Words that keep Actions from starting are in no title and no commit message of Otto.",
        one("text.markdown", "without_skip", "while before != text:", "while False:")
        + one("git.commits", "clean_message", "!= text:", "!= stripped:"),
    ),
    "static-concurrency": Switch(
        "Where all heads share a concurrency group, one is verified at a time.",
        one("core.serial", "in_turn", "free = not group_of(run) or run.resting", "free = True"),
    ),
}
