"""Pushes to a real server: forward only, once, and honest about what the remote said."""

from __future__ import annotations

import stat
from datetime import datetime

import pytest

from otto_bot.git.commits import Author, tree_of, write_commit
from otto_bot.git.errors import PushRejected, RemoteUnreachable
from otto_bot.git.mirror import Mirror
from otto_bot.git.publish import PushResult, push

BRANCH = "otto/7-1/t1-thing-a1"


@pytest.fixture
async def base(mirror: Mirror) -> str:
    return (await mirror.fetch("refs/heads/main"))["refs/heads/main"]


@pytest.fixture
async def chain(mirror: Mirror, base: str, author: Author, when: datetime) -> list[str]:
    """Three commits on the base, only here."""
    made = [base]
    for number in range(3):
        tree = await tree_of(mirror, base)
        made.append(await write_commit(mirror, tree, [made[-1]], f"Step {number}", author=author, when=when))
    return made[1:]


def at(upstream, branch: str = BRANCH) -> str:
    return upstream.git("ls-remote", str(upstream.server.repository("o/r.git")), f"refs/heads/{branch}").split("\t")[0]


async def test_makes_moves_and_repeats(mirror: Mirror, upstream, chain: list[str]) -> None:
    assert await push(mirror, chain[0], BRANCH, None, within="otto/") == PushResult(BRANCH, chain[0], pushed=True)
    assert await push(mirror, chain[1], BRANCH, chain[0], within="otto/") == PushResult(BRANCH, chain[1], pushed=True)
    before = len(upstream.server.pushes)
    assert await push(mirror, chain[1], BRANCH, chain[0], within="otto/") == PushResult(BRANCH, chain[1], pushed=False)
    assert await push(mirror, chain[1], BRANCH, None, within="otto/") == PushResult(BRANCH, chain[1], pushed=False)
    assert len(upstream.server.pushes) == before
    assert at(upstream) == chain[1]


async def test_never_backwards(mirror: Mirror, upstream, chain: list[str]) -> None:
    await push(mirror, chain[2], BRANCH, None, within="otto/")
    for older in (chain[0], chain[1]):
        with pytest.raises(PushRejected) as refused:
            await push(mirror, older, BRANCH, chain[2], within="otto/")
        assert refused.value.reason == "non_fast_forward"
    assert at(upstream) == chain[2]


async def test_a_commit_of_a_person_is_never_lost(mirror: Mirror, upstream, chain: list[str]) -> None:
    await push(mirror, chain[0], BRANCH, None, within="otto/")
    upstream.git("fetch", "-q", str(upstream.server.repository("o/r.git")), BRANCH)
    upstream.git("checkout", "-q", "FETCH_HEAD")
    theirs = upstream.commit({"note.txt": "mine"}, "A person's", push=BRANCH)
    for expected in (chain[0], None):
        with pytest.raises(PushRejected) as refused:
            await push(mirror, chain[1], BRANCH, expected, within="otto/")
        assert refused.value.reason == "non_fast_forward"
    with pytest.raises(PushRejected, match="does not contain"):
        await push(mirror, chain[1], BRANCH, theirs, within="otto/")
    assert at(upstream) == theirs


