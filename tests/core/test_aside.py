"""What Otto leaves alone: which paths nobody writes, what of a plan is among them, and what models are told."""

from __future__ import annotations

from otto_bot.core.aside import LFS_WORDS, MODULE_WORDS, MOST_NAMED, Aside, ReadOnly, aside, told_to_models
from otto_bot.core.lfs import Kept

READ_ONLY = ReadOnly(Kept({".gitattributes": "*.psd filter=lfs"}), ["vendor/lib"])
POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12\n"


def test_what_nobody_writes() -> None:
    assert READ_ONLY.why("a/logo.psd") == LFS_WORDS
    assert READ_ONLY.why("a/logo.bin", POINTER) == LFS_WORDS
    assert READ_ONLY.why("vendor/lib") == MODULE_WORDS
    assert READ_ONLY.why("vendor/lib/src/a.c") == MODULE_WORDS
    assert READ_ONLY.why("vendor/library/a.c", "int main;") is None
    assert READ_ONLY.why("hello.txt") is None


def test_long_lists_are_cut_and_counted() -> None:
    found = aside([f"{number}.psd" for number in range(MOST_NAMED + 5)], ["vendor/lib"], queue=True)
    assert (len(found.lfs), found.lfs_count, found.modules_count, found.queue) == (MOST_NAMED, MOST_NAMED + 5, 1, True)


def test_models_are_told_the_paths_and_why() -> None:
    found = Aside(lfs=("a.psd",), lfs_count=1, modules=("vendor/lib",), modules_count=1)
    assert told_to_models(found) == (
        "a.psd (Git LFS: only its pointer is here)", "vendor/lib/ (a submodule: its files are not here)",
    )  # fmt: skip
    assert told_to_models(None) == ()
