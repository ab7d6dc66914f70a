"""Objects that were never pushed go from one machine's mirror to another's."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from otto_bot.git.commits import Author
from otto_bot.git.mirror import Mirror
from otto_bot.git.packs import pack, unpack, whole
from otto_bot.git.reading import Reading
from otto_bot.git.runner import GitRunner
from otto_bot.git.workspace import Workspace

Made = Callable[[str], Mirror]


@pytest.fixture
def machine(mirror: Mirror, tmp_path: Path, runner: GitRunner) -> Made:
    """Another machine's mirror of the same repository."""

    def make(name: str) -> Mirror:
        return Mirror(tmp_path / f"{name}.git", mirror.url, mirror._token, runner)

    return make


async def wrote(mirror: Mirror, base: str, path: Path, files: dict[str, str]) -> str:
    workspace = await Workspace.open(mirror, base, path)
    for name, text in files.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_text(text)
    return (await workspace.snapshot()).tree


async def test_a_commit_comes_over_with_its_parents_that_were_never_pushed(
    mirror: Mirror, machine: Made, work: Path, author: Author, when: datetime
) -> None:
    base = (await mirror.fetch("refs/heads/main"))["refs/heads/main"]
    tree = await wrote(mirror, base, work, {"a.py": "1\n", "src/app.py": "x = 2\n"})
    workspace = await Workspace.open(mirror, base, work)
    first = await workspace.commit(tree, [base], "one", author=author, when=when)
    second = await workspace.empty_commit(first, "two", author=author, when=when)
    body = await pack(mirror, second, [base])
    other = machine("other")
    await other.fetch("refs/heads/main")

    assert body is not None
    assert await unpack(other, body)

    reading = Reading(other.path, other.runner.environment())
    assert reading.file_at(second, "src/app.py") == b"x = 2\n"
    assert (await other.git("rev-list", "--count", second)).text == "3"


async def test_a_pack_leans_on_its_base_and_half_of_it_is_seen(mirror: Mirror, machine: Made, work: Path) -> None:
    base = (await mirror.fetch("refs/heads/main"))["refs/heads/main"]
    tree = await wrote(mirror, base, work, {"b.py": "y\n" * 400})
    body = await pack(mirror, tree, [base])
    empty = machine("empty")
    await empty.ensure()

    assert body is not None
    await unpack(empty, body)
    assert not await whole(empty, tree, [])
    assert await whole(mirror, tree, [base])
    assert not await unpack(mirror, body[: len(body) // 2])
    assert not await unpack(mirror, b"")


async def test_of_a_pack_that_breaks_off_nothing_is_here(
    mirror: Mirror, machine: Made, work: Path, author: Author, when: datetime
) -> None:
    base = (await mirror.fetch("refs/heads/main"))["refs/heads/main"]
    tree = await wrote(mirror, base, work, {"d.py": "z = 1\n" * 40})
    sha = await (await Workspace.open(mirror, base, work)).commit(tree, [base], "one", author=author, when=when)
    body = await pack(mirror, sha, [base])
    other = machine("other")
    await other.fetch(base)

    assert body is not None
    assert not await unpack(other, body[:-25])
    assert not await other.has(sha)
    assert await unpack(other, body)
    assert await whole(other, sha, [base])


async def test_what_is_too_large_is_not_packed(mirror: Mirror, work: Path) -> None:
    base = (await mirror.fetch("refs/heads/main"))["refs/heads/main"]
    tree = await wrote(mirror, base, work, {"c.txt": "".join(chr(33 + (n * n) % 90) for n in range(20_000))})
    assert await pack(mirror, tree, [base], limit=200) is None


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    turns=st.lists(
        st.dictionaries(st.sampled_from(["a", "d/b", "d/c"]), st.text("xy\n", max_size=30)), min_size=1, max_size=4
    )
)
async def test_the_packs_of_all_turns_give_every_tree(
    mirror: Mirror, runner: GitRunner, tmp_path: Path, turns: list[dict[str, str]]
) -> None:
    base = (await mirror.fetch("refs/heads/main"))["refs/heads/main"]
    workspace = await Workspace.open(mirror, base, tmp_path / "w" / "t")
    await workspace.restore(base)
    known, trees, bodies = base, [], []
    for files in turns:
        tree = await wrote(mirror, base, workspace.path, files)
        body = await pack(mirror, tree, [known])
        assert body is not None
        known = tree
        trees.append(tree)
        bodies.append(body)
    other = Mirror(Path(tempfile.mkdtemp(dir=tmp_path)) / "m.git", mirror.url, mirror._token, runner)
    await other.fetch(base)
    for body in bodies:
        assert await unpack(other, body)
    assert await whole(other, trees[-1], [base])
    for tree in trees:
        ours, theirs = [(await one.git("ls-tree", "-r", tree)).text for one in (mirror, other)]
        assert ours == theirs