async def test_a_move_between_our_look_and_our_push_is_refused(
    mirror: Mirror, upstream, chain: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    await push(mirror, chain[0], BRANCH, None, within="otto/")
    upstream.git("fetch", "-q", str(upstream.server.repository("o/r.git")), BRANCH)
    upstream.git("checkout", "-q", "FETCH_HEAD")
    look = mirror.remote_head

    async def slow_look(ref: str) -> str | None:
        seen = await look(ref)
        if not upstream.server.pushes[1:]:
            upstream.commit({"note.txt": "mine"}, "In between", push=BRANCH)
        return seen

    monkeypatch.setattr(mirror, "remote_head", slow_look)
    with pytest.raises(PushRejected) as refused:
        await push(mirror, chain[1], BRANCH, chain[0], within="otto/")
    assert refused.value.reason == "non_fast_forward"
    assert at(upstream) == upstream.git("rev-parse", "HEAD")


async def test_a_branch_that_is_gone(mirror: Mirror, chain: list[str]) -> None:
    with pytest.raises(PushRejected, match="gone"):
        await push(mirror, chain[1], BRANCH, chain[0], within="otto/")


async def test_a_lost_response_is_noticed_at_once(mirror: Mirror, upstream, chain: list[str]) -> None:
    upstream.server.lose_push_response = True
    assert (await push(mirror, chain[0], BRANCH, None, within="otto/")).sha == chain[0]
    before = len(upstream.server.pushes)
    assert await push(mirror, chain[0], BRANCH, None, within="otto/") == PushResult(BRANCH, chain[0], pushed=False)
    assert len(upstream.server.pushes) == before


async def test_a_lost_response_and_a_dead_server(
    mirror: Mirror, upstream, chain: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    upstream.server.lose_push_response = True
    backend_status = upstream.server.authorised

    def dies_after_push(header: str | None) -> bool:
        if upstream.server.pushes:
            upstream.server.status = 502
        return backend_status(header)

    monkeypatch.setattr(upstream.server, "authorised", dies_after_push)
    with pytest.raises(RemoteUnreachable):
        await push(mirror, chain[0], BRANCH, None, within="otto/")
    upstream.server.pushes.clear()
    monkeypatch.setattr(upstream.server, "authorised", backend_status)
    upstream.server.status = None
    assert await push(mirror, chain[0], BRANCH, None, within="otto/") == PushResult(BRANCH, chain[0], pushed=False)


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (
            (
                "refusing to allow a GitHub App to create or update workflow `.github/workflows/ci.yml` "
                "without `workflows` permission"
            ),
            "workflow_scope",
        ),
        ("error: GH006: Protected branch update failed for refs/heads/x.", "protected"),
        ("error: GH013: Repository rule violations found for refs/heads/x.", "protected"),
        ("the moon is in the wrong phase", "other"),
    ],
)
async def test_what_the_remote_refuses_is_told_apart(
    mirror: Mirror, upstream, chain: list[str], said: str, reason: str
) -> None:
    hook = upstream.server.repository("o/r.git") / "hooks" / "update"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\ncat >&2 <<'END'\n{said}\nEND\nexit 1\n")
    hook.chmod(hook.stat().st_mode | stat.S_IXUSR)
    with pytest.raises(PushRejected) as refused:
        await push(mirror, chain[0], BRANCH, None, within="otto/")
    assert refused.value.reason == reason
    assert said.partition("`")[0] in refused.value.detail
    assert at(upstream) == ""


async def test_missing_rights(mirror: Mirror, upstream, chain: list[str]) -> None:
    upstream.git("--git-dir", str(upstream.server.repository("o/r.git")), "config", "http.receivepack", "false")
    with pytest.raises(PushRejected) as refused:
        await push(mirror, chain[0], BRANCH, None, within="otto/")
    assert refused.value.reason == "missing_rights"


@pytest.mark.parametrize("branch", ["a b", "../x", "x:refs/heads/main", "+x", "x.lock", ""])
async def test_branch_names_that_are_refused(mirror: Mirror, upstream, chain: list[str], branch: str) -> None:
    if branch == "+x":  # a plus is only special at the start of a refspec, where ours never has it
        assert (await push(mirror, chain[0], f"otto/{branch}", None, within="otto/")).pushed
        return
    with pytest.raises(ValueError, match=r"ref name|not a branch"):
        await push(mirror, chain[0], f"otto/{branch}", None, within="otto/")
    assert upstream.server.pushes == []


@pytest.mark.parametrize(
    ("branch", "within"),
    [
        ("main", "otto/7-1/"), ("otto/8-1/run", "otto/7-1/"), ("otto/7-10/run", "otto/7-1"), ("otto/7-1/", "otto/7-1/"),
        ("otto/7-1/../../main", "otto/7-1/"), ("main", ""), ("main", "/"), ("/main", "/"),
    ],
)  # fmt: skip
async def test_no_branch_outside_of_the_prefix(mirror: Mirror, upstream, chain: list[str], branch, within) -> None:
    before = len(upstream.server.pushes)
    with pytest.raises(ValueError, match="not a"):
        await push(mirror, chain[0], branch, None, within=within)
    assert len(upstream.server.pushes) == before
