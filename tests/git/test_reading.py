"""The reading half: diffs with modes, renames and hostile names; history and blame."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from otto_bot.git.changes import FileChange
from otto_bot.git.mirror import Mirror
from otto_bot.git.reading import BlamedLine, NotInMirror, Reading

LONG = "".join(f"line {number}\n" for number in range(40))


@pytest.fixture
async def reading(mirror: Mirror) -> Reading:
    await mirror.fetch("refs/heads/main")
    return Reading(mirror.path, mirror.runner.environment())


async def changed(mirror: Mirror, upstream, files: dict) -> list[FileChange]:
    before = upstream.git("rev-parse", "HEAD")
    after = upstream.commit(files)
    await mirror.fetch(before, after)
    return Reading(mirror.path, mirror.runner.environment()).diff(before, after)


async def test_a_diff_of_all_kinds(mirror: Mirror, upstream) -> None:
    upstream.commit({"old.txt": LONG, "gone.txt": "x\n", "kind.txt": "file\n", "mode.sh": "x\n", "bin": b"\0\1"})
    clone: Path = upstream.clone
    (clone / "old.txt").rename(clone / "moved.txt")
    (clone / "kind.txt").unlink()
    (clone / "kind.txt").symlink_to("README.md")
    (clone / "mode.sh").chmod(0o755)
    found = await changed(
        mirror,
        upstream,
        {"moved.txt": LONG + "more\n", "gone.txt": None, "bin": b"\0\1\2", "new.txt": "diff --git a/x b/x\n+y\n"},
    )
    by_path = {change.path: change for change in found}
    assert {path: change.status for path, change in by_path.items()} == {
        "bin": "modified",
        "gone.txt": "deleted",
        "kind.txt": "type_changed",
        "mode.sh": "modified",
        "moved.txt": "renamed",
        "new.txt": "added",
    }
    moved = by_path["moved.txt"]
    assert (moved.old_path, moved.additions, moved.deletions) == ("old.txt", 1, 0)
    assert "+more" in moved.patch
    assert (by_path["kind.txt"].mode_before, by_path["kind.txt"].mode_after) == ("100644", "120000")
    assert "+README.md" in by_path["kind.txt"].patch
    assert (by_path["mode.sh"].mode_before, by_path["mode.sh"].mode_after) == ("100644", "100755")
    assert (by_path["bin"].binary, by_path["bin"].size) == (True, 3)
    assert (by_path["gone.txt"].mode_after, by_path["gone.txt"].size, by_path["gone.txt"].deletions) == (None, 0, 1)
    assert by_path["new.txt"].patch.endswith("+diff --git a/x b/x\n++y\n")
    assert (by_path["new.txt"].mode_before, by_path["new.txt"].size) == (None, 22)


async def test_hostile_names(mirror: Mirror, upstream) -> None:
    names = [b"new\nline", b"tab\there", b":colon", b'quo"te', b"caf\xc3\xa9", b"latin\xe9", b"-rf", b" b/x"]
    found = await changed(mirror, upstream, {os.fsdecode(name): "text\n" for name in names})
    assert {change.path.encode("utf-8", "surrogateescape") for change in found} == set(names)
    assert all("+text" in change.patch for change in found)


async def test_large_diffs_are_cut_and_say_so(mirror: Mirror, upstream) -> None:
    found = await changed(mirror, upstream, {"long.txt": "0123456789\n" * 40_000, "huge.txt": "x" * (3 * 1024 * 1024)})
    by_path = {change.path: change for change in found}
    assert len(by_path["long.txt"].patch) == 256 * 1024
    assert by_path["long.txt"].patch_cut
    assert by_path["long.txt"].additions == 40_000
    assert by_path["huge.txt"].binary
    assert len(by_path["huge.txt"].patch) < 1000


async def test_a_submodule_in_a_diff(mirror: Mirror, upstream) -> None:
    before = upstream.git("rev-parse", "HEAD")
    upstream.git("update-index", "--add", "--cacheinfo", f"160000,{before},sub")
    upstream.git("commit", "-q", "-m", "Submodule")
    upstream.push("main")
    after = upstream.git("rev-parse", "HEAD")
    await mirror.fetch(after)
    reading = Reading(mirror.path, mirror.runner.environment())
    (change,) = reading.diff(before, after)
    assert (change.path, change.mode_after, change.size) == ("sub", "160000", 0)
    assert "sub" not in reading.files(after)


async def test_another_repository_in_the_environment_changes_nothing(
    reading: Reading, upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    head = upstream.git("rev-parse", "HEAD")
    monkeypatch.setenv("GIT_DIR", "/nowhere")
    assert reading.subjects(head) == ["Begin"]


async def test_no_difference(reading: Reading, upstream) -> None:
    head = upstream.git("rev-parse", "HEAD")
    assert reading.diff(head, head) == []


async def test_history(mirror: Mirror, upstream, reading: Reading) -> None:
    base = upstream.git("rev-parse", "HEAD")
    tops = [upstream.commit({}, f"Subject {number}\n\nbody") for number in range(3)]
    upstream.git("checkout", "-q", base)
    side = upstream.commit({"side.txt": "x"}, "Side", push="side")
    await mirror.fetch("refs/heads/main", "refs/heads/side")
    assert reading.subjects(tops[-1], 2) == ["Subject 2", "Subject 1"]
    assert reading.merge_base(tops[-1], side) == base
    assert reading.same_tree(tops[0], base)
    assert not reading.same_tree(side, base)
    upstream.git("checkout", "-q", "--orphan", "alone")
    alone = upstream.commit({}, "Alone", push="alone")
    await mirror.fetch(alone)
    assert reading.merge_base(alone, side) is None


async def test_files_and_their_content(reading: Reading, upstream, mirror: Mirror) -> None:
    (upstream.clone / "link").symlink_to("/etc/passwd")
    head = upstream.commit({"src/data.bin": b"\0\xff", "big": "x" * 2000})
    await mirror.fetch(head)
    assert reading.files(head) == [".gitignore", "README.md", "big", "link", "src/app.py", "src/data.bin"]
    assert reading.file_at(head, "src/data.bin") == b"\0\xff"
    assert reading.file_at(head, "big", max_bytes=1999) is None
    for path in ("link", "src", "nope", "../x", "/etc/passwd", "", "src/app.py/x"):
        assert reading.file_at(head, path) is None


async def test_blame_follows_a_line(reading: Reading, upstream, mirror: Mirror) -> None:
    first = upstream.commit({"a.py": "one\ntwo\nthree\n"})
    second = upstream.commit({"a.py": "zero\none\nTWO\nthree\n"})
    await mirror.fetch(second)
    assert reading.blame(second, "a.py", 4) == BlamedLine(first, "a.py", 3)
    assert reading.blame(second, "a.py", 3) == BlamedLine(second, "a.py", 3)
    assert reading.blame(second, "a.py", 99) is None
    assert reading.blame(second, "a.py", 0) is None
    assert reading.blame(second, "gone.py", 1) is None


async def test_what_is_not_in_the_mirror(reading: Reading, upstream) -> None:
    head = upstream.git("rev-parse", "HEAD")
    for ask in (
        lambda: reading.subjects("1" * 40),
        lambda: reading.diff(head, "1" * 40),
        lambda: reading.merge_base(head, "1" * 40),
        lambda: reading.files("1" * 40),
        lambda: reading.file_at("1" * 40, "README.md"),
    ):
        with pytest.raises(NotInMirror):
            ask()
    with pytest.raises(ValueError, match="full commit"):
        reading.diff(head, "--output=/tmp/x")
