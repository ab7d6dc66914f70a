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
    "archived-midrun": Switch(
        "A write that is refused because the repository is archived bars the run until it is open again.",
        one("jobs.shut_out", "shut_out", "isinstance(error, Archived | ReadOnly)", "False"),
    ),
    "custom-role": Switch(
        "What a role is built on decides who may command, not its name.",
        one(
            "intake.permission",
            "PermissionGate.ask",
            "permission.can_write",
            'permission.role_name not in ("none", "read", "triage")',
        ),
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
    "renamed-repo": Switch(
        "A run follows its repository by its id: branches, sentences and links are those of today.",
        one("core.barred", "repository_moved", "if event.repo == run.repo or", "if True or"),
    ),
    "skip-ci-title": Switch(
        "Words that keep Actions from starting are in no title and no commit message of Otto.",
        one("text.markdown", "without_skip", "while before != text:", "while False:")
        + one("git.commits", "clean_message", "!= text:", "!= stripped:"),
    ),
    "suspended-installation": Switch(
        "A refused token of a suspended installation bars the run until it is let in again.",
        one("jobs.shut_out", "shut_out", "isinstance(error, Suspended)", "False"),
    ),
    "transferred-issue": Switch(
        "A run ends where its issue is moved to another repository, and says so on its pull request.",
        one("core.barred", "issue_changed", "return cancel(run) if at_work else run", "return run"),
    ),
}
