"""Words of others act on nothing: no mention, link, reference, HTML, marker or command of theirs survives."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from datetime import datetime

import pytest
from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from otto_bot.core.run import Run
from otto_bot.text.body import size
from otto_bot.text.check import attempt_check, run_check
from otto_bot.text.decision import decision_comment
from otto_bot.text.links import Links
from otto_bot.text.markdown import cell, code, fence, inline, one_line, plain, quoted
from otto_bot.text.markers import marker
from otto_bot.text.plan import plan_comment
from otto_bot.text.pull import pull_body, pull_title
from otto_bot.text.reply import bad_command, refused, unknown_verb
from otto_bot.text.status import status_comment

RENDERER = MarkdownIt("commonmark", {"linkify": False}).enable("table").enable("strikethrough")
HOSTILE = [
    "@octocat please look", "ping @org/team!", "(@a)@b", "fixes #12", "Closes octo/demo#3", "resolves GH-9",
    "see https://evil.example/x.png", "![x](https://evil.example/p.png)", "[click](javascript:alert(1))",
    "<img src=x onerror=alert(1)>", "<!-- otto run=41 surface=status -->", "/otto approve r1", "# heading", "- [x] box",
    "1. list", "a | b | c", "**bold** _it_ ~~s~~", "`code` and ``more`` and ` alone", "&#64;octocat", "&commat;octocat",
    "</details></sub>", "[a]: https://evil.example", "www.evil.example", "me@evil.example", "$a$ $$b$$", "> quote",
    "\u202ereversed", "\x1b[31mred\x1b[0m", "x\r\n/otto stop", "`a`@octocat`b`", "\\@octocat \\`", "::error::x",
]  # fmt: skip
WORDS = st.lists(
    st.sampled_from([*HOSTILE, "a", " ", "\n", "`", "``", "|", "\\", "@x", "#1", "[", "](", ")", "*", "_"])
).map("".join)


def live(rendered: str) -> str:
    """Rendered HTML without code: what GitHub would look for mentions and references in."""
    return re.sub(r"<code[^>]*>.*?</code>", "", rendered, flags=re.DOTALL)


def harmless(rendered: str) -> None:
    """Nothing in it would act on GitHub."""
    text = live(rendered)
    assert not re.search(r"<(?!/?(?:p|strong|blockquote|sub|table|thead|tbody|tr|th|td|pre)\b)", text), text
    assert not re.search(r"(?<!\w)@\w", text), text
    assert not re.search(r"#\d|\bgh-\d", text, re.IGNORECASE), text
    assert "://" not in text, text
    assert "www." not in text, text


@pytest.mark.parametrize("text", HOSTILE)
def test_inline_words_act_on_nothing(text: str) -> None:
    harmless(RENDERER.render(inline(text)))


@for_all(WORDS)
@settings(max_examples=300, deadline=None)
def test_any_mix_of_them_acts_on_nothing(text: str) -> None:
    harmless(RENDERER.render(inline(text, 2000)))
    assert "\n" not in inline(text, 2000)


@for_all(WORDS)
@settings(max_examples=200, deadline=None)
def test_a_cell_stays_one_cell(text: str) -> None:
    table = RENDERER.render(f"| a | b |\n| --- | --- |\n| {cell(text)} | end |")
    assert table.count("<td>") == 2
    assert "<td>end</td>" in table
    harmless(table)


@for_all(st.text(alphabet="`ab~\n <!->|"))
@settings(max_examples=200, deadline=None)
def test_fences_and_spans_hold_any_number_of_backticks(text: str) -> None:
    rendered = RENDERER.render(fence(text) + "\n\nafter")
    assert rendered.count("<pre>") == 1
    assert rendered.endswith("<p>after</p>\n")
    span = RENDERER.render(f"x {code(text)} y")
    assert span.count("<code>") == 1
    assert span.endswith("</code> y</p>\n")
    assert "<!--" not in fence(text) + code(text)


def test_words_stay_readable() -> None:
    assert inline("`list_active()` returns dicts, not tuples") == "`list_active()` returns dicts, not tuples"
    assert inline("add flask to [project.dependencies]; use pip install -e .").startswith("add flask to [project.dep")
    assert inline("call foo_bar(x) at 3.5%") == "call foo_bar(x) at 3.5%"
    assert inline("ask @maria, or see #12.") == "ask `@maria`, or see `#12`."
    assert quoted("one") == ' "one"'
    assert quoted("one\n@two").startswith("\n\n```text\none\n@two\n```")
    assert one_line("a " * 500, 20).endswith("…")


@pytest.mark.parametrize("filler", ["x", "\u6f22", "a#", "gh-", "www", ":/"])
def test_a_word_without_an_end_takes_no_longer_than_its_length(filler: str) -> None:
    """Scripts without spaces are such words: a comment of them may not keep everybody waiting."""
    began = time.process_time()
    inline(filler * 10_000, 40_000)
    assert time.process_time() - began < 2


def test_plain_words_close_nothing_and_skip_nothing() -> None:
    assert plain("Fixes #12 for @maria [skip ci]") == "Fixes 12 for maria"
    assert plain("closes https://github.com/o/r/issues/7 now") == "closes 7 now"
    assert plain("[skip [skip ci]ci] x [CI SKIP]") == "x"
    assert "skip-checks:" not in plain("skip-checks: true")


@pytest.mark.parametrize("text", HOSTILE)
def test_bodies_with_hostile_words_hold_no_comment_or_command(
    text: str, hostile: Callable[[str], Run], links: Links, now: datetime
) -> None:
    run = hostile(text)
    gate = run.gates[-1]
    bodies = [
        status_comment(run, links, now), plan_comment(run, links), pull_body(run, links, None),
        decision_comment(run, gate, links, now), attempt_check(run, "t2", 1, links).text,
        attempt_check(run, "t2", 1, links).summary, run_check(run, links).text,
    ]  # fmt: skip
    for body in bodies:
        assert "<!--" not in body
        outside = re.sub(r"(?ms)^[> ]*(`{3,})[^\n]*\n.*?^[> ]*\1 *$", "", body)
        assert not re.search(r"(?m)^\s*/otto", outside)
        links_out = re.findall(r'(?:href|src)="([^"]*)"', RENDERER.render(outside))
        assert all(url.startswith(("https://github.com/octo/demo", links.help(""))) for url in links_out), links_out
        mentions = set(re.findall(r"(?<![\w`/])@(\w+)", live(RENDERER.render(outside))))
        assert mentions <= {"maria"}
        assert set(re.findall(r"(?<!request )#(\d+)", live(RENDERER.render(outside)))) <= {"5"}
    assert "\n" not in pull_title(run, [])


def test_no_surface_name_breaks_out_of_the_marker() -> None:
    assert marker(41, "check/t1/a2") == "<!-- otto run=41 surface=check/t1/a2 -->"
    forged = marker(41, "x --> <b>\n-- y")
    assert forged.count("-->") == 1
    assert "\n" not in forged
    assert "--" not in forged.removeprefix("<!--").removesuffix("-->")
    assert len(marker(2**40, "s" * 999)) < 200
    assert marker(1, "status") != marker(11, "status")


@pytest.mark.parametrize("text", HOSTILE)
def test_replies_to_strangers_act_on_nothing(text: str, links: Links) -> None:
    for body in (bad_command(text), unknown_verb(text, None), refused("@octocat", text, links)):
        harmless(RENDERER.render(body))


def test_two_hundred_tasks_with_long_words_fit(huge: Callable[[], Run], links: Links, now: datetime) -> None:
    run = huge()
    gate = run.gates[-1]
    bodies = {
        "status": status_comment(run, links, now),
        "plan": plan_comment(run, links),
        "pull": pull_body(run, links, "t" * 200_000),
        "decision": decision_comment(run, gate, links, now),
        "check": attempt_check(run, "t1", 1, links).text,
        "run": run_check(run, links).text,
    }
    for name, body in bodies.items():
        assert size(body) < 60_000, name
        assert body.splitlines()[-1].endswith("run 41</sub>"), name
        assert body.count("<details>") == body.count("</details>"), name
    assert "left out" in bodies["plan"]
    assert "left out" in bodies["decision"]
    assert "| t1 " in bodies["status"]
    assert "`/otto approve r" in bodies["decision"]


def test_a_log_of_100_kb_is_cut_and_says_so(huge: Callable[[], Run], links: Links) -> None:
    text = attempt_check(huge(), "t1", 1, links).text
    assert "characters left out" in text
    assert size(text) < 60_000
