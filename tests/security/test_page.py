"""docs/security.md shows what the code and the attacks say: a test fails where it does not, and names the command."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def script() -> ModuleType:
    """The script that writes the page."""
    spec = importlib.util.spec_from_file_location("security_page", ROOT / "scripts" / "security_page.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_is_what_the_code_says(script: ModuleType) -> None:
    page = script.PAGE.read_text(encoding="utf-8")
    assert script.made(page) == page, f"docs/security.md is not up to date: run `{script.COMMAND}`"


def test_an_event_that_nobody_described_is_an_error(script: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(script.EVENTS, "pull_request.reopened")
    with pytest.raises(ValueError, match=r"say in EVENTS what these may do: pull_request\.reopened$"):
        script.events()


def test_nothing_is_described_that_is_gone(script: ModuleType) -> None:
    """A new command is shown with its own help; better words for it belong into the script."""
    rows = f"{script.events()}\n{script.commands()}"
    shown = set(re.findall(r"^\| `(?:otto-bot )?([\w.*-]+)` \|", rows, re.MULTILINE))
    assert {*script.EVENTS, *script.CLI} <= shown


def test_sources_become_links(script: ModuleType) -> None:
    assert script.linked_source("CVE-2025-32711") == (
        "[CVE-2025-32711](https://www.cve.org/CVERecord?id=CVE-2025-32711)"
    )
    assert script.linked_source("Yeachan-Heo/oh-my-claudecode#1276, and more") == (
        "[Yeachan-Heo/oh-my-claudecode#1276](https://github.com/Yeachan-Heo/oh-my-claudecode/issues/1276), and more"
    )
    assert script.linked_source("https://example.org/a_(b)") == "[`example.org/a_(b`](https://example.org/a_%28b))"
    assert script.linked_source("own: tried <b>by us</b>") == "our own: tried &lt;b>by us&lt;/b>"
