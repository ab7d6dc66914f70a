"""What people read about a default branch that moves, and about work that does not go together."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from markdown_it import MarkdownIt

from otto_bot.core.run import Hold, Run
from otto_bot.text import together
from otto_bot.text.base import base_lines, conflict_words
from otto_bot.text.links import Links
from otto_bot.text.pull import pull_body
from otto_bot.text.refusals import REASON_LIMIT, exposure_grew
from otto_bot.text.status import status_comment

BASE, NEW = "a" * 40, "b" * 40
HOSTILE = ["@octocat", "fixes #12", "<img src=x>", "[a](https://evil.example)", "`/otto stop`", "a|b\n\n# x", "\u202e"]


@pytest.fixture
def at_work(moment: Callable[[str], Run]) -> Callable[..., Run]:
    """A run that is executing, changed as told."""

    def made(**changes: Any) -> Run:
        return moment("working").model_copy(update={"base_sha": BASE, **changes})

    return made


def words(run: Run, links: Links) -> str:
    return "\n".join(base_lines(run, links))


def test_nothing_is_said_while_nothing_moves(at_work: Callable[..., Run], links: Links) -> None:
    assert words(at_work(), links) == ""


def test_a_base_that_was_taken_in_is_named(at_work: Callable[..., Run], links: Links) -> None:
    once = words(at_work(base_taken=NEW, base_head=NEW, base_round=1), links)
    assert f"`main` was taken in as of [`{NEW[:7]}`](https://github.com/octo/demo/commit/{NEW})." in once
    assert "3 times so far" in words(at_work(base_taken=NEW, base_head=NEW, base_round=3), links)
    later = words(at_work(base_head=NEW), links)
    assert later == "**Base:** `main` has moved; it is taken in before the next batch starts."


def test_a_conflict_says_where_and_what_to_do(at_work: Callable[..., Run], links: Links) -> None:
    paths = tuple(f"src/f{n}.py" for n in range(12))
    run = at_work(base_head=NEW, base_conflict=NEW, base_conflict_paths=paths)
    said = words(run, links)
    assert "conflicts with [the run branch](" in said
    assert "`src/f0.py`" in said
    assert "`src/f9.py` and 2 more." in said
    assert "Work goes on without it. Merge `main` there, and the next batch starts on both." in said
    paused = run.model_copy(update={"hold": Hold(kind="paused", number=1, reason="r", since=run.started_at)})
    assert "after it `/otto resume` goes on" in words(paused, links)
    for body in (status_comment(run, links, run.started_at), pull_body(run, links, None)):
        assert "`src/f0.py`" in body


@pytest.mark.parametrize("text", HOSTILE)
def test_paths_and_branches_act_on_nothing(text: str, at_work: Callable[..., Run], links: Links) -> None:
    run = at_work(base_conflict=NEW, base_conflict_paths=(text, text * 50))
    run = run.model_copy(update={"repo": run.repo.model_copy(update={"default_branch": text})})
    said = re.sub(r"\]\(https://github\.com/octo/demo/[^)\s]*\)", "]", conflict_words(run, links))
    shown = re.sub(r"<code>.*?</code>", "", MarkdownIt("commonmark").render(said), flags=re.DOTALL)
    assert not re.search(r"@\w|#\d|<(?!/?p>)|://", shown), shown


def test_wider_workflows_fit_into_a_reason() -> None:
    from otto_bot.core.exposure import Exposed

    items = tuple(Exposed(workflow=f"w{n}.yml" * 40, what="secret", detail="KEY" * 40) for n in range(30))
    reason = exposure_grew(items, "main")
    assert len(reason) <= REASON_LIMIT
    assert "and 25 more" in reason
    assert "/otto resume" in reason


def test_who_else_changed_it_is_said_in_one_line_and_in_full(at_work: Callable[..., Run]) -> None:
    run = at_work()
    others = [("t1", "1" * 40, ("a.py",)), ("", "2" * 40, ("a.py", "b.py"))]
    line = together.conflict_line(run, ("a.py", "b.py"), others)
    assert line == "in a.py, b.py, which t1 and the default branch main changed too"
    assert together.conflict_line(run, (), []) == "in a directory"
    full = together.conflict(run, "t2", ("a.py",), others).splitlines()
    assert full[0].startswith("t2 (")
    assert full[1:] == ["t1 (1111111) changed a.py too", "the default branch main (2222222) changed a.py, b.py too"]
    assert together.red_line(run, others) == (
        "green alone, red together with t1 (1111111) and the default branch main (2222222)"
    )
    red = together.red(run, "t2", others)
    assert "is green on the state it began with, and red on the run branch's head." in red
    assert "t1 (1111111) changed a.py" in red
