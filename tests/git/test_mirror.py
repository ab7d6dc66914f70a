# ruff: noqa: ASYNC220 - nothing else runs in these tests' loops
"""The mirror talks to a real server: what is fetched, what is sent along, and what happens when it fails."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from otto_bot.git import rebuilding
from otto_bot.git.credentials import Credential, checked_remote
from otto_bot.git.errors import (
    AccessDenied,
    GitFailed,
    GitTimedOut,
    OutputTooLarge,
    Redirected,
    RefMissing,
    RemoteUnreachable,
    UnsafeObjects,
)
from otto_bot.git.mirror import Mirror
from otto_bot.git.rebuilding import all_signed
from otto_bot.git.refs import checked_ref, own_ref
from otto_bot.git.runner import GitRunner

TOKEN = "ghs_1234_secret-token.value_with-much_entropy"


async def _token(_pushes: bool) -> str | None:
    return TOKEN


async def test_fetches_branches_and_commits(mirror: Mirror, upstream) -> None:
    first = upstream.git("rev-parse", "HEAD")
    second = upstream.commit({"a.txt": "a"})
    assert not await mirror.has(second)
    assert await mirror.fetch("refs/heads/main") == {"refs/heads/main": second}
    assert await mirror.has(first)
    third = upstream.commit({"a.txt": "b"})
    assert await mirror.fetch(third, first) == {third: third, first: first}


async def test_a_commit_that_is_here_costs_no_request(mirror: Mirror, upstream) -> None:
    head = (await mirror.fetch("refs/heads/main"))["refs/heads/main"]
    before = len(upstream.server.seen)
    assert await mirror.fetch(head) == {head: head}
    assert len(upstream.server.seen) == before


async def test_a_branch_may_become_a_directory_of_branches(mirror: Mirror, upstream) -> None:
    upstream.push("topic")
    await mirror.fetch("refs/heads/topic")
    upstream.git("push", "-q", str(upstream.server.repository("o/r.git")), ":refs/heads/topic")
    upstream.push("topic/one")
    assert await mirror.fetch("refs/heads/topic/one")


async def test_a_rewritten_branch_is_followed(mirror: Mirror, upstream) -> None:
    await mirror.fetch("refs/heads/main")
    upstream.git("commit", "-q", "--amend", "-m", "Rewritten")
    upstream.push("main", "--force")
    assert (await mirror.fetch("refs/heads/main"))["refs/heads/main"] == upstream.git("rev-parse", "HEAD")


async def test_ls_remote_lists_by_prefix(mirror: Mirror, upstream) -> None:
    upstream.push("otto/7-1/run")
    head = upstream.git("rev-parse", "HEAD")
    assert await mirror.ls_remote("refs/heads/otto/") == {"refs/heads/otto/7-1/run": head}
    assert await mirror.remote_head("refs/heads/run") is None
    assert await mirror.remote_head("refs/heads/main") == head


async def test_what_the_remote_lacks_is_named(mirror: Mirror) -> None:
    with pytest.raises(RefMissing):
        await mirror.fetch("refs/heads/nowhere")
    with pytest.raises(RefMissing):
        await mirror.fetch("1" * 40)


async def test_a_bad_token_is_access_denied_and_not_repeated(mirror: Mirror, upstream) -> None:
    upstream.server.token = "another"
    with pytest.raises(AccessDenied) as refused:
        await mirror.fetch("refs/heads/main")
    assert TOKEN not in str(refused.value)


async def test_an_unreachable_remote(mirror: Mirror, upstream, runner: GitRunner, tmp_path: Path) -> None:
    upstream.server.status = 503
    with pytest.raises(RemoteUnreachable):
        await mirror.fetch("refs/heads/main")
    closed = Mirror(tmp_path / "n.git", "http://127.0.0.1:9/o/r.git", _token, runner)
    with pytest.raises(RemoteUnreachable):
        await closed.ls_remote()


async def test_the_token_goes_to_its_url_and_into_no_file(mirror: Mirror, upstream, tmp_path: Path) -> None:
    await mirror.fetch("refs/heads/main")
    assert any(seen.authorization for seen in upstream.server.seen)
    files = [path for path in mirror.path.rglob("*") if path.is_file()]
    assert files
    assert not [path for path in files if TOKEN.encode() in path.read_bytes() or b"extraheader" in path.read_bytes()]
    assert list((tmp_path / "git-home").iterdir()) == []


async def test_a_redirect_to_another_host_gets_no_token(mirror: Mirror, upstream, start_server) -> None:
    """Even one that answers as a git server does: git would send it the header with the second request."""
    stranger = start_server(upstream.server.root)
    upstream.server.redirect_to = stranger.url
    with pytest.raises(Redirected):
        await mirror.fetch("refs/heads/main")
    assert not stranger.seen


async def test_a_renamed_repository_is_asked_under_its_new_name_at_once(
    upstream, start_server, runner: GitRunner, tmp_path: Path
) -> None:
    """Its redirect would lose the credential: the name is asked for again, and git is told that one."""
    before = start_server(upstream.server.root)
    before.redirect_to = upstream.server.url
    asked: list[bool] = []

    async def where(fresh: bool) -> str:
        asked.append(fresh)
        return f"{upstream.server.url if fresh else before.url}/o/r.git"

    mirror = Mirror(tmp_path / "m.git", f"{before.url}/o/r.git", _token, runner, where=where)
    assert await mirror.fetch("refs/heads/main") == {"refs/heads/main": upstream.git("rev-parse", "HEAD")}
    assert asked == [False, True]
    assert any(seen.authorization for seen in upstream.server.seen)


async def test_another_repository_of_the_same_host_gets_no_token(upstream, runner: GitRunner, tmp_path: Path) -> None:
    credential = Credential(f"{upstream.server.url}/o/r.git", TOKEN)
    for other in ("/o/other.git", "/o/r.gitx.git", "/o/r"):
        with pytest.raises(GitFailed):
            await runner.run(["ls-remote", "--", upstream.server.url + other], cwd=tmp_path, credential=credential)
    assert {seen.authorization for seen in upstream.server.seen} == {None}


async def test_the_token_is_in_no_command_line(mirror: Mirror, upstream) -> None:
    """While a fetch runs, no process of this machine shows the token to other users."""
    lines: list[bytes] = []
    plain = upstream.server.authorised

    def look(header: str | None) -> bool:
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                try:
                    lines.append((entry / "cmdline").read_bytes())
                except OSError:
                    continue  # it ended meanwhile
        return plain(header)

    upstream.server.authorised = look
    await mirror.fetch("refs/heads/main")
    assert any(b"remote-http" in line for line in lines)
    secret = Credential(mirror.url, TOKEN).config[0][1].removeprefix("Authorization: Basic ").encode()
    assert not [line for line in lines if TOKEN.encode() in line or secret in line]


async def test_concurrent_fetches(mirror: Mirror, upstream, runner: GitRunner) -> None:
    for name in "abcd":
        upstream.push(name)
    again = Mirror(mirror.path, mirror.url, _token, runner)
    found = await asyncio.gather(
        *(side.fetch(f"refs/heads/{name}", "refs/heads/main") for name in "abcd" for side in (mirror, again))
    )
    assert {sha for one in found for sha in one.values()} == {upstream.git("rev-parse", "HEAD")}


async def test_another_process_is_waited_for(mirror: Mirror, upstream) -> None:
    await mirror.ensure()
    code = (
        "import fcntl, os, sys; f = open(sys.argv[1], 'w'); fcntl.flock(f, fcntl.LOCK_EX);"
        "print('held', flush=True); sys.stdin.read()"
    )
    lock = mirror.path.with_name(mirror.path.name + ".lock")
    with subprocess.Popen(
        [sys.executable, "-c", code, str(lock)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        fetching = asyncio.create_task(mirror.fetch("refs/heads/main"))
        done, _ = await asyncio.wait([fetching], timeout=0.3)
        assert not done
        assert holder.stdin is not None
        holder.stdin.close()
    assert await fetching


async def test_leftovers_of_a_killed_git_do_not_block(mirror: Mirror) -> None:
    await mirror.fetch("refs/heads/main")
    ref = next(path for path in (mirror.path / "refs" / "fetched").rglob("*") if path.is_file())
    ref.with_name(ref.name + ".lock").touch()
    (mirror.path / "packed-refs.lock").touch()
    assert await mirror.fetch("refs/heads/main")


async def test_a_half_made_mirror_is_completed(mirror: Mirror) -> None:
    mirror.path.mkdir()
    (mirror.path / "HEAD").write_text("")
    (mirror.path / "objects").mkdir()
    assert not await mirror.has("1" * 40)
    assert await mirror.fetch("refs/heads/main")


@pytest.mark.parametrize(
    "url",
    [
        "https://user:pw@github.com/o/r.git",
        "https://github.com/o/r",
        "ssh://git@github.com/o/r.git",
        "file:///etc/passwd.git",
        "ext::sh -c id .git",
        "https://github.com/o/r.git?x=.git",
        "https://github.com/o/r .git",
        "https:///o/r.git",
        "https://github.com/o/%2e%2e/victim/r.git",
        "https://github.com/o/../victim/r.git",
        "https://github.com/o/./r.git",
        "https://github.com//o/r.git",
        "https://github.com/-o/r.git",
        "https://github.com/o/r\n.git",
        "https://g\u0456thub.com/o/r.git",
        "https://github.com/\u043e/r.git",
        "https://github.com@evil.example/o/r.git",
        "https://github.com:https/o/r.git",
        "https://github.com:443:1/o/r.git",
        "https://[::1/o/r.git",
        "https://github.com/o/r.git#",
        "https://github.com/o/r.git?",
    ],
)
def test_remotes_that_are_refused(url: str) -> None:
    with pytest.raises(ValueError, match="remote must"):
        checked_remote(url)


@pytest.mark.parametrize(
    "ref",
    [
        *("main", "refs/heads/a..b", "refs/heads/a b", "refs/heads/a:b", "refs/heads/*", "refs/heads/a.lock", "--all"),
        *("refs/heads/-x", "refs/heads/a/-x/b", "refs/heads/a\nb", "refs/heads/a\x7fb", "refs/heads/@", "refs/-/a"),
        *("refs/heads/a.LOCK", "refs/heads/a\u202eb", "refs/heads/a\u200bb", "refs/heads/a\u2028b"),
        *(
            "refs/heads/a\u00a0b",
            "refs/heads/a\u00adb",
            "refs/heads/e\u0301",
            "refs/heads/a\ue000",
            "refs/heads/\udc80",
        ),
    ],
)
def test_refs_that_are_refused(ref: str) -> None:
    with pytest.raises(ValueError, match="ref name"):
        checked_ref(ref)


@pytest.mark.parametrize(
    "ref", ["refs/heads/a-b/c.d", "refs/heads/d\u00e9veloppement", "refs/heads/\u4e3b", "refs/heads/a@b"]
)
def test_refs_of_people_are_taken(ref: str) -> None:
    assert checked_ref(ref) == ref


def test_a_branch_of_our_own_looks_like_no_other() -> None:
    assert own_ref("otto/7-fix") == "refs/heads/otto/7-fix"
    with pytest.raises(ValueError, match="plain letters"):
        own_ref("\u043etto/7-fix")


async def test_local_files_are_no_remote(runner: GitRunner, upstream) -> None:
    with pytest.raises(GitFailed, match="not allowed"):
        await runner.run(["ls-remote", str(upstream.server.repository("o/r.git"))])


async def test_nothing_of_our_environment_reaches_git(
    runner: GitRunner, upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_DIR", "/nowhere")
    monkeypatch.setenv("GIT_CONFIG_PARAMETERS", "'core.pager'='x'")
    ran = await runner.run(["-c", "alias.e=!env", "e"], cwd=upstream.clone)
    assert "/nowhere" not in ran.text
    assert "GIT_CONFIG_PARAMETERS='core.pager'" not in ran.text
    assert not set(os.environ) & {"GIT_CONFIG_COUNT"}


async def test_git_is_killed_after_its_time_and_on_cancel(runner: GitRunner, tmp_path: Path) -> None:
    mark = tmp_path / "pid"
    sleeper = ["-c", f"alias.e=!echo $$ > {mark}; sleep 60", "e"]
    with pytest.raises(GitTimedOut):
        await runner.run(sleeper, cwd=tmp_path, timeout=0.3)
    await _gone(int(mark.read_text()))
    mark.unlink()
    task = asyncio.create_task(runner.run(sleeper, cwd=tmp_path))
    await _until(lambda: mark.exists() and mark.read_text().strip() != "")
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await _gone(int(mark.read_text()))


async def test_a_cancellation_while_git_begins_ends_what_it_began(runner: GitRunner, tmp_path: Path) -> None:
    """At every step of the loop until git runs: also where its first child is there before we know of git itself."""
    for steps in range(12):
        mark = tmp_path / f"pid-{steps}"
        task = asyncio.create_task(runner.run(["-c", f"alias.e=!echo $$ > {mark}; exec sleep 300", "e"], cwd=tmp_path))
        for _ in range(steps):
            await asyncio.sleep(0)
            time.sleep(0.003)  # noqa: ASYNC251 - git goes on while our loop stands still
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asyncio.wait_for(task, 60)
        if mark.exists() and (pid := mark.read_text().strip()):
            await _gone(int(pid))


async def test_nobody_waits_for_a_process_that_left_the_group(runner: GitRunner, tmp_path: Path) -> None:
    mark = tmp_path / "pid"
    left = ["-c", f"alias.e=!setsid sh -c 'echo $$ > {mark}; exec sleep 300' & sleep 300", "e"]
    task = asyncio.create_task(runner.run(left, cwd=tmp_path))
    await _until(lambda: mark.exists() and mark.read_text().strip() != "")
    try:
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asyncio.wait_for(task, 60)
    finally:
        os.kill(int(mark.read_text()), signal.SIGKILL)
        await _gone(int(mark.read_text()))
        await runner.run(["--version"], cwd=tmp_path)  # meanwhile the loop hears that the pipes are closed


@pytest.mark.parametrize(("unsigned", "many"), [(None, False), (0, False), (2, False), (None, True)])
async def test_a_base_is_signed_only_with_each_of_its_commits(
    mirror: Mirror, upstream, monkeypatch: pytest.MonkeyPatch, unsigned: int | None, many: bool
) -> None:
    """A message that speaks of a signature is none; of more commits than are looked at nobody says yes."""
    seal = "gpgsig -----BEGIN PGP SIGNATURE-----\n \n c2lnbmVk\n -----END PGP SIGNATURE-----\n"
    base = here = upstream.git("rev-parse", "HEAD")
    for number in range(3):
        who = f"Ada <ada@example.com> {number + 1} +0000"
        head = f"tree {upstream.git('rev-parse', 'HEAD^{tree}')}\nparent {here}\nauthor {who}\ncommitter {who}\n"
        body = head + ("" if number == unsigned else seal) + "\nWork\n\ngpgsig is said here\n"
        here = upstream.git("hash-object", "-t", "commit", "-w", "--stdin", input=body)
    upstream.git("push", "-q", str(upstream.server.repository("o/r.git")), f"{here}:refs/heads/base")
    await mirror.fetch("refs/heads/base", base)
    if many:
        monkeypatch.setattr(rebuilding, "MOST_LOOKED_AT", 2)
    assert await all_signed(mirror, here, base) is (unsigned is None and not many)


async def test_endless_output_is_cut_off(runner: GitRunner, tmp_path: Path) -> None:
    with pytest.raises(OutputTooLarge):
        await runner.run(["-c", "alias.e=!yes", "e"], cwd=tmp_path, max_output=100_000)


async def test_stderr_is_free_of_the_token(runner: GitRunner, tmp_path: Path) -> None:
    credential = Credential("https://example.com/o/r.git", TOKEN)
    with pytest.raises(GitFailed) as failed:
        await runner.run(
            ["-c", "alias.e=!env >&2; echo " + TOKEN + " >&2; exit 3", "e"], cwd=tmp_path, credential=credential
        )
    assert failed.value.exit_code == 3
    assert TOKEN not in failed.value.stderr
    assert credential.config[0][1] not in failed.value.stderr
    assert "[redacted]" in failed.value.stderr


async def _gone(pid: int) -> None:
    def ended() -> bool:
        try:
            return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
        except (FileNotFoundError, ProcessLookupError):
            return True

    await _until(ended)


async def _until(condition) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline, "waited 10 s"
        await asyncio.sleep(0.01)


async def test_a_history_that_old_tools_wrote_is_taken(mirror: Mirror, upstream) -> None:
    """Half of the world's long histories have such commits; GitHub keeps them."""
    bare = upstream.server.repository("o/r.git")
    tree = upstream.git("rev-parse", "HEAD^{tree}")
    old = f"tree {tree}\nauthor Ada<ada> 0000000001 +051800\ncommitter <> 1 +051800\n\nOld\n"
    commit = upstream.git("hash-object", "-t", "commit", "-w", "--stdin", "--literally", input=old)
    upstream.git("push", "-q", str(bare), f"{commit}:refs/heads/old")
    assert await mirror.fetch("refs/heads/old") == {"refs/heads/old": commit}


async def test_objects_made_to_harm_are_not_taken(mirror: Mirror, upstream) -> None:
    head = upstream.commit({".gitmodules": '[submodule "../x"]\n\tpath = x\n\turl = https://x.example/x\n'})
    with pytest.raises(UnsafeObjects, match="gitmodulesName"):
        await mirror.fetch("refs/heads/main")
    assert not await mirror.has(head)
