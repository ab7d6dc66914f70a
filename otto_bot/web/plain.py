"""Small pages that need nothing of the site: whoever is refused, or not yet in, costs nothing."""

from __future__ import annotations

import html

from otto_bot.text.login import Words
from otto_bot.web.answer import Page


def plain(status: int, css: str, words: Words, links: tuple[tuple[str, str], ...] = ()) -> Page:
    """A title, what to do, and where to go: (address, text)."""
    title, advice = (html.escape(said) for said in words)
    ways = "".join(f'<p><a class="button" href="{html.escape(to)}">{html.escape(said)}</a></p>' for to, said in links)
    return Page(
        status,
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{title} · Otto</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light dark">'
        f'<link rel="stylesheet" href="{html.escape(css)}"></head>'
        f"<body><main><h1>{title}</h1><p>{advice}</p>{ways}</main></body></html>\n",
    )
