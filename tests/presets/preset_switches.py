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
    "actions-disabled": Switch(
        "No run at all is told from jobs that were skipped, and leads to the settings of Actions.",
        one("core.asks", "_no_ci", '"skipped" if failure.fingerprint.startswith("neutral") else "unknown"', '"skipped"')
        + one("core.no_ci", "why_no_ci", 'return ("skipped" if ran else "unknown")', 'return ("skipped")'),
    ),
    "approval-required": Switch(
        "A run that a maintainer has to approve waits for a person; it has not ended.",
        one(
            "core.actions",
            "_blocked",
            'run.conclusion == "action_required" or run.status == "action_required"',
            "False",
        ),
    ),
    "billing-stop": Switch(
        "What the platform says about a job that it never started counts: nothing is run again, people are asked.",
        one("diagnosis.classify", "_by_structure", "if hit.rule.name in _OF_PLATFORM and", "if False and"),
    ),
    "dispatch": Switch(
        "A workflow with workflow_dispatch under the name that Otto looks for is called on each branch.",
        one("core.lanes", "choose", "if one.path == file", "if False"),
    ),
    "draft-guard": Switch(
        "Where the jobs skip drafts, pull requests are opened ready for review.",
        one("jobs.drafts", "left_out", "bool(run.lane.skips_drafts)", "False"),
    ),
    "env-waiting": Switch(
        "Where a job waits for an environment, its reviewers are named.",
        one("jobs.evidence_unstarted", "kept_from_starting", 'if seen.reason == "environment":', "if False:"),
    ),
    "foreign-checks": Switch(
        "A required check of another App that was red or silent on the empty first commit is left to people.",
        one("core.required", "weigh", "known = left_on_base is not None and one.name in left_on_base", "known = False"),
    ),
    "human-merges-midrun": Switch(
        "A merge of the run's pull request ends the run.",
        one("core.machine", "_pull_request_closed", "if event.merged:", "if False:"),
    ),
    "no-actions-write": Switch(
        "A workflow is to be started by hand only where the App was granted that.",
        one("jobs.prepare", "lane_for", "or await repository.may_start_workflows()", "or True"),
    ),
    "no-drafts": Switch(
        "A repository that refused a draft is not asked for one again.",
        one("jobs.drafts", "_known", "value is not None and", "False and"),
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
    "sha-pin-policy": Switch(
        "What GitHub ended before any job never runs again, and is no fault of its machines.",
        one("jobs.verify_head", "_cause", "return Cause.PERMISSION", "return Cause.NEVER_STARTED"),
    ),
    "skip-ci-title": Switch(
        "Words that keep Actions from starting are in no title and no commit message of Otto.",
        one("text.markdown", "without_skip", "while before != text:", "while False:")
        + one("git.commits", "clean_message", "!= text:", "!= stripped:"),
    ),
}
