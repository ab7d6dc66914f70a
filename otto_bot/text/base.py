"""Words about the default branch: that it was taken in, that it will be, or that it does not fit."""

from __future__ import annotations

from otto_bot.core.run import Run
from otto_bot.core.stale_base import contained, outdated
from otto_bot.text.links import Links
from otto_bot.text.markdown import code, link
from otto_bot.text.trouble import Trouble, see
from otto_bot.text.words import count

MOST_PATHS = 10


def base_lines(run: Run, links: Links) -> list[str]:
    """What people should know about the default branch; empty while the run stands on it as it began."""
    if run.pull_request is None:
        return []
    if run.base_conflict:
        return [f"**Base:** {conflict_words(run, links)}"]
    branch = code(run.repo.default_branch, 80)
    words = []
    if run.base_round:
        sha = contained(run)
        times = f", {count(run.base_round, 'time')} so far" if run.base_round > 1 else ""
        words.append(f"{branch} was taken in as of {link(code(sha[:7], 7), links.commit(sha))}{times}.")
        if any(attempt.awaits_base for task in run.tasks.values() for attempt in task.attempts):
            more = see(links, Trouble.BASE_WORKFLOW_MOVED)
            words.append(f"Its workflows had changed: what was not pushed yet took that in first. {more}")
    if outdated(run) and not run.resting:
        words.append(f"{branch} has moved; it is taken in before the next batch starts.")
    return [f"**Base:** {' '.join(words)}"] if words else []


def conflict_words(run: Run, links: Links) -> str:
    """That the default branch does not fit onto the run branch: where, and what to do."""
    branch, sha = code(run.repo.default_branch, 80), run.base_conflict
    shown = ", ".join(code(path, 120) for path in run.base_conflict_paths[:MOST_PATHS]) or "a directory"
    more = len(run.base_conflict_paths) - MOST_PATHS
    where = f"{shown} and {more} more" if more > 0 else shown
    onto = link("the run branch", links.branch(run.run_branch))
    at = f"{branch} at {link(code(sha[:7], 7), links.commit(sha))}"
    if run.base_no_merges:
        words = f"{at} is not taken in: a rule of the repository takes no merge commit on {onto}, or no unsigned one."
        tail = "Squash or rebase when you merge." if run.ended else "Work goes on without it."
        return f"{words} {tail} {see(links, Trouble.LINEAR_HISTORY)}"
    words = f"{at} conflicts with {onto} in {where}."
    if run.ended:
        return f"{words} Someone has to merge {branch} there before the pull request can be merged."
    if run.resting:
        return f"{words} Merge {branch} there; after it `/otto resume` goes on with both."
    return f"{words} Work goes on without it. Merge {branch} there, and the next batch starts on both."
