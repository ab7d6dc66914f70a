"""A full disk, a wrong clock, an App that was taken away: what a run says of it, and whether it goes on by itself."""

from __future__ import annotations

import errno
from datetime import UTC, datetime

import pytest

from otto_bot.git.errors import DiskFull, ReadOnly
from otto_bot.github.answer import Answer, problem
from otto_bot.github.errors import GitHubError
from otto_bot.github.routes import route
from otto_bot.jobs import host_troubles as words
from otto_bot.jobs.outcomes import NeedsPerson, Retry, ShutOut
from otto_bot.jobs.registry import translate

AT = datetime(2026, 11, 1, tzinfo=UTC)
MINT = route("/app/installations/{installation_id}/access_tokens", 3)
APP = route("/app")


def told(status: int, message: str, where: object = MINT) -> GitHubError:
    """What an answer of GitHub becomes."""
    body = f'{{"message": "{message}"}}'.encode()
    error = problem(Answer(status, {}, body), "POST", where, AT)  # type: ignore[arg-type]
    assert error is not None
    return error


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
def test_a_full_disk_is_waited_for(number: int) -> None:
    outcome = translate(OSError(number, "no room", "/state/x"))
    assert isinstance(outcome, Retry)
    assert (outcome.message, outcome.kind, outcome.outage) == (words.DISK, "disk", True)
    git = translate(DiskFull(("git", "fetch"), 128, "fatal: write error: No space left on device"))
    assert git is not None
    assert git.message == words.DISK


def test_other_errors_of_the_host_are_our_own() -> None:
    assert translate(PermissionError(errno.EACCES, "no")) is None


@pytest.mark.parametrize(
    "message",
    [
        "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued",
        "'Expiration time' claim ('exp') is too far in the future",
        "'Expiration time' claim ('exp') must be a numeric value representing the future time",
    ],
)
def test_a_wrong_clock_is_waited_for(message: str) -> None:
    """The clock is set right by itself where NTP runs; nobody has to give a word then."""
    outcome = translate(told(401, message, APP))
    assert isinstance(outcome, Retry)
    assert (outcome.message, outcome.kind, outcome.outage) == (words.CLOCK, "clock", True)


@pytest.mark.parametrize(
    ("status", "message", "said"),
    [
        (403, "Resource not accessible by integration", words.SUSPENDED),
        (404, "Not Found", words.UNINSTALLED),
        (422, "There is at least one repository that does not exist or is not accessible", words.TAKEN_OUT),
    ],
)
def test_an_app_that_was_taken_away_is_a_persons_at_once(status: int, message: str, said: str) -> None:
    outcome = translate(told(status, message))
    assert isinstance(outcome, NeedsPerson)
    assert outcome.message.startswith(said)
    assert outcome.kind == "permission"


@pytest.mark.parametrize(
    ("error", "by"),
    [
        (told(403, "This installation has been suspended"), "suspended"),
        (told(403, "This installation has been suspended", APP), "suspended"),
        (told(403, "Repository was archived so is read-only.", route("/repos/{o}/{r}/labels", "o", "r")), "archived"),
        (ReadOnly(("git", "push"), 128, "remote: This repository was archived so it is read-only."), "archived"),
    ],
)
def test_what_is_shut_as_a_whole_bars_the_run_and_is_no_trouble(error: Exception, by: str) -> None:
    outcome = translate(error)
    assert isinstance(outcome, ShutOut)
    assert outcome.by == by


def test_github_that_is_down_while_a_token_is_asked_for_is_waited_for() -> None:
    outcome = translate(told(502, "bad gateway"))
    assert isinstance(outcome, Retry)
    assert outcome.outage


def test_a_refused_key_is_a_persons() -> None:
    assert isinstance(translate(told(401, "A JSON web token could not be decoded", APP)), NeedsPerson)
