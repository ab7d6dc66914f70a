"""What pages of logs, diffs and attempts say by themselves."""

from __future__ import annotations

LOGS: dict[str, str] = {
    "log": "Log",
    "logs": "Logs",
    "lines": "Lines of the log",
    "lines_hint": "Arrow and page keys move; / searches, Esc leaves the search.",
    "jobs": "Jobs",
    "jobs_and_logs": "jobs and logs",
    "job": "Job",
    "workflow_job": "Job",
    "ended": "Ended",
    "at_github": "On GitHub",
    "first": "First lines",
    "previous": "Earlier lines",
    "next": "Later lines",
    "last": "Last lines",
    "find": "Words in the log",
    "search": "Search",
    "next_match": "Next match",
    "previous_match": "Previous match",
    "go_on": "Search on",
    "again": "Look again",
    "retry": "Retry",
    "whole": "The log as a list of parts",
    "kept": "What was kept of it",
    "kept_words": "These lines were frozen when the job's failure was looked at. No more of the log is left.",
    "nothing_kept": "Nothing of it was kept either.",
    "made_room": "it has just made room for another log on this host; look again",
    "empty": "The log is empty.",
    "open_log": "in the log",
    "cut_line": "…",
    "target": "Verification",
    "not_asked": "No run of a workflow is known of it yet.",
    "logs_words": "Jobs that a failure quotes. A verification's own page asks GitHub for all of its jobs.",
    "none": "No job is known yet.",
    "diff": "diff",
    "files": "Files",
    "base": "Base",
    "head": "Head",
    "merge_base": "They parted at",
    "taken": "Looked at",
    "shown": "Shown",
    "all_of_it": "All of it",
    "github_compare": "compare on GitHub",
    "binary": "GitHub gives no text of it: it is binary, or too large.",
    "diff_of": "What changed in",
    "between": "Between which commits",
    "behind": "commits that the base has and the head does not:",
    "branch_gone": "The branch is gone. What is shown is the commit that Otto knows.",
    "moved": "The branch has moved since: it is at",
    "no_diff_now": "The diff could not be had:",
    "no_difference": "Nothing differs.",
    "attempt": "Attempt",
    "attempt_page": "prompt and transcript",
    "prompt": "What the coder was told",
    "prompt_words": "As it was sent with the first turn; secrets are left out.",
    "no_prompt": "It was not kept: attempts of earlier releases have none, and none has one before its first turn.",
    "system": "Rules (system prompt)",
    "opening": "Task (opening message)",
    "transcript": "Transcript",
    "transcript_log": "Transcript as a log",
    "no_turns": "No turn is kept.",
    "turn": "Turn",
    "seconds": "Seconds",
    "tokens": "Tokens in / out",
    "usd": "$",
    "in_all": "In all",
    "parts": "More of it",
    "tools": "Tools",
    "said": "Said",
    "earlier_turns": "Earlier turns are in the transcript as a log:",
}

STANDINGS = {
    "final": "Final",
    "live": "Live: it is still written",
    "loading": "On its way from GitHub",
    "waiting": "Not there yet",
    "gone": "Gone",
    "failed": "It could not be had",
    "full": "It could not be kept on this host",
}
NO_LOG = (
    "No such log",
    "Run {id} has nothing to do with job {job}. The jobs that are its own are listed on its page of logs.",
)
NO_ATTEMPT = ("No such attempt", "Task {key} of run {id} has no attempt {number}. Its page lists those that it has.")
NO_DIFF = ("No diff yet", "{why}")
NO_HEAD = "Nothing of this run is on GitHub yet. There is a diff as soon as its branch is pushed."
NOT_PUSHED = "Nothing of this attempt was pushed: its change is in no branch. Its page says how it ended."
FILE_STATES = {
    "added": "new",
    "removed": "deleted",
    "modified": "changed",
    "renamed": "renamed",
    "copied": "copied",
    "changed": "changed",
}


def standing_words(standing: str, *, lines: int, size: int, age: float, words: str) -> str:
    """How a log stands, in one sentence or two."""
    much = f"{lines:,} line{'' if lines == 1 else 's'}, {size_words(size)}"
    ago = age_words(age)
    if standing == "final":
        return f"Final: {much}."
    if standing == "live":
        return f"Live: {much} so far, last update {ago}."
    if standing == "loading":
        return f"On its way from GitHub: {much} so far." if size else "On its way from GitHub."
    if standing == "waiting":
        said = words.replace("_", " ") or "not ended"
        return f"Not there yet: GitHub has a job's log when the job has ended, and this one is {said}. Looked {ago}."
    if standing == "gone":
        return f"Gone: GitHub does not keep this job's log any more. Looked {ago}."
    if standing == "full":
        return f"This host could not keep the log: {words}. Make room where its state folder lies. Tried {ago}."
    return f"The log could not be had: {words}. Tried {ago}."


def age_words(seconds: float) -> str:
    """How long ago."""
    seconds = max(0, int(seconds))
    if seconds < 120:
        return f"{seconds} s ago"
    return f"{seconds // 60} min ago" if seconds < 7_200 else f"{seconds // 3_600} h ago"


def size_words(size: int) -> str:
    """Bytes for people."""
    if size < 10_000:
        return f"{size:,} bytes"
    return f"{size / 1_000:,.0f} kB" if size < 1_000_000 else f"{size / 1_000_000:,.1f} MB"


def shown_words(
    files: int, of_files: int, changed: int, of_changed: int, size: int, of_size: int, *, most: bool
) -> str:
    """How much of a diff is shown of how much."""
    more = " GitHub names at most 300 files; there may be more." if most else ""
    if (files, changed) == (of_files, of_changed):
        what = f"all of it: {of_files} file{'' if of_files == 1 else 's'}, {of_changed:,} changed lines"
        return f"{what}, {size_words(of_size)}.{more}"
    return (
        f"{files} of {of_files} files, {changed:,} of {of_changed:,} changed lines, "
        f"{size_words(size)} of {size_words(of_size)}.{more}"
    )
