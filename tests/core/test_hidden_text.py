"""What GitHub's page does not show reaches no model: held against a renderer, whatever the text."""

from __future__ import annotations

import sys
import time
import unicodedata
from html.parser import HTMLParser

import pytest
from hypothesis import assume, settings
from hypothesis import given as for_all
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from otto_bot.core.hidden_text import hidden_words, seen, with_note
from otto_bot.core.unseen import UNSEEN, escaped, restored, unseen, without_unseen

RENDERER = MarkdownIt("commonmark", {"html": True}).enable("table").enable("strikethrough")


class Page(HTMLParser):
    """The words that a browser shows."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.words: list[str] = []

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def shown(text: str) -> str:
    """What the page of this text shows."""
    page = Page()
    page.feed(RENDERER.render(text))
    page.close()
    return "".join(page.words)


PIECES = [
    "the SECRET", "<!--", "-->", "`", "``", "```", "~~~", "\n", "\n\n", "> ", "- ", "   ", "    ", "<div>",
    "</div>", "<pre>",
    "</pre>", "<b x='", "'>", "\">", "<a title=\"", "|", "| - | - |", "\\", "[", "]", "(", ")", "![", "](u \"", "\")",
    "[//]: # (", "]: u '", "<?", "?>", "<!X", ">", "<", "a", " ", "&lt;", "&#x200b;", "# ", "1. ", "<![CDATA[",
    "]]>", "html",
]  # fmt: skip


TEXTS = st.lists(st.sampled_from(PIECES), max_size=14).map("".join)


def held(text: str) -> None:
    """No word is read that the page does not show."""
    assume("<!-->" not in text)  # Python's reader of HTML takes it for a beginning; browsers do not
    assume("<!--->" not in text)
    words = seen(text).text
    if "SECRET" not in shown(text):
        assert "SECRET" not in words.replace("(SECRET", "(")  # an address of a link is kept: it can be looked at


@for_all(TEXTS)
@settings(max_examples=60, deadline=None)
def test_what_the_page_does_not_show_is_not_read(text: str) -> None:
    held(text)


@pytest.mark.slow
@for_all(TEXTS)
@settings(max_examples=1500, deadline=None)
def test_what_the_page_does_not_show_is_not_read_in_many_texts(text: str) -> None:
    held(text)


HIDDEN = [
    "fix it\n<!-- SECRET -->\nplease", "x <!-- a\nSECRET --> y", "`<!-- shown -->` and <!-- SECRET -->",
    "<!-- SECRET",
    "> ```\n<!-- SECRET -->\n", "  ```\nfoo\n```\n<!-- SECRET -->\n", "<div>\n```\n<!-- SECRET -->\n```\n</div>",
    "<pre>\n\n```\n<!-- SECRET -->\n```\n</pre>", "a ` b\nc ` <!-- SECRET --> ` d", "\\`<!-- SECRET -->`",
    "| `a | <!-- SECRET --> | b` |\n| - | - | - |", "[//]: # (SECRET)\nx", "[x]: u 'SECRET'\n\nsee [x]",
    "[^1]: SECRET",
    "![SECRET](https://x/p.png 'SECRET')", "![SECRET][x]\n\n[x]: u", "[a](u 'SECRET')", "[&#x200b;](SECRET)",
    "[a](data:text/html;base64,SECRET)", "<img alt='SECRET' src=x>", "<img src=\"data:image/png;base64,SECRET\">",
    "<picture><img alt='the SECRET'></picture>", "<a title='SECRET'>x</a>", "<please do SECRET>",
    "<please-do-SECRET>",
    "<div SECRET\nSECRET\n\nSECRET", "$\\color{white}{SECRET}$", "```mermaid\n%% SECRET\ngraph\n```",
    "```py SECRET words\nx\n```", "```geojson\nSECRET\n```", "<? SECRET ?>", "<!DOCTYPE SECRET>",
    "<a title=\"`\"> <!-- SECRET --> `",
    "".join(chr(0xE0000 + ord(char)) for char in "SECRET"), "<sec\u00adret SECRET>",
]  # fmt: skip


@pytest.mark.parametrize("text", HIDDEN)
def test_hidden_words_are_left_out_and_counted(text: str) -> None:
    found = seen(text)
    assert "SECRET" not in found.text
    assert found.hidden
    assert found.words[0] in "123456789"


SEEN = [
    "Add a cache.\n\n```html\n<!-- kept -->\n```\n", "`<!-- kept -->` stays", "Vec<String> and a < b, c > d",
    "costs $5, or $x$",
    "use <!-- to begin one", "see [docs] and [the page](https://a.b/c?d=1&copy=2)\n\n[docs]: https://a.b",
    "see [^1]\n\n[^1]: why",
    "Steps:\n1. run\n   ```sh\n   make\n   ```\n2. see",
    "<details><summary>log</summary>\n\n```\nE  x\n```\n</details>",
    "para\n[note]: it goes on", "C:\\temp\\x and 5 * 3", "- [ ] a box\n- [x] another", "<https://a.b/c>",
    "a | b\n- | -\n`x` | y",
]  # fmt: skip


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


@pytest.mark.parametrize(
    "piece",
    ["<a \"<a '", "[", "[a](", "![", "`", "<!--", '[a]: b "\n', "$", "<a ", "[[x]", "- ```\n", "[a](b (", "<pre>\n"],
)
def test_a_text_of_beginnings_without_ends_takes_no_longer_than_its_length(piece: str) -> None:
    began = time.process_time()
    seen(piece * (60_000 // len(piece)))
    assert time.process_time() - began < 2


def test_every_format_character_of_unicode_is_unseen() -> None:
    missing = [char for char in map(chr, range(sys.maxunicode + 1)) if unicodedata.category(char) == "Cf"]
    assert all(UNSEEN.match(char) for char in missing)
    for number in (
        0xAD,
        0x34F,
        0x61C,
        0x115F,
        0x1160,
        0x180E,
        0x3164,
        0xFE00,
        0xFE0F,
        0xFFA0,
        0xE0001,
        0xE0041,
        0xE01EF,
    ):
        assert UNSEEN.match(chr(number))
    assert not any(UNSEEN.match(char) for char in "aé漢ا́ \t\n\u00a0")


def test_unseen_characters_have_names_that_lead_back_to_them() -> None:
    text = "if x:\u202e\u2066 # \U0001f468\u200d\U0001f4bb"
    assert escaped(text) == "if x:⟦U+202E⟧⟦U+2066⟧ # \U0001f468\u200d\U0001f4bb"
    assert restored(escaped(text), text) == text
    assert restored("⟦U+202E⟧ ⟦U+0041⟧ ⟦U+FFFFFF⟧", "nothing of it A") == "⟦U+202E⟧ ⟦U+0041⟧ ⟦U+FFFFFF⟧"
    assert unseen("\ufeffa") == 0
    assert without_unseen("a\u2028b\u200bc") == "a\nbc"
