"""What an error of a room below means for its effect: later, again, a person, or a fault of our own."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from otto_bot.git import errors as git
from otto_bot.github import errors as github
from otto_bot.jobs.outcomes import Later, NeedsPerson, Retry
from otto_bot.jobs.registry import JOBS, translate
from otto_bot.model.errors import BudgetSpent, UnknownPrice

AT = datetime(2026, 11, 1, tzinfo=UTC)
COMMAND = ("git", "fetch")


@pytest.mark.parametrize(
    ("error", "outcome", "kind"),
    [
        (github.Unreachable(502, "bad gateway"), Retry, "github"),
        (github.NotFound(404, "not found"), Retry, "github"),
        (github.Conflict(409, "busy"), Retry, "github"),
        (github.Moved(301, "moved"), Retry, "github"),
        (github.Unauthorized(401, "who"), NeedsPerson, "permission"),
        (github.Forbidden(403, "no"), NeedsPerson, "permission"),
        (github.Refused(422, "no"), NeedsPerson, "github"),
        (github.Refused(422, "no", reason="not_granted"), NeedsPerson, "permission"),
        (github.TooLarge(200, "big"), NeedsPerson, "github"),
        (git.RemoteUnreachable(COMMAND, 128, "refused"), Retry, "git"),
        (git.RefMissing(COMMAND, 128, "gone"), Retry, "git"),
        (git.GitTimedOut(COMMAND, -9, ""), Retry, "git"),
        (git.AccessDenied(COMMAND, 128, "403"), Retry, "git"),
        (git.GitFailed(COMMAND, 1, "odd"), Retry, "git"),
        (git.PushRejected("protected", "GH006"), NeedsPerson, "push_rejected"),
        (BudgetSpent("code", 1.0), NeedsPerson, "budget"),
        (UnknownPrice("m"), NeedsPerson, "budget"),
    ],
)
def test_each_kind_of_error(error: Exception, outcome: type[Exception], kind: str) -> None:
    found = translate(error)
    assert type(found) is outcome
    assert found is not None
    assert found.kind == kind
    assert found.message


def test_a_limit_says_when() -> None:
    found = translate(github.RetryLater(AT, "secondary limit"))
    assert isinstance(found, Later)
    assert found.until == AT


@pytest.mark.parametrize("own", [Later(AT, "x"), Retry("x"), NeedsPerson("x")])
def test_what_a_job_says_itself_stays(own: Exception) -> None:
    assert translate(own) is own


@pytest.mark.parametrize("error", [KeyError("x"), AssertionError(), OSError("disk")])
def test_a_fault_of_our_own_is_nobody_elses(error: Exception) -> None:
    assert translate(error) is None


def test_every_effect_has_its_job() -> None:
    from otto_bot.core.effects import EffectKind

    assert set(JOBS) == set(EffectKind)
