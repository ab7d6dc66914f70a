"""Which files are house rules, and that no file of any size fills a prompt."""

from hypothesis import given
from hypothesis import strategies as st

from otto_bot.core.house_rules import ALL_BYTES, FILE_BYTES, MOST_FILES, bounded, rule_paths


def test_the_root_comes_first_and_only_its_three_places_count() -> None:
    paths = ("src/CONTRIBUTING.md", "docs/CONTRIBUTING.rst", "CLAUDE.md", ".github/CONTRIBUTING.md", "AGENTS.md",
             "src/AGENTS.md", "docs/contributing-guide.md", "CONTRIBUTING")  # fmt: skip
    assert rule_paths(paths) == (
        "AGENTS.md", "CLAUDE.md", ".github/CONTRIBUTING.md", "CONTRIBUTING", "docs/CONTRIBUTING.rst",
    )  # fmt: skip


def test_the_nearest_rules_of_a_tasks_files_are_among_them() -> None:
    paths = ("AGENTS.md", "web/AGENTS.md", "web/ui/agents.md", "api/AGENTS.md", "web/ui/CLAUDE.md")
    assert rule_paths(paths, ["web/ui/new/page.ts", "web/main.ts"]) == (
        "AGENTS.md", "web/ui/agents.md", "web/ui/CLAUDE.md", "web/AGENTS.md",
    )  # fmt: skip


def test_many_files_leave_room_for_the_near_ones() -> None:
    general = [f"docs/CONTRIBUTING.{kind}" for kind in ("md", "rst", "txt", "adoc", "markdown")]
    general += [f".github/CONTRIBUTING.{kind}" for kind in ("md", "rst", "txt", "adoc", "markdown")]
    deep = "/".join("abcdefgh")
    nested = [f"{deep[: 2 * depth + 1]}/AGENTS.md" for depth in range(8)]
    found = rule_paths([*general, *nested], [f"{deep}/x.py"])
    assert len(found) == MOST_FILES
    assert nested[-1] in found
    assert found[0] in general


def test_a_long_file_is_cut_and_an_empty_one_is_none() -> None:
    (long,) = bounded([("AGENTS.md", "ä" * FILE_BYTES), ("CLAUDE.md", " \n")])
    assert "cut here" in long[1]
    assert len(long[1].encode()) < FILE_BYTES + 200


@given(st.lists(st.tuples(st.text(max_size=20), st.text(max_size=50).map(lambda text: text * 300)), max_size=9))
def test_together_they_are_bounded(files: list[tuple[str, str]]) -> None:
    kept = bounded(files)
    assert sum(len(text.encode("utf-8", "replace")) for _, text in kept) <= ALL_BYTES + 100 * (len(kept) + 1)
