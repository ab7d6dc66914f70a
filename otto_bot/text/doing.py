"""Labels of what can be done on pages: buttons, fields, and what each of them leads to."""

from __future__ import annotations

BUTTONS = {
    "approve": "Approve {what}",
    "retry": "Try again",
    "skip": "Leave out",
    "accept": "Accept the changes",
    "pause": "Pause",
    "resume": "Go on",
    "replan": "Make another plan",
    "budget": "Allow more",
    "stop": "Stop the run …",
}
LEADS = {
    "approve": "It is carried out as it stands on this page.",
    "retry": "Failed tasks are written again, with your words for the coder.",
    "skip": "Tasks are left out; what needs them is blocked.",
    "accept": "What was held and shown is right.",
    "pause": "Nothing new is begun until someone lets it go on.",
    "resume": "It goes on where it rested.",
    "replan": "The issue is read as it stands now, and planned anew.",
    "budget": "So many US dollars more may be spent on this issue.",
    "stop": "The run ends; what is written is pushed and stays. A page asks once more.",
}
DO = {
    "do": "What you can do here",
    "moved_on": "The run moved on since this page was loaded, and these buttons count for what it was then.",
    "load": "Load the page again",
    "guidance": "Guidance for the coder (at most 2,000 characters; Ctrl+Enter sends)",
    "plan_guidance": "What the plan should be like (at most 2,000 characters; Ctrl+Enter sends)",
    "which": "Which tasks (none = all that failed)",
    "which_out": "Which tasks",
    "usd": "US dollars",
    "log_in": "Log in with GitHub",
    "sending": "Sending …",
    "no_answer": "No answer yet. You may press again: the same press counts once.",
    "typed": "What you wrote",
    "again": "Send it again",
    "look": "Look again",
    "changed": "What happened since",
    "stop_title": "Stop run {id}?",
    "stop_words": "The run ends for good. A coder at work pushes what it has first; branches and the pull request "
    "stay. Taking the label off the issue and putting it on again starts a new run.",
    "not_now": "What makes no sense now, and why",
    "back": "Back to run {id}",
    "stop_yes": "Stop run {id}",
    "stop_no": "No, let it go on",
}


def button(verb: str, what: str = "") -> str:
    """What stands on a button."""
    return BUTTONS[verb].format(what=what or "…")
