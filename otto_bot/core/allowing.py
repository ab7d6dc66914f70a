"""Whether code on a branch of a run may start Actions: its workflow files were allowed, or give nothing away."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from otto_bot.core.ci_files import files_hash, hash_of_all
from otto_bot.core.ci_starts import Acts
from otto_bot.core.exposure import Allowed, Exposed, Exposure, exposure
from otto_bot.core.lanes import Workflow
from otto_bot.core.run import Run

MOST_ALLOWED = 20
"""So many of the newest yeses of a repository are passed on to its next run."""


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


def allowed_before(run: Run) -> Allowed | None:
    """The yes of a person to exactly what the run's plan tells of, in this run or an earlier one of the repository."""
    if run.exposure is None:
        return None
    return next((one for one in _covering(run) if one.files_hash == run.exposure.files_hash), None)


def plan_allowed(run: Run, by: str, at: datetime) -> Run:
    """The run, whose plan a person approved: that is a yes to what the plan lists, if it had to be asked about."""
    if run.exposure is None or not run.exposure.items or not asks(run):
        return run
    return with_yes(run, run.exposure.files_hash, by, at)


def with_yes(run: Run, found: str, by: str, at: datetime) -> Run:
    """The run, which remembers that a person allowed what files of this hash give; the first yes stays."""
    rights = run.exposure.default_rights if run.exposure is not None else None
    yes = Allowed(files_hash=found, rights=rights, by=by, at=at, run=run.id, issue=run.issue)
    return run.model_copy(update={"exposure_allowed": passed_on([yes, *run.exposure_allowed])})


def passed_on(allowed: Iterable[Allowed]) -> tuple[Allowed, ...]:
    """What the next run of the repository is told: each yes once, by whom it was given first; the newest come first."""
    first: dict[tuple[str, tuple[str, ...] | None], Allowed] = {}
    for one in sorted(allowed, key=lambda yes: yes.at, reverse=True):
        first[one.files_hash, one.rights] = one
    return tuple(sorted(first.values(), key=lambda yes: yes.at, reverse=True)[:MOST_ALLOWED])


def _covering(run: Run) -> list[Allowed]:
    rights = run.exposure.default_rights if run.exposure is not None else None
    return [one for one in run.exposure_allowed if one.covers(rights)]


def allowed_to_start(
    run: Run, at_default: Sequence[Workflow], at_tree: Sequence[Workflow], *, acts: Acts | None = None
) -> Exposure | None:
    """None = the branch may be pushed or dispatched; else what it could use, whose files a person has to allow first.

    `at_tree` are the workflow files of the commit that is pushed, `at_default` those of the default branch now.
    """
    seen = exposure(at_tree, acts or acts_of(run), at_default)
    if not seen.items or not asks(run):
        return None
    own = approved(run)
    yes = own | {one.files_hash for one in _covering(run)}
    if seen.files_hash in yes or _all_allowed(run, at_default, at_tree, yes):
        return None
    # A run that an earlier release began was allowed all files.
    return None if {hash_of_all(at_tree), hash_of_all(at_default)} <= own else seen


def _all_allowed(run: Run, at_default: Sequence[Workflow], at_tree: Sequence[Workflow], yes: frozenset[str]) -> bool:
    """Whether a yes is there for what all acts of the run start in these files, together or on each side."""
    acts = acts_of(run)
    sides = {files_hash(at_tree, acts), files_hash(at_default, acts)}
    return sides <= yes or files_hash(at_tree, acts, at_default) in yes


def changed(before: Exposure | None, now: Exposure) -> tuple[str, ...]:
    """Paths of the files within reach that are others now; () where it was not written down what they were."""
    if before is None or not before.files:
        return ()
    paths = sorted(before.files.keys() | now.files.keys())
    return tuple(path for path in paths if before.files.get(path) != now.files.get(path))


def grown(before: Exposure | None, now: Exposure) -> tuple[Exposed, ...]:
    """What code on our branches could use now and could not before."""
    known = set(before.items) if before is not None else set()
    return tuple(item for item in now.items if item not in known)
