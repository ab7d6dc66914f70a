"""Words about commits of others on the run branch: that they are there, stay, and are part of what is verified."""

from __future__ import annotations

from otto_bot.core.run import Run
from otto_bot.text.links import Links
from otto_bot.text.markdown import code, link
from otto_bot.text.trouble import Trouble, see
from otto_bot.text.words import count


def others_line(run: Run, links: Links) -> list[str]:
    """Nothing while only Otto has pushed to the run branch."""
    if run.others is None or run.pull_request is None:
        return []
    who = code(run.others.by, 60) if run.others.by else "somebody"
    times = f", {count(run.others.count, 'time')} so far" if run.others.count > 1 else ""
    up_to = link(code(run.others.sha[:7], 7), links.commit(run.others.sha))
    onto = link("the run branch", links.branch(run.run_branch))
    words = f"{who} pushed to {onto}, up to {up_to}{times}. These commits stay; Otto goes on on top of them"
    end = "." if run.ended else ", and what it verifies has them in it."
    return [f"**Commits of others:** {words}{end} {see(links, Trouble.HUMAN_PUSHES)}"]
