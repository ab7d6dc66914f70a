"""What people are told when an issue's text changed between their word and Otto's hearing it."""

from __future__ import annotations

from collections.abc import Sequence

from otto_bot.text.markdown import code
from otto_bot.text.words import several

_ONLY = "Otto works only on a text that someone with write permission has asked for."


def changed_since_label(by: Sequence[str]) -> str:
    """The label was put on, and somebody without write permission changed the issue before Otto had read it."""
    return (
        f"Nothing was started: {_who(by)} changed this issue after the label was put on, without write permission "
        f"here. {_ONLY} Please read the issue as it stands now; to have it worked on, take the label off and put it on "
        "again."
    )


def changed_since_word(verb: str, by: Sequence[str]) -> str:
    """A command that reads the issue was said, and somebody without write permission changed it before Otto read it."""
    return (
        f"`/otto {verb}` was not carried out: {_who(by)} changed the issue after it was said, without write permission "
        f"here. {_ONLY} Please read the issue as it stands now, then say `/otto {verb}` once more."
    )


def changed_since_shown() -> str:
    """The box of `/otto replan` was ticked, and the issue is not the one that stood there when the box was written."""
    return (
        "`/otto replan` was not carried out: the issue was changed after this box was written, so the box does not "
        "mean the text that stands there now. Please read the issue, then write `/otto replan` as a comment."
    )


def _who(by: Sequence[str]) -> str:
    names = [code(login, 60) for login in by[:3]]
    return several([*names, "others"] if len(by) > 3 else names)
