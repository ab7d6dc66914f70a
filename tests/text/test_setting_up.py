"""What `otto-bot setup` says, and shows on its page."""

from __future__ import annotations

from typing import Any

from otto_bot.text import setting_up as words
from otto_bot.text import setup_page as pages

HOSTILE = "<b>&\"'"


def test_words_of_the_terminal(snapshot: Any) -> None:
    said = {name: value for name, value in vars(words).items() if name.isupper()}
    said |= {
        "not_reached": words.not_reached("https://api.github.com", "ConnectError"),
        "no_answer": words.no_answer("https://github.com", "ReadTimeout"),
        "refused": words.refused(500), "unreadable": words.unreadable("pem"),
        "not_written": words.not_written("/srv/otto/state", "No space left on device"),
        "not_kept": words.not_kept("/srv/otto/state", "No space left on device"),
        "no_folder": words.no_folder("/srv/x"), "not_ours": words.not_ours("/srv/x"),
        "a_link": words.a_link("/srv/.env"),
        "torn": words.torn("/srv/otto/state/github-app/answer.json"),
        "another_app": words.another_app("/srv/.env", "7"),
        "heading": words.heading("Otto\nB=2"), "opened": words.opened("http://127.0.0.1:1/x"),
        "headless": words.headless("/srv/register.html", "https://github.com/settings/apps/new?name=x", "127.0.0.1"),
        "here_already": words.here_already("Otto", 7, "/srv"), "goes_on": words.goes_on("Otto"),
        "created": words.created("Otto", 7, "/srv", "/srv/.env"), "install": words.install("https://github.com/apps/x"),
        "installed": words.installed(["acme", "me"]), "not_asked": words.not_asked("no answer"),
        "next_steps": [words.next_steps(polls=True, model=False), words.next_steps(polls=False, model=True)],
        "wrong_key": words.wrong_key(7, "https://github.com"), "unchecked": words.unchecked("no answer"),
        "written": words.written(7, "/srv/.env"), "by_hand": words.by_hand(7, "/srv/.env"),
        "no_port": words.no_port(80, "Permission denied"),
    }  # fmt: skip
    assert said == snapshot
    assert "\n" not in said["heading"]


def test_pages(snapshot: Any) -> None:
    """Whatever a name or an address holds, it is text."""
    shown = {
        "begin": pages.begin(HOSTILE, HOSTILE, HOSTILE, {"issues": "write"}, pages.HOW_POLL, HOSTILE),
        "mine": pages.begin("https://github.com", "{}", "", {}, pages.HOW_WEBHOOK),
        "install": pages.install(HOSTILE, HOSTILE, HOSTILE), "done": pages.done([HOSTILE], [HOSTILE]),
        "trouble": pages.trouble(HOSTILE, again=True), "door": pages.door(HOSTILE),
    }  # fmt: skip
    assert shown == snapshot
    assert not any(HOSTILE in page for page in shown.values())
