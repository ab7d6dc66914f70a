"""Words about a repository that was shut, or has another name, and about an issue that is gone."""

from __future__ import annotations

from otto_bot.core.barring import BarredBy, IssueGone
from otto_bot.core.run import Run
from otto_bot.text.body import assemble
from otto_bot.text.footer import footer
from otto_bot.text.links import Links
from otto_bot.text.markdown import code
from otto_bot.text.trouble import Trouble, see
from otto_bot.text.words import clock

BARS: dict[BarredBy, str] = {
    "archived": "this repository was archived, so that nobody could write here",
    "suspended": "Otto's installation was suspended, so that GitHub let it neither read nor write",
    "removed": "Otto was not installed for this repository",
}


ENTRIES: dict[BarredBy, Trouble] = {"archived": Trouble.ARCHIVED_MIDRUN, "suspended": Trouble.SUSPENDED_INSTALLATION}


def shut_by(run: Run) -> BarredBy | None:
    """What keeps a run from its repository now; nothing keeps one that is over."""
    return run.bars[0].by if run.bars and not run.ended else None


def moved_lines(run: Run, links: Links) -> list[str]:
    """What the status comment says of it, a paragraph each; empty where nothing of the kind happened."""
    bar = run.barred_before
    shut = None if bar is None else ENTRIES.get(bar.by)
    words = [(barred_words(run), shut), (renamed_words(run), Trouble.RENAMED_REPO)]
    return [f"{said} {see(links, entry)}".rstrip() for said, entry in words if said]


def barred_words(run: Run) -> str:
    """When it could do nothing, why, and what followed."""
    bar = run.barred_before
    if bar is None:
        return ""
    until = f" until {clock(bar.until)}" if bar.until is not None else ""
    if bar.by == "removed":
        after = "That ended the run; what was pushed stays."
    else:
        after = "Nothing was lost or charged meanwhile, and its minutes stood still."
        after += "" if run.ended else " It goes on where it was."
    return f"**Was shut out** from {clock(bar.since)}{until}: {BARS[bar.by]}. {after}"


def renamed_words(run: Run) -> str:
    """What the repository and its default branch are called now."""
    said = []
    if run.moved_from and run.moved_from != run.repo.full_name:
        said.append(f"{code(run.moved_from, 150)} is {code(run.repo.full_name, 150)} now")
    if run.base_was and run.base_was != run.repo.default_branch:
        said.append(f"the default branch {code(run.base_was, 80)} is {code(run.repo.default_branch, 80)}")
    if not said:
        return ""
    return f"**Renamed:** {', and '.join(said)}. Otto goes by the repository's id: the work goes on, links are new."


def gone_lines(run: Run, links: Links) -> list[str]:
    """What is said besides of an issue that went when the run was over already; else its end says it."""
    gone = run.issue_gone
    if gone is None or gone.at_work:
        return []
    return [f"{gone_words(run.issue, gone)} {see(links, Trouble.TRANSFERRED_ISSUE)}"]


def issue_gone_comment(run: Run, links: Links) -> str:
    """The one comment that says, where it still can be written, why the run is over, and what to do."""
    gone = run.issue_gone
    assert gone is not None
    lead = f"@{run.actor.login} {gone_words(run.issue, gone)} That ends this run; what is in this pull request stays."
    to_do = f"**To go on:** {what_to_do(run, gone)} {see(links, Trouble.TRANSFERRED_ISSUE)}"
    return assemble([lead, to_do], footer(run))


def gone_words(number: int, gone: IssueGone) -> str:
    """What happened to the issue."""
    if gone.what == "deleted":
        return f"Issue #{number}, which Otto worked on, was deleted."
    where = f"to {code(gone.to, 200)}" if gone.to else "to another repository"
    return f"Issue #{number}, which Otto worked on, was transferred {where}."


def what_to_do(run: Run, gone: IssueGone) -> str:
    """What people can do so that the work goes on elsewhere."""
    label = code(run.config.label, 60)
    if gone.what == "deleted":
        return f"open an issue that says what is still to be done, and put the label {label} on it."
    left = "; commits of this pull request are not taken along" if run.pull_request is not None else ""
    return (
        f"put the label {label} on the issue in its new repository. Otto must be installed there. A new run then begins"
        f" on that repository's default branch{left}."
    )
