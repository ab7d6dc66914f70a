"""What Git LFS keeps is read from `.gitattributes` as git reads them, and pointers are known by how they begin."""

from __future__ import annotations

import pytest

from otto_bot.core.lfs import MOST_RULES, Kept, adds_pointer, attribute_paths, is_pointer, removes_pointer

POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12\n"
LFS = "filter=lfs diff=lfs merge=lfs -text"


@pytest.mark.parametrize(
    ("attributes", "hits", "misses"),
    [
        (f"*.psd {LFS}", ["a.psd", "x/y/a.psd"], ["a.psd.md", "psd", "a.PSD"]),
        (f"/art/*.bin {LFS}", ["art/a.bin"], ["art/x/a.bin", "x/art/a.bin"]),
        (f"art/** {LFS}", ["art/a", "art/x/y"], ["b/art/a"]),
        (f"art {LFS}", ["art"], ["art/a"]),
        (f"art/ {LFS}", [], ["art/a", "art"]),
        (f'"a b.psd" {LFS}', ["a b.psd"], ["a"]),
        (f"a[[:space:]]b.psd\t{LFS}", ["a b.psd"], ["ab.psd"]),
        (f"*.psd {LFS}\nicon.psd !filter -diff", ["a.psd"], ["icon.psd", "x/icon.psd"]),
        (f"*.psd -filter\n*.psd {LFS}", ["a.psd"], []),
        ("*.psd filter=crypt", [], ["a.psd"]),
        ("[attr]big filter=lfs -text\n*.mov big", ["a.mov"], ["a.psd"]),
        (f"# *.psd {LFS}\n\n*.txt text", [], ["a.psd", "a.txt"]),
        (f"{'*' * 50} {LFS}\n*.psd {LFS}", ["a.psd"], ["a.txt"]),
    ],
)
def test_which_paths_are_kept(attributes: str, hits: list[str], misses: list[str]) -> None:
    kept = Kept({".gitattributes": attributes})
    assert [path for path in hits if not kept.has(path)] == []
    assert [path for path in misses if kept.has(path)] == []
    assert bool(kept) is bool(hits)


def test_the_nearest_file_has_the_last_word() -> None:
    kept = Kept({"docs/.gitattributes": "*.psd -filter\nb.bin filter=lfs", ".gitattributes": f"*.psd {LFS}"})
    assert kept.has("a.psd")
    assert not kept.has("docs/a.psd")
    assert kept.has("docs/x/b.bin")
    assert not kept.has("b.bin")


def test_the_files_of_attributes_above_a_path() -> None:
    assert attribute_paths(["a/b/c.txt", "d"]) == [".gitattributes", "a/.gitattributes", "a/b/.gitattributes"]
    assert attribute_paths([]) == []


def test_rules_are_not_without_end() -> None:
    many = "\n".join(f"*.x{number} filter=lfs" for number in range(MOST_RULES + 10))
    kept = Kept({".gitattributes": many})
    assert kept.has(f"a.x{MOST_RULES + 9}")
    assert not kept.has("a.x1")  # the last line has the last word, so the first ones go


def test_many_rules_before_it_do_not_hide_the_last_one() -> None:
    many = "\n".join(f"*.x{number} filter=lfs" for number in range(MOST_RULES + 10))
    assert Kept({".gitattributes": many, "art/.gitattributes": "*.psd filter=lfs"}).has("art/a.psd")


def test_pointers() -> None:
    assert is_pointer(POINTER)
    assert not is_pointer("Hello, world\n")
    assert not is_pointer(POINTER + "x" * 1024)
    head = "diff --git a/a b/a\n--- a/a\n+++ b/a\n@@ -1,3 +1 @@\n"
    before = "".join(f"-{line}\n" for line in POINTER.splitlines())
    assert removes_pointer(f"{head}{before}+Hello, world\n")
    assert not adds_pointer(f"{head}{before}+Hello, world\n")
    assert removes_pointer(f"{head} version https://git-lfs.github.com/spec/v1\n-oid sha256:a\n+oid sha256:b\n")
    assert adds_pointer(head + "".join(f"+{line}\n" for line in POINTER.splitlines()))
    assert not removes_pointer("")
