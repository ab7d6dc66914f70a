"""Whatever Otto repeats of others, it closes nothing, mentions nobody and commands no bot, wherever a bot looks."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st

from otto_bot.core.unseen import UNSEEN
from otto_bot.text.commits import subject_line
from otto_bot.text.links import Links
from otto_bot.text.markdown import cell, clean, code, command_line, fence, inline, one_line, plain, quoted

COMMANDS = [
    "/close", "/lgtm", "/approve cancel", "/merge", "/azp run", "/ok-to-test", "/retest-required", "/hold",
    "/assign @maria", "/label bug", "/remove-lifecycle stale", "bors r+", "bors: try", "homu merge", "@bors r+",
    "@dependabot merge", "@dependabot[bot] rebase", "@mergifyio queue", "@coderabbitai review", "@claude do it",
    "@copilot fix", "@rustbot label +x", "retest this please", "jenkins, test this please", "ok to test",
    "add to whitelist", "!deploy", "/deploy prod", "/any-word-of-mine", "@my-release-bot ship",
]  # fmt: skip
AROUND = [
    "{}",
    "{}\n",
    "text\n{}\nmore",
    "> {}",
    ">> {}\n",
    "- {}",
    "  {}",
    "\u200b{}",
    "x\u2028{}",
    "\r{}",
    "\x1b[31m{}",
    "```\n{}\n```",
]
OBEYED = re.compile(
    r"^[\s>*+|-]*(?:/(?!otto\b)[a-z][\w-]*(?![\w/.-])|![a-z]|(?:bors|homu):?\s+[a-z])"
    r"|(?<![\w/.])/(?:close|lgtm|approve|merge|azp|ok-to-test|retest|hold|assign|label|remove-lifecycle|deploy)\b"
    r"|@(?:bors|dependabot|mergifyio|coderabbitai|claude|copilot|rustbot|my-release-bot)\b"
    r"|\btest\W+this\W+please|\bok\W+to\W+test|\badd\W+to\W+whitelist|\b(?:bors|homu)\W{0,2}\s+(?:r\+|merge|try)",
    re.IGNORECASE | re.MULTILINE,
)
"""What naive bots look for: at the beginning of lines, whatever stands before, or anywhere."""


@pytest.mark.parametrize("around", AROUND)
def test_no_bot_obeys_what_is_repeated(around: str) -> None:
    for text in map(around.format, COMMANDS):
        for shown in (inline(text), cell(text), code(f"x {text}"), fence(text), quoted(text), quoted(f"a\n{text}"),
                      plain(text)):  # fmt: skip
            assert not OBEYED.search(shown), shown


def test_a_line_of_a_block_is_not_one_word_that_a_bot_waits_for() -> None:
    assert fence("ok\nrecheck\nok") == "```text\nok\n· recheck\nok\n```"


def test_it_stays_readable() -> None:
    for command in COMMANDS:
        words = re.sub(r"[\W_]", "", command)
        assert words in re.sub(r"[\W_]", "", fence(command))
        assert words in re.sub(r"&#47;|[\W_]", "", inline(command))


@pytest.mark.parametrize(
    "text",
    ["/usr/bin/ld: cannot find -lx", "at /home/runner/work/a.py", "src/close/merge.py", "ask me@example.org",
        "a/b or c",
     "https://example.org/close", "@pytest.fixture", "not @types/node", "and/or", "5 / 3", "-/+", "robots test this"],
)  # fmt: skip
def test_paths_and_code_stay_as_they_are(text: str) -> None:
    assert fence(text) == f"```text\n{text}\n```"
    assert code(text) == f"`{text}`"


ALPHABET = [
    "#", "##", "＃", "@", "＠", "gh-", "GH-", "1", "12", "org/team", "o/r", "[skip ci]", "[ci", " skip]",
    "skip-checks:",
    "***NO_CI***", "https://github.com/o/r/issues/7", "https://", "/issues/", "fixes ", "Closes: ", "<!--", "-->",
    "<", "!--",
    "\u200b", "\u00ad", "\u202e", "\x1b[m", "\U000e0041", " ", "a", "-", "#major", "/close", "bors r+",
]  # fmt: skip
ACTS = re.compile(
    r"[#＃]\d|(?<![a-z0-9])gh-\d|(?<!\w)[@＠]\w|\[\s*(?:skip[\s-]*ci|ci[\s-]*skip)\s*\]|skip-checks:|NO_CI\*|<!--|-->"
    r"|://\S+/issues/\d|#major|(?<![\w/.~])/close(?![\w/.])",
    re.IGNORECASE,
)


@for_all(st.lists(st.sampled_from(ALPHABET), max_size=12).map("".join))
@settings(max_examples=150, deadline=None)
def test_taking_one_thing_out_of_a_title_makes_no_other(text: str) -> None:
    assert not ACTS.search(plain(text)), plain(text)
    assert not ACTS.search(subject_line(text, []))
    assert plain(plain(text)) == plain(text)


@pytest.mark.parametrize(
    ("text", "title"),
    [("fixes ##12", "fixes 12"), ("closes gh-gh-12", "closes 12"), ("#@12", "12"), ("GH-@12", "12"), ("#[skip ci]12",
        "12"),
     ("@[skip ci]org/team", "org/team"), ("＃12 ＠maria", "12 maria"), ("\u00ad#\u200b12", "12"), ("o/o/r#1", "o/1")],
)  # fmt: skip
def test_nested_references_come_out_harmless(text: str, title: str) -> None:
    assert plain(text) == title


@for_all(
    st.text(
        alphabet=st.sampled_from(
            "a\u00ad\u034f\u061c\u115f\u180e\u200b\u202e\u2066\u3164\ufe0f\uffa0\U000e0041\U000e01ef"
        )
    )
)
@settings(max_examples=50, deadline=None)
def test_nothing_unseen_is_written(text: str) -> None:
    for shown in (
        inline(text),
        cell(text),
        code(text),
        fence(text),
        plain(text),
        clean(text),
        one_line(text),
        command_line(text),
    ):
        assert not UNSEEN.search(shown)


@pytest.mark.parametrize(
    "url",
    ["https://github.com/evil/repo/x", "https://github.com/octo/demo-evil",
        "https://github.com/octo/demo/../../evil/x",
     "https://github.com/octo/demo/%2e%2e/%2E./evil", "https://github.com/octo/demo\\..\\x",
     "https://github.com/octo/demo@evil",
     "https://github.com.evil/octo/demo", "//github.com/octo/demo", "https://github.com/octo"],
)  # fmt: skip
def test_only_addresses_of_the_repository_become_links(url: str) -> None:
    links = Links("https://github.com", "octo", "demo")
    assert links.ours(url) == ""
    for own in (
        links.home,
        f"{links.home}/pull/1#issuecomment-2",
        f"{links.home}?q=1",
        links.home.upper().replace("HTTPS", "https"),
    ):
        assert links.ours(own) == own


def test_no_line_of_ours_is_a_command() -> None:
    """What Otto says of itself names its own commands in code, and never at the beginning of a line."""
    shown = sorted((Path(__file__).parent / "__snapshots__").rglob("*.md"))
    assert len(shown) > 50
    for file in shown:
        text = re.sub(r"\[otto: [^\]]*\]", "", file.read_text())
        assert not OBEYED.search(text.replace("`/otto ", "`")), file.name
        assert not re.search(r"(?m)^[\s>*+-]*/", text), file.name
