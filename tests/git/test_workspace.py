# ruff: noqa: ASYNC221, ASYNC240 - nothing else runs in these tests' loops
"""Workspaces: trees of what the coder left behind, hostile or not, and back again."""

from __future__ import annotations

import os
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from otto_bot.git.commits import Author, clean_message
from otto_bot.git.listing import SnapshotLimits, WorkspaceTooLarge
from otto_bot.git.mirror import Mirror
from otto_bot.git.reading import Reading
from otto_bot.git.workspace import Workspace


@pytest.fixture
async def base(mirror: Mirror) -> str:
    return (await mirror.fetch("refs/heads/main"))["refs/heads/main"]


@pytest.fixture
async def space(mirror: Mirror, base: str, work: Path) -> Workspace:
    return await Workspace.open(mirror, base, work)


def names(mirror: Mirror, tree: str) -> list[str]:
    ran = subprocess.run(["git", "ls-tree", "-r", "--name-only", tree], cwd=mirror.path, capture_output=True, text=True)
    return ran.stdout.split()


async def test_an_untouched_workspace_is_its_commit(space: Workspace, mirror: Mirror, base: str) -> None:
    snapshot = await space.snapshot()
    assert snapshot.tree == Reading(mirror.path, mirror.runner.environment()).tree_id(base)
    assert (snapshot.files, snapshot.skipped) == (3, {})
    assert (space.path / "README.md").read_text() == "hello\n"


async def test_snapshot_and_restore_go_round(space: Workspace, mirror: Mirror, base: str, work: Path) -> None:
    (work / "new").mkdir()
    (work / "new" / "crlf.txt").write_bytes(b"a\r\nb\n\0")
    (work / ".gitattributes").write_text("* text=auto eol=lf\n*.txt filter=lfs ident\n")
    (work / "run.sh").write_text("#!/bin/sh\n")
    (work / "run.sh").chmod(0o755)
    (work / "README.md").unlink()
    (work / "src" / "app.py").unlink()
    (work / "src").rmdir()
    (work / "src").write_text("now a file\n")
    first = await space.snapshot()
    assert names(mirror, first.tree) == [".gitattributes", ".gitignore", "new/crlf.txt", "run.sh", "src"]
    (work / "src").unlink()
    (work / "src").mkdir()
    (work / "src" / "deep.py").write_text("1")
    (work / "README.md").write_text("back\n")
    second = await space.snapshot()
    assert "src/deep.py" in names(mirror, second.tree)
    await space.restore(first.tree)
    assert (work / "new" / "crlf.txt").read_bytes() == b"a\r\nb\n\0"
    assert os.access(work / "run.sh", os.X_OK)
    assert (work / "src").read_text() == "now a file\n"
    assert not (work / "README.md").exists()
    assert (await space.snapshot()).tree == first.tree
    assert space.base == base


async def test_the_base_commits_ignore_rules_hold(space: Workspace, mirror: Mirror, work: Path) -> None:
    (work / ".gitignore").write_text("secret_plan.py\n")
    (work / "secret_plan.py").write_text("x")
    (work / "build").mkdir()
    (work / "build" / "out.o").write_text("x")
    (work / "src" / "x.log").write_text("x")
    (work / "src" / "__pycache__").mkdir()
    (work / "src" / "__pycache__" / "app.pyc").write_text("x")
    (work / "src" / ".gitignore").write_text("*\n")
    tree = (await space.snapshot()).tree
    assert names(mirror, tree) == [".gitignore", "README.md", "secret_plan.py", "src/.gitignore", "src/app.py"]


async def test_nested_ignore_files_and_ignored_but_tracked_files(mirror: Mirror, upstream, work: Path) -> None:
    commit = upstream.commit({"docs/.gitignore": "gen/\n!keep.log\n", "docs/a.md": "a", "kept.log": "tracked\n"})
    await mirror.fetch("refs/heads/main")
    space = await Workspace.open(mirror, commit, work)
    (work / "docs" / "gen").mkdir()
    (work / "docs" / "gen" / "x").write_text("x")
    (work / "docs" / "keep.log").write_text("x")
    (work / "kept.log").write_text("changed\n")
    found = names(mirror, (await space.snapshot()).tree)
    assert "docs/keep.log" in found
    assert "kept.log" in found
    assert "docs/gen/x" not in found
    assert not [name for name in found if "otto" in name]


