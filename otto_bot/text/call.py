"""A call for a person: one new comment, one question, the exact reply."""

from __future__ import annotations

from otto_bot.core.attempt import TaskState
from otto_bot.core.funds import COMMAND
from otto_bot.core.run import Run
from otto_bot.core.waits import Wait
from otto_bot.text.body import assemble
from otto_bot.text.footer import footer, money_words
from otto_bot.text.links import Links
from otto_bot.text.markdown import code, inline, link, sentence
from otto_bot.text.refusals import reason_words
from otto_bot.text.status import WAYS, where_it_stands
from otto_bot.text.trouble import of_wait, see
from otto_bot.text.words import STATES, count

REACHED = 20
"""Tasks that are told one by one."""


def call_comment(run: Run, wait: Wait, links: Links, reminder: bool) -> str:
    """Mentions who labelled the issue: they can always unblock it."""
    if wait.kind == "closed":
        return _closed(run, wait, links)
    return assemble([*call_words(run, wait, links, reminder), where_it_stands(run, links)], footer(run))


def call_words(run: Run, wait: Wait, links: Links, reminder: bool = False) -> list[str]:
    """Who is called, for what, and the reply: a comment of its own, or the beginning of the one that asks."""
    again = "a reminder: " if reminder else ""
    lead = f"@{run.actor.login} {again}Otto waits for you and does nothing meanwhile."
    more = see(links, of_wait(run, wait))
    question = (
        f"**{sentence(reason_words(wait.question, links, run.repo.default_branch, run.offered))}** {more}".rstrip()
    )
    after = ", once that is done" if wait.kind == "hold" and not wait.reply.startswith(COMMAND) else ""
    answer = f"Reply with {code(wait.reply, 200)}{after}. Anyone with write access can."
    money = wait.reply.startswith(COMMAND)
    reached = f"**So far:** {reached_words(run, links)}" if money else ""
    return [lead, question, answer, reached]


CLOSED_WAY = (
    f"{WAYS} Opening the pull request again says the same as `/otto resume`; after that word Otto opens it itself."
)


def _closed(run: Run, wait: Wait, links: Links) -> str:
    """Somebody closed the pull request: nothing is lost, and two words say what follows."""
    lead = f"@{run.actor.login} this run is paused: {inline(wait.question, 300)}."
    kept = "What was written so far stays on the branch. Anyone with write access can say it."
    return assemble([lead, CLOSED_WAY, kept, see(links, of_wait(run, wait)), where_it_stands(run, links)], footer(run))


def reached_words(run: Run, links: Links) -> str:
    """What the money or the minutes were enough for, and where unfinished work is."""
    if not run.tasks:
        return f"{money_words(run)}; there is no plan yet." if run.plan is None else f"{money_words(run)}."
    merged = [key for key, task in run.tasks.items() if task.state is TaskState.MERGED]
    said = [money_words(run), f"{len(merged)} of {count(len(run.tasks), 'task')} merged"]
    for key, task in list(run.tasks.items())[:REACHED]:
        last = task.last
        if key in merged or last is None:
            continue
        where = link("its branch", links.branch(last.branch)) if last.pushed else "nothing of it is pushed yet"
        said.append(f"{key}: attempt {last.number}, {STATES[task.state]}, {where}")
    return "; ".join(said) + "."
