"""A host without webhooks: what its quick rounds ask of GitHub, and what its webhook address says."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from otto_bot.app import build_app
from otto_bot.intake.catchup import CatchUp
from otto_bot.intake.meter import HOURLY, MOST_HOURLY, Meter, hourly
from otto_bot.intake.rhythm import REPOSITORIES_DEAF, Rhythm
from otto_bot.settings import POLL_SECONDS, Settings

ROUND = timedelta(seconds=POLL_SECONDS)
ROUNDS = int(timedelta(hours=1) / ROUND)


def an_hour(repositories: int) -> tuple[int, float]:
    """Requests of an hour for repositories without a run, and seconds between two looks at one of them."""
    meter, now = Meter(), datetime(2026, 11, 29, tzinfo=UTC)
    swept = 0
    for number in range(2 * ROUNDS):  # the first hour has what was left over
        purse = meter.purse(1, repositories, now)
        asked = 0
        while asked < repositories and purse.sweep():
            purse.cheaper()
            asked += 1
        swept += asked if number >= ROUNDS else 0
        now += ROUND
    lists = ROUNDS // REPOSITORIES_DEAF * -(-repositories // 100)
    return swept + lists, repositories * 3600 / swept


@pytest.mark.parametrize(
    ("repositories", "requests", "seconds"),
    [(1, 320, 15), (10, 2480, 15), (20, 3080, 24), (100, 5480, 67), (1000, 8300, 480)],
)
def test_what_an_hour_of_polling_costs(repositories: int, requests: int, seconds: float) -> None:
    """docs/operate.md has these figures."""
    taken, between = an_hour(repositories)
    assert taken == pytest.approx(requests, rel=0.03)
    assert between == pytest.approx(seconds, rel=0.03)


def test_the_share_grows_with_githubs() -> None:
    assert [hourly(number) for number in (0, 20, 21, 100, 10_000)] == [HOURLY, HOURLY, 3030, 5400, MOST_HOURLY]


def test_what_a_round_leaves_is_there_in_the_next_and_a_clock_set_back_gives_nothing() -> None:
    meter, now = Meter(), datetime(2026, 11, 29, tzinfo=UTC)
    purse = meter.purse(1, 1, now)
    purse.empty()
    assert meter.purse(1, 1, now + ROUND).left == HOURLY / ROUNDS
    assert meter.purse(1, 1, now).left == HOURLY / ROUNDS
    assert meter.purse(1, 1, now + timedelta(days=1)).left == HOURLY / 60
    assert meter.purse(2, 1, now).left == HOURLY / 60


async def test_a_quiet_repository_costs_one_request_a_round(bench: Any) -> None:
    catch_up = CatchUp(
        bench.desk, bench.ledger, bench.archive, bench.github, bench.looks, Rhythm(unit=ROUND), meter=Meter()
    )
    await catch_up.round()
    taken = []
    for _ in range(6):
        bench.now.ahead += ROUND
        before = [row for row in bench.stand_in.hub.world.requests if row.actor != "dev"]
        await catch_up.round()
        rows = [row for row in bench.stand_in.hub.world.requests if row.actor != "dev"][len(before) :]
        taken.append([row.path for row in rows if "access_tokens" not in row.path])
    assert sum(path.endswith("/issues") for paths in taken for path in paths) == 6
    assert sorted({path for paths in taken for path in paths if not path.endswith("/issues")}) == [
        "/app/installations", "/installation/repositories",
    ]  # fmt: skip
    assert sum(len(paths) for paths in taken) == 6 + 2 * 2


def an_app(tmp_path: Any, **more: Any) -> httpx.ASGITransport:
    settings = Settings(app_id=1, private_key=SecretStr("k"), state_dir=tmp_path, **more)
    return httpx.ASGITransport(build_app(settings, lambda: True))


async def test_who_asks_by_itself_answers_a_webhook_in_words(tmp_path: Any) -> None:
    """Whatever is signed with: there is no secret that it could be held against."""
    async with httpx.AsyncClient(transport=an_app(tmp_path, poll=True, webhook_secret=()), base_url="http://x") as http:
        answer = await http.post(
            "/webhooks/github", content=b"{}", headers={"x-hub-signature-256": "sha256=" + "0" * 64}
        )
    assert answer.status_code == 410
    assert "OTTO_WEBHOOK_SECRET" in answer.json()["error"]


async def test_while_a_secret_is_changed_both_hold(tmp_path: Any) -> None:
    """Signed with the old or the new one; not with a third, nor with both as one."""
    body = json.dumps({"zen": "x"}).encode()
    app = build_app(
        Settings(
            app_id=1, private_key=SecretStr("k"), state_dir=tmp_path,
            webhook_secret=(SecretStr("old"), SecretStr("new")),
        ),
        lambda: True,
    )  # fmt: skip
    found = {}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://x") as http:
        for secret in ("old", "new", "other", "old new", ""):
            signature = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
            headers = {
                "content-type": "application/json", "x-github-event": "ping", "x-github-delivery": "1",
                "x-hub-signature-256": f"sha256={signature}",
            }  # fmt: skip
            found[secret] = (await http.post("/webhooks/github", content=body, headers=headers)).status_code
    assert found == {"old": 202, "new": 202, "other": 401, "old new": 401, "": 401}
