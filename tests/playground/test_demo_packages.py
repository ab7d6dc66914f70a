"""The demo where its extra is not installed: it starts itself with it, or says what to type."""

from __future__ import annotations

import sys

import pytest

from otto_bot.playground.demo import packages
from otto_bot.playground.demo.command import main


def test_everything_is_here_where_the_extra_is() -> None:
    assert packages.missing() == ()


def test_what_is_missing_is_named_with_what_to_type(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv(packages.UV, raising=False)
    monkeypatch.setitem(sys.modules, "pytest", None)

    assert main([]) == 2

    said = capsys.readouterr().err
    assert said.startswith("otto-bot demo: the demo needs pytest, which a bot does not need and which is not installed")
    assert "\n    uvx 'otto-bot[playground]' demo\n" in said


def test_uv_is_asked_once_and_for_this_very_version() -> None:
    command = packages.again(["--scenario", "flaky"], {packages.UV: "/opt/uv"})

    assert command is not None
    assert command[:4] == ["/opt/uv", "tool", "run", "--from"]
    assert command[4].startswith(("otto-bot[playground]==", "otto-bot[playground] @ file:///"))
    assert command[5:] == ["otto-bot", "demo", "--scenario", "flaky"]
    assert packages.again([], {packages.UV: "/opt/uv", packages.TRIED: "1"}) is None
    assert packages.again([], {}) is None
