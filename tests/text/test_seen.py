"""What GitHub's page does not show reaches no model: held against a renderer, whatever the text."""

from __future__ import annotations

import re
import time
from html.parser import HTMLParser

import pytest
from hypothesis import assume, settings
from hypothesis import given as for_all
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from seen_texts import HIDDEN, SEEN

from otto_bot.text.shown.seen import hidden_words, seen, with_note

RENDERER = MarkdownIt("commonmark", {"html": True, "maxNesting": 100}).enable("table").enable("strikethrough")


class Page(HTMLParser):
    """The words that a browser shows."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.words: list[str] = []

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def page(text: str) -> str:
    """What the page of this text shows."""
    found = Page()
    found.feed(RENDERER.render(text))
    found.close()
    return "".join(found.words)


PIECES = [
    "<T extends ", "a<b && c>d ", "<", "< ", " > ", "&&", "`", "``", "```\n", "\n```ts\n", "\n~~~\n", "\n", "\n\n",
    "\n> ", "\n- ", "  ", "    ", "\n1. ", "z<!-- c -->", "z<!-- c\nd -->", "**", "_", "\\", "[", "]", "(u)", "|",
    "\n| - | - |\n", "\n# ", "\n===\n", "z<b>", "z</b>", "\t", " ", "z<br>", "z<a title='q'>", "![", "](u \"", "\")",
    "\n- [ ] ", "\n***\n", "z</details>", "\n  ```js\n", "\n   <T extends ",
]  # fmt: skip
"""Of Markdown, where words are nearly always seen."""
OF_HTML = [
    "<!--", "-->", "\n<div>", "</div>", "\n<pre>", "</pre>", "<b x='", "'>", '">', '<a title="', "\n[//]: # (", ")",
    "]: u '", "<?", "?>", "<!X", "&lt;", "&#x200b;",
]  # fmt: skip
WORDS = [f"w{number}w" for number in range(24)]
"""Each stands at most once in a text."""


@st.composite
def texts(draw: st.DrawFn, pieces: list[str]) -> str:
    """Pieces, and behind most of them a word of its own."""
    drawn = draw(st.lists(st.tuples(st.sampled_from(pieces), st.integers(0, 3)), min_size=1, max_size=14))
    return "".join(piece + word * (often > 0) for (piece, often), word in zip(drawn, WORDS, strict=False))


def in_language(text: str, word: str) -> bool:
    """Whether a word is the name of a block's language, which is told though the page shows it by colours only."""
    return re.search(rf"(?:```|~~~)[`~]*[ \t]*\S*{word}", text) is not None


def as_on_github(text: str) -> None:
    """Texts of which the renderers here and GitHub's say the same."""
    assume("<!-->" not in text)  # Python's reader of HTML takes it for a beginning; browsers do not
    assume("<!--->" not in text)
    # The renderer takes a quote's first line for the head of a table; GitHub begins the quote first.
    assume(re.search(r"^[ \t]*>.*\n.*-", text, re.MULTILINE) is None or "|" not in text)


def told(text: str) -> str:
    """What is told, without addresses of links: they are told, as they can be looked at."""
    return seen(text).text.replace("(w", "(")


def nothing_hidden_is_told(text: str) -> None:
    """No word is read that the page does not show."""
    as_on_github(text)
    shown, words = page(text), told(text)
    assert not [word for word in WORDS if word in words and word not in shown and not in_language(text, word)]


def all_that_is_seen_is_told(text: str) -> None:
    """Every word of the page is read; where nothing is hidden, not a letter is changed."""
    as_on_github(text)
    assume(all(token.type != "html_block" for token in RENDERER.parse(text)))  # what has no end there hides the rest
    shown, words = page(text), seen(text)
    assert not [word for word in WORDS if word in shown and word not in words.text and not in_language(text, word)]
    if not words.hidden:
        assert words.text == text


@for_all(texts(PIECES + OF_HTML))
@settings(max_examples=50, deadline=None)
def test_what_the_page_does_not_show_is_not_told(text: str) -> None:
    nothing_hidden_is_told(text)


@for_all(texts(PIECES))
@settings(max_examples=50, deadline=None)
def test_what_the_page_shows_is_told(text: str) -> None:
    all_that_is_seen_is_told(text)


@pytest.mark.slow
@for_all(texts(PIECES + OF_HTML))
@settings(max_examples=300, deadline=None)
def test_what_the_page_does_not_show_is_not_told_of_many_texts(text: str) -> None:
    nothing_hidden_is_told(text)


@pytest.mark.slow
@for_all(texts(PIECES))
@settings(max_examples=300, deadline=None)
def test_what_the_page_shows_is_told_of_many_texts(text: str) -> None:
    all_that_is_seen_is_told(text)


def test_the_words_of_these_texts_are_looked_for() -> None:
    """A text of each kind, that the properties above are about something."""
    text = 'z<!-- c\nw0w -->w1w[w2w](u "w3w")'
    assert [word for word in WORDS[:4] if word in page(text)] == ["w1w", "w2w"] == re.findall("w.w", told(text))


@pytest.mark.parametrize("text", HIDDEN)
def test_hidden_words_are_left_out_and_counted(text: str) -> None:
    found = seen(text)
    assert "SECRET" not in found.text
    assert found.hidden
    assert found.words[0] in "123456789"


@pytest.mark.parametrize("text", SEEN)
def test_what_is_seen_is_not_touched(text: str) -> None:
    assert seen(text).text == text
    assert seen(text).hidden == {}


def test_a_picture_that_github_named_hides_nothing() -> None:
    assert seen("![image](https://github.com/user-attachments/assets/1)").hidden == {}
    assert seen('<img width="300" alt="image" src="https://x/y.png" />').text == "[picture]"
    assert seen("\u2714\ufe0f \U0001f468\u200d\U0001f4bb done").hidden == {}


def test_entities_are_what_they_show() -> None:
    assert seen("&lt;b&gt; &amp; &#65;").text == "<b> & A"
    assert seen("a&#x200b;&#x202e;b").text == "ab"


def test_what_was_left_out_is_said_behind_it() -> None:
    assert with_note("plain") == "plain"
    noted = with_note("a <!-- b --> c")
    assert noted == "a  c\n[left out, as the page does not show it: 1 HTML comment]"
    assert hidden_words({"character": 1, "comment": 2, "title": 1}) == (
        "2 HTML comments, 1 title of a link and 1 character without a shape"
    )
    assert hidden_words({}) == ""


BEGINNINGS = [
    "<a \"<a '", "[", "[a](", "![", "`", "<!--", '[a]: b "\n', "$", "<a ", "[[x]", "- ```\n", "[a](b (", "<pre>\n",
    "> ", "[^a]: x\n", "<div><rp>", "$a\\x ", "a|b\n-|-\n", "- a\n", "*a ", "![[a]", "<x a='", "<?", "</b>",
    "<!A b ", "a <!-- --- ", "<p>", "<svg><p>", "a\n|-|-|\n", "- [ ] \n",
]  # fmt: skip


@pytest.mark.parametrize("piece", BEGINNINGS)
def test_a_text_of_beginnings_without_ends_takes_no_longer_than_its_length(piece: str) -> None:
    began = time.process_time()
    seen(piece * (8_000 // len(piece)))
    assert time.process_time() - began < 4  # mostly a tenth of a second; squared it would be minutes


@pytest.mark.slow
@pytest.mark.parametrize("piece", BEGINNINGS)
def test_the_longest_text_of_beginnings_without_ends_takes_no_longer(piece: str) -> None:
    began = time.process_time()
    seen(piece * (65_536 // len(piece)))
    assert time.process_time() - began < 8
