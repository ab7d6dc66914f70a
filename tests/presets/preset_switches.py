"""For each preset what it adapts to, and a change of the product that switches this off."""

from __future__ import annotations

from typing import NamedTuple

from otto_bot.bench.simulate.planting import Change


class Switch(NamedTuple):
    """What Otto adapts, in words, and what takes exactly this away."""

    promise: str
    changes: tuple[Change, ...]


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
    "archived-midrun": Switch(
        "A write that is refused because the repository is archived bars the run until it is open again.",
        one("jobs.shut_out", "shut_out", "isinstance(error, Archived | ReadOnly)", "False"),
    ),
    "base-workflow-moved": Switch(
        "Work that is not pushed yet takes the default branch's new workflows in first.",
        one("jobs.renewal", "_knows", "await same_workflows(mirror, held, newest)", "True"),
    ),
    "billing-stop": Switch(
        "What the platform says about a job that it never started counts: nothing is run again, people are asked.",
        one("diagnosis.classify", "_by_structure", "if hit.rule.name in _OF_PLATFORM and", "if False and"),
    ),
    "branch-named-otto": Switch(
        "Where a branch has the very name that Otto's begin with, they begin with another one.",
        one("jobs.branch_rules", "_free", "is not None", "is False"),
    ),
    "branch-pattern": Switch(
        "Where a rule wants names that begin with plain words, Otto's branches begin with them.",
        one("jobs.branch_rules", "naming", "if names_only else []", "if False else []"),
    ),
    "cancel-in-progress": Switch(
        "A base whose verification a newer commit cancelled is verified once a head fails and misses its verdict.",
        one("core.base", "unsaid", 'baseline.ending == "cancelled" and', "False and"),
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
    "env-waiting": Switch(
        "Where a job waits for an environment, its reviewers are named.",
        one("jobs.evidence_unstarted", "kept_from_starting", 'if seen.reason == "environment":', "if False:"),
    ),
    "foreign-checks": Switch(
        "A required check of another App that was red or silent on the empty first commit is left to people.",
        one("core.required", "weigh", "known = left_on_base is not None and one.name in left_on_base", "known = False"),
    ),
    "human-closes": Switch(
        "Who closes the pull request is told once what goes on with the run, and it is opened again by `/otto resume`.",
        one("core.waits", "_closed", "if not hold.closed:", "if True:"),
    ),
    "human-merges-midrun": Switch(
        "A merge of the run's pull request ends the run.",
        one("core.machine", "_pull_request_closed", "if event.merged:", "if False:"),
    ),
    "human-pushes": Switch(
        "What others push to the run branch is part of what is verified there before it is merged.",
        one("core.others", "_moved", "if run.ended or not run.single:", "if True:"),
    ),
    "issue-edited": Switch(
        "An edit in mid-run changes nothing of the work, and is said.",
        one("core.edits", "news", "text.digest == known_digest(run)", "True"),
    ),
    "lfs": Switch(
        "No attempt writes what Git LFS keeps: git has only pointers to it.",
        one("core.aside", "of_lfs", "is_pointer(content) or kept.has(path)", "False"),
    ),
    "linear-history": Switch(
        "Where a rule takes no merge commit, the default branch is not merged into the run branch.",
        one("jobs.take_base", "_cannot_be_merged", "await no_merges(context, run)", "False"),
    ),
    "matrix-400-jobs": Switch(
        "Of a head's jobs every page is read.",
        one("jobs.evidence_green", "green_head", "listed[: MOST_JOBS - len(jobs)]", "listed[:100]"),
    ),
    "merge-queue": Switch(
        "What only a merge queue starts is people's: nobody is asked what it could use.",
        one("core.ci_starts", "_caused", "if event in BY_OTHERS:", 'if event in BY_OTHERS - {"merge_group"}:'),
    ),
    "missing-permission": Switch(
        "What every run needs and an owner has not granted is said before anything is paid.",
        one("jobs.first_use", "not_granted", "or not missing", "or True"),
    ),
    "no-actions-write": Switch(
        "A workflow is to be started by hand only where the App was granted that.",
        one("jobs.prepare", "lane_for", "or await repository.may_start_workflows()", "or True"),
    ),
    "no-drafts": Switch(
        "A repository that refused a draft is not asked for one again.",
        one("jobs.drafts", "has_no_drafts", "value is not None and", "False and"),
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
    "renamed-repo": Switch(
        "A run follows its repository by its id: branches, sentences and links are those of today.",
        one("core.barred", "repository_moved", "if event.repo == run.repo or", "if True or"),
    ),
    "required-signatures": Switch(
        "Where a rule wants signed commits, GitHub makes them.",
        one("jobs.gated_push", "as_demanded", "if not signs(rules):", "if True:"),
    ),
    "restricted-creation": Switch(
        "A rule that keeps Otto from making branches is found before anything is paid.",
        one("jobs.branch_rules", "_under", "[*closed(rules, names), *refused(rules, [first])]", "[]"),
    ),
    "reusable-workflow": Switch(
        "Jobs of a called workflow are expected under the names of caller and callee.",
        one("core.lanes", "_shown", 'uses.startswith("./")', "False"),
    ),
    "secrets-in-ci": Switch(
        "What code on Otto's branches could use in CI waits for a person's yes before anything is pushed.",
        one("core.allowing", "asks", "return not (", "return False and not ("),
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
    "static-concurrency": Switch(
        "Where all heads share a concurrency group, one is verified at a time.",
        one("core.serial", "in_turn", "free = not group_of(run) or run.resting", "free = True"),
    ),
    "submodule": Switch(
        "Whoever plans and writes code is told which folders belong to another repository.",
        one("core.aside", "told_to_models", "zip(found.modules, commits", "zip((), commits"),
    ),
    "suspended-installation": Switch(
        "A refused token of a suspended installation bars the run until it is let in again.",
        one("jobs.shut_out", "shut_out", "isinstance(error, Suspended)", "False"),
    ),
    "title-lint": Switch(
        "Where subjects carry prefixes, titles of verification pull requests carry one, too.",
        one("text.habits", "own_subject", "habit is None", "True"),
    ),
    "transferred-issue": Switch(
        "A run ends where its issue is moved to another repository, and says so on its pull request.",
        one("core.barred", "issue_changed", "return cancel(run) if at_work else run", "return run"),
    ),
}
