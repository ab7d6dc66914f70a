"""An installation token that ends in the middle of fetch or push: a fresh one, once, at once; never in an error."""

from __future__ import annotations

from pathlib import Path

import pytest

from otto_bot.git.errors import AccessDenied, PushRejected, TokenRefused
from otto_bot.git.mirror import Mirror
from otto_bot.git.publish import push
from otto_bot.git.runner import GitRunner

TOKEN = "ghs_1234_secret-token.value_with-much_entropy"
FRESH = "ghs_5678_another-token.value_with-as-much_entropy"


class Purse:
    """Hands out one token until that is refused."""

    def __init__(self, fresh: str = FRESH) -> None:
        self.now = TOKEN
        self.fresh = fresh
        self.refused: list[str] = []

    async def token(self, _pushes: bool) -> str:
        return self.now

    async def renew(self, _pushes: bool, refused: str) -> str:
        self.refused.append(refused)
        self.now = self.fresh
        return self.now


@pytest.fixture
def purse() -> Purse:
    return Purse()


@pytest.fixture
def renewing(upstream, tmp_path: Path, runner: GitRunner, purse: Purse) -> Mirror:
    url = f"{upstream.server.url}/o/r.git"
    return Mirror(tmp_path / "mirror.git", url, purse.token, runner, renewal=purse.renew)


@pytest.mark.parametrize(
    "moment",
    [
        pytest.param(("GET", "service=git-upload-pack"), id="asking what is there"),
        pytest.param(("POST", "/git-upload-pack"), id="fetching"),
    ],
)
async def test_a_fetch_goes_on_with_a_fresh_token(renewing: Mirror, upstream, purse: Purse, moment) -> None:
    head = upstream.git("rev-parse", "HEAD")
    upstream.server.ends_at = moment
    assert await renewing.fetch("refs/heads/main") == {"refs/heads/main": head}
    assert purse.refused == [TOKEN]


@pytest.mark.parametrize(
    "moment",
    [
        pytest.param(("GET", "service=git-upload-pack"), id="looking where the branch is"),
        pytest.param(("GET", "service=git-receive-pack"), id="announcing the push"),
        pytest.param(("POST", "/git-receive-pack"), id="sending the commits"),
    ],
)
async def test_a_push_goes_on_with_a_fresh_token(renewing: Mirror, upstream, purse: Purse, moment) -> None:
    head = (await renewing.fetch("refs/heads/main"))["refs/heads/main"]
    upstream.server.ends_at = moment
    assert (await push(renewing, head, "otto/1", None, within="otto/")).pushed
    assert purse.refused == [TOKEN]
    assert await renewing.remote_head("refs/heads/otto/1") == head
    assert purse.refused == [TOKEN], "the fresh one is kept"


async def test_a_fresh_token_that_is_refused_too_is_the_end(upstream, tmp_path: Path, runner: GitRunner) -> None:
    purse = Purse(fresh="ghs_of_no_use")
    url = f"{upstream.server.url}/o/r.git"
    mirror = Mirror(tmp_path / "mirror.git", url, purse.token, runner, renewal=purse.renew)
    upstream.server.token = "ghs_other"
    with pytest.raises(TokenRefused) as caught:
        await mirror.fetch("refs/heads/main")
    assert purse.refused == [TOKEN]
    for token in (TOKEN, "ghs_of_no_use"):
        assert token not in str(caught.value) + repr(caught.value.__dict__)


@pytest.mark.parametrize("status", [403, 404])
async def test_what_a_token_does_not_mend_takes_none(renewing: Mirror, upstream, purse: Purse, status: int) -> None:
    """Suspended, removed from the installation, deleted."""
    upstream.server.status = status
    with pytest.raises(AccessDenied):
        await renewing.fetch("refs/heads/main")
    assert purse.refused == []
    assert len(upstream.server.seen) == 1


async def test_a_push_without_any_good_token_is_a_persons(renewing: Mirror, upstream, purse: Purse) -> None:
    head = (await renewing.fetch("refs/heads/main"))["refs/heads/main"]
    purse.fresh = "ghs_of_no_use"
    upstream.server.ends_at = ("POST", "/git-receive-pack")
    with pytest.raises(PushRejected) as caught:
        await push(renewing, head, "otto/1", None, within="otto/")
    assert caught.value.reason == "missing_rights"
    assert "ghs_" not in str(caught.value)