async def test_hostile_trees(space: Workspace, mirror: Mirror, work: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.txt").write_text("host secret")
    (work / "link").symlink_to(outside)
    (work / "src" / "app.py").unlink()
    (work / "src").rmdir()
    (work / "src").symlink_to(outside)
    (outside / "app.py").write_text("host file under a tracked name")
    for folder in ("nested", "nested/.git", "nested/deep/.git"):
        (work / folder).mkdir(parents=True, exist_ok=True)
        (work / folder / "config").write_text("[core]\n\tfsmonitor = touch /tmp/owned\n")
    subprocess.run(["git", "init", "-q", str(work / "repo")], check=True)
    (work / "repo" / "code.py").write_text("x")
    (work / ".GIT").mkdir()
    (work / ".GIT" / "config").write_text("x")
    os.mkfifo(work / "pipe")
    snapshot = await space.snapshot()
    found = names(mirror, snapshot.tree)
    assert "src" in found
    assert "repo/code.py" in found
    assert not [name for name in found if ".git" in name.lower() and name != ".gitignore"]
    assert not [name for name in found if name.startswith(("link/", "src/")) or name == "pipe"]
    assert snapshot.skipped == {".GIT/config": "git refuses this name"}
    await space.restore(snapshot.tree)
    assert (work / "src").is_symlink()
    assert (outside / "secret.txt").read_text() == "host secret"


async def test_huge_files_are_named_not_taken(mirror: Mirror, base: str, work: Path) -> None:
    limits = SnapshotLimits(file_bytes=1000, new_bytes=1500, new_files=3)
    space = await Workspace.open(mirror, base, work, limits=limits)
    (work / "big.bin").write_bytes(b"x" * 1001)
    (work / "README.md").write_bytes(b"x" * 1001)
    snapshot = await space.snapshot()
    assert set(snapshot.skipped) == {"big.bin", "README.md"}
    assert names(mirror, snapshot.tree) == [".gitignore", "README.md", "src/app.py"]
    (work / "one").write_bytes(b"x" * 900)
    (work / "two").write_bytes(b"x" * 900)
    with pytest.raises(WorkspaceTooLarge, match="1500 bytes"):
        await space.snapshot()
    for name in ("one", "two", "three", "four"):
        (work / name).write_bytes(b"x")
    with pytest.raises(WorkspaceTooLarge, match="3 new files"):
        await space.snapshot()


async def test_odd_names_survive(space: Workspace, work: Path) -> None:
    odd = [b"sp ace", b"new\nline", b"tab\t", b"-rf", b"caf\xc3\xa9", b"latin\xe9", b'quo"te', b":(glob)x"]
    for name in odd:
        (work / os.fsdecode(name)).write_text("x")
    snapshot = await space.snapshot()
    assert snapshot.files == 3 + len(odd)
    await space.restore(snapshot.tree)
    assert set(odd) <= {os.fsencode(path.name) for path in work.iterdir()}


async def test_reopened_with_its_files(space: Workspace, mirror: Mirror, base: str, work: Path) -> None:
    (work / "wip.txt").write_text("half")
    again = await Workspace.open(mirror, base, work)
    assert (work / "wip.txt").read_text() == "half"
    assert (await again.snapshot()).tree == (await space.snapshot()).tree


@pytest.mark.parametrize("damage", ["deleted", "half-made", "no-git", "stale-index-lock", "locked-up"])
async def test_reopened_after_a_crash(space: Workspace, mirror: Mirror, base: str, work: Path, damage: str) -> None:
    state = work.with_name(work.name + ".otto")
    if damage == "deleted":
        subprocess.run(["rm", "-rf", str(work)], check=True)
    elif damage == "half-made":
        (state / "complete").unlink()
        (work / "README.md").unlink()
        (work / "junk").write_text("x")
    elif damage == "no-git":
        subprocess.run(["rm", "-rf", str(work / ".git")], check=True)
    elif damage == "stale-index-lock":
        (state / "index.lock").touch()
    else:
        (state / "complete").unlink()
        (work / "src").chmod(0)
    again = await Workspace.open(mirror, base, work)
    assert names(mirror, (await again.snapshot()).tree) == [".gitignore", "README.md", "src/app.py"]


async def test_another_commit_replaces_the_workspace(space: Workspace, mirror: Mirror, upstream, work: Path) -> None:
    commit = upstream.commit({"later.txt": "x"})
    await mirror.fetch(commit)
    (work / "wip.txt").write_text("half")
    await Workspace.open(mirror, commit, work)
    assert (work / "later.txt").exists()
    assert not (work / "wip.txt").exists()


async def test_removed(space: Workspace, work: Path) -> None:
    await space.remove()
    await space.remove()
    assert list(work.parent.iterdir()) == []


async def test_a_link_is_no_workspace(mirror: Mirror, base: str, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("/etc")
    with pytest.raises(ValueError, match="symbolic link"):
        await Workspace.open(mirror, base, tmp_path / "link")


async def test_its_own_git_reads_and_cannot_reach_the_mirror(space: Workspace, mirror: Mirror, work: Path) -> None:
    def git(*argv: str) -> str:
        env = {"PATH": os.environ["PATH"], "HOME": "/nonexistent"}
        names = ["-c", "user.name=x", "-c", "user.email=x@x"]
        return subprocess.run(["git", *names, *argv], cwd=work, env=env, capture_output=True, text=True).stdout

    assert git("status", "--porcelain") == ""
    assert "Begin" in git("log", "--oneline")
    before = sorted(path for path in mirror.path.rglob("*"))
    (work / "README.md").write_text("changed\n")
    git("commit", "-qam", "from inside")
    git("update-ref", "refs/heads/evil", "HEAD")
    git("gc", "--prune=now")
    assert sorted(path for path in mirror.path.rglob("*")) == before
    assert (await space.snapshot()).files == 3


async def test_hooks_and_config_of_the_workspace_never_run(space: Workspace, work: Path, tmp_path: Path) -> None:
    mark = tmp_path / "owned"
    config = (
        f'[core]\n\tfsmonitor = "touch {mark}"\n[filter "x"]\n\tclean = "touch {mark}"\n\tsmudge = "touch {mark}"\n'
    )
    (work / ".git" / "config").write_text(config)
    (work / ".gitattributes").write_text("* filter=x\n")
    snapshot = await space.snapshot()
    await space.restore(snapshot.tree)
    assert not mark.exists()


async def test_commits_are_deterministic(
    space: Workspace, mirror: Mirror, base: str, author: Author, when: datetime
) -> None:
    tree = (await space.snapshot()).tree
    made = [await space.commit(tree, [base], "Add it\n\nBody", author=author, when=when) for _ in range(2)]
    elsewhere = when.astimezone(tz=UTC) + timedelta(seconds=1)
    assert made[0] == made[1] != await space.commit(tree, [base], "Add it\n\nBody", author=author, when=elsewhere)
    shown = await mirror.git("log", "-1", "--format=%an|%ae|%cn|%aI|%P|%B", made[0])
    assert shown.text == f"{author.name}|{author.email}|{author.name}|2026-11-22T12:00:00+00:00|{base}|Add it\n\nBody"


async def test_an_empty_commit(space: Workspace, mirror: Mirror, base: str, author: Author, when: datetime) -> None:
    sha = await space.empty_commit(base, "Start [skip ci] here", author=author, when=when)
    reading = Reading(mirror.path, mirror.runner.environment())
    assert reading.same_tree(sha, base)
    assert reading.subjects(sha) == ["Start here", "Begin"]


@pytest.mark.parametrize(
    ("message", "clean"),
    [
        ("Fix it [skip ci]", "Fix it\n"),
        ("[CI SKIP] Fix", "Fix\n"),
        ("Fix [no ci][skip actions] [actions skip]", "Fix\n"),
        ("Fix [skip [skip ci]ci]", "Fix\n"),
        ("Fix\n\nskip-checks: true", "Fix\n"),
        ("Fix\n\nSkip-Checks:true\nrequest-checks: true\nCo-authored-by: A <a@b>", "Fix\n\nCo-authored-by: A <a@b>\n"),
        ("Fix\r\n\r\nskip-[skip ci]checks: true", "Fix\n"),
        ("Let users skip ci in [config]", "Let users skip ci in [config]\n"),
    ],
)
def test_messages_never_skip_ci(message: str, clean: str) -> None:
    assert clean_message(message) == clean


def test_a_message_of_nothing_but_tokens() -> None:
    with pytest.raises(ValueError, match="message"):
        clean_message("[skip ci] [no ci]\nskip-checks: true")


@pytest.mark.parametrize("name", ["", "a\nb", "a <b>"])
def test_authors_that_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match="author"):
        Author(name, "a@b")


async def test_put_back_makes_the_commits_files_what_they_were(space: Workspace, work: Path) -> None:
    before = {path: path.read_bytes() for path in space.path.rglob("*") if path.is_file() and ".git" not in path.parts}
    os.utime(min(before))
    assert await space.put_back() == ()
    victim, gone, folder = sorted(before)[:3]
    (work.parent / "outside").mkdir(exist_ok=True)
    victim.write_text("what a command wrote")
    gone.unlink()
    gone.symlink_to(work.parent / "outside")
    folder.unlink()
    folder.mkdir()
    (folder / "inner").write_text("in the way")
    (space.path / "build.out").write_text("stays")
    named = {str(path.relative_to(space.path)) for path in (victim, gone, folder)}
    assert set(await space.put_back()) == named
    assert {path: path.read_bytes() for path in before} == before
    assert not gone.is_symlink()
    assert (space.path / "build.out").read_text() == "stays"
    assert await space.put_back() == ()


async def test_put_back_with_a_broken_index_makes_everything_anew(space: Workspace, work: Path) -> None:
    (work / "README.md").write_text("changed")
    (work.with_name(work.name + ".otto") / "index").write_text("no index")
    assert await space.put_back() == (".",)
    assert (work / "README.md").read_text() == "hello\n"
    assert await space.put_back() == ()


async def test_what_a_set_up_installed_goes_when_the_files_are_made_anew(
    space: Workspace, mirror: Mirror, base: str, work: Path
) -> None:
    space.home.mkdir()
    (space.home / "tool").write_text("x")
    assert space.set_up() is None
    space.was_set_up("done")
    again = await Workspace.open(mirror, base, work)
    assert (again.set_up(), (again.home / "tool").exists()) == ("done", True)
    assert (await again.snapshot()).tree == (await space.snapshot()).tree
    await again.restore(base)
    assert again.set_up() is None
    assert not again.home.exists()
