"""A call for a person: one new comment, one question, the exact reply."""

from __future__ import annotations

from otto_bot.core.run import Run
from otto_bot.core.waits import Wait
from otto_bot.text.body import assemble
from otto_bot.text.footer import footer
from otto_bot.text.links import Links
from otto_bot.text.markdown import code, sentence
from otto_bot.text.refusals import reason_words
from otto_bot.text.status import where_it_stands


def call_comment(run: Run, wait: Wait, links: Links, reminder: bool) -> str:
    """Mentions who labelled the issue: they can always unblock it."""
    again = "a reminder: " if reminder else ""
    lead = f"@{run.actor.login} {again}Otto waits for you and does nothing meanwhile."
    question = f"**{sentence(reason_words(wait.question, links, run.repo.default_branch))}**"
    after = ", once that is done" if wait.kind == "hold" else ""
    answer = f"Reply with {code(wait.reply, 200)}{after}. Anyone with write access can."
    return assemble([lead, question, answer, where_it_stands(run, links)], footer(run))
