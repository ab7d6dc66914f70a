"""Whether code on a branch of a run may start Actions: its workflow files were allowed, or give nothing away."""

from __future__ import annotations

from collections.abc import Sequence

from otto_bot.core.ci_starts import Acts
from otto_bot.core.exposure import Exposed, Exposure, exposure, files_hash
from otto_bot.core.lanes import Workflow
from otto_bot.core.run import Run


def acts_of(run: Run) -> Acts:
    """What the run does that can start workflows."""
    known = run.exposure.default_rights if run.exposure is not None else None
    config = run.config
    dispatched = (config.verify.workflow, config.journeys.workflow)
    return Acts(
        prefix=run.branches_prefix,
        default_branch=run.repo.default_branch,
        dispatched=dispatched,
        default_rights=known,
    )


def asks(run: Run) -> bool:
    """Whether what CI gives away needs a yes: always, unless the repository and the host of Otto both accept it."""
    return not (run.config.verify.exposure == "accept" and run.caps.accept_exposure)


def approved(run: Run) -> frozenset[str]:
    """Hashes of the workflow files that the run may start: those the approved plan told of, and a later yes."""
    found = {run.exposure_accepted} - {""}
    if run.exposure is not None and (run.plan_approved_by or run.pull_request is not None):
        found.add(run.exposure.files_hash)
    return frozenset(found)


def allowed_to_start(
    run: Run, at_default: Sequence[Workflow], at_tree: Sequence[Workflow], *, acts: Acts | None = None
) -> Exposure | None:
    """None = the branch may be pushed or dispatched; else what it could use, whose files a person has to allow first.

    `at_tree` are the workflow files of the commit that is pushed, `at_default` those of the default branch now.
    """
    seen = exposure(at_tree, acts or acts_of(run), at_default)
    if not seen.items or not asks(run):
        return None
    if seen.files_hash in approved(run) or {files_hash(at_tree), files_hash(at_default)} <= approved(run):
        return None
    return seen


def grown(before: Exposure | None, now: Exposure) -> tuple[Exposed, ...]:
    """What code on our branches could use now and could not before."""
    known = set(before.items) if before is not None else set()
    return tuple(item for item in now.items if item not in known)
