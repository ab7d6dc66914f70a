"""What webhooks tell about Actions brings the next look forward: once, and also where a look is just under way."""

from datetime import timedelta

import pytest
from core_builders import T0, at, executing, fold, plan

from otto_bot.core import events as e
from otto_bot.core.attempt import BASELINE, Verification
from otto_bot.core.effects import EffectKind, scheduled
from otto_bot.core.pauses import HEARING, WAITS_FOR_BASE, hears
from otto_bot.core.polling import is_news
from otto_bot.core.run import Run


def begun() -> Run:
    """A run whose baseline is being verified, looked at first at 10 s."""
    run = executing(plan("t1", "t2"), baseline="")
    assert run.verifications[BASELINE].ending is None
    return fold(run, polled(10))


def polled(second: float, knew: int | None = 0) -> e.VerificationPolled:
    return e.VerificationPolled(at=at(second), target=BASELINE, next_at=at(second + HEARING), knew=knew)


def reported(run: Run, second: float, key: str = "1/1") -> Run:
    return fold(run, e.Reported(at=at(second), sha=run.verifications[BASELINE].sha, key=key))


def base(run: Run) -> Verification:
    return run.verifications[BASELINE]


def test_a_report_is_followed_by_a_look() -> None:
    run = reported(begun(), 20)
    (look,) = [effect for effect in scheduled(run) if effect.kind is EffectKind.VERIFY]
    assert look.not_before == at(20)
    assert run.heard_at == at(20)


def test_the_same_report_under_another_delivery_is_none() -> None:
    once = fold(reported(begun(), 20), polled(21, knew=1))
    assert base(once).next_at == at(21 + HEARING)
    assert reported(once, 25) == once
    assert not is_news(once, base(once).sha, "1/1")
    assert is_news(once, base(once).sha, "1/2")
    assert base(reported(once, 25, "1/2")).next_at == at(25)


def test_many_reports_close_together_share_a_look() -> None:
    run = begun()
    for number in range(20):
        run = reported(run, 10.2 + number / 100, f"{number}/1")
    assert base(run).next_at == at(11)
    assert base(run).reports == 20


@pytest.mark.parametrize(("knew", "soon"), [(0, True), (1, False), (None, False)])
def test_a_report_while_github_is_being_asked_is_not_lost(knew: int | None, soon: bool) -> None:
    """Its answer may be older. Ledgers of older versions do not tell what was known then."""
    run = fold(reported(begun(), 20), polled(21, knew))
    assert base(run).next_at == at(22 if soon else 21 + HEARING)


def test_of_what_has_ended_nothing_is_news() -> None:
    run = begun()
    ended = fold(run, e.VerificationEnded(at=at(20), target=BASELINE, sha=base(run).sha, ending="green"))
    assert not is_news(ended, base(run).sha, "9/1")
    assert reported(ended, 30, "9/1").verifications == ended.verifications


def test_what_waits_for_the_verdict_on_the_base_is_looked_at_with_it() -> None:
    run = begun()
    waits = base(run).model_copy(
        update={"target": "t1/a1", "sha": "other", "waiting": WAITS_FOR_BASE, "next_at": at(500)}
    )
    run = run.with_verification(waits)
    run = fold(run, e.VerificationEnded(at=at(20), target=BASELINE, sha=base(run).sha, ending="green"))
    assert run.verifications["t1/a1"].next_at == at(20)


def test_webhooks_count_as_arriving_for_a_while() -> None:
    assert not hears(None, T0)
    assert hears(T0, T0 + timedelta(minutes=29))
    assert not hears(T0, T0 + timedelta(minutes=31))
