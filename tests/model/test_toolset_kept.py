"""What Git LFS keeps and what lies in a submodule is read, found, and never written."""

from __future__ import annotations

from pathlib import Path

import pytest

from otto_bot.core.aside import ReadOnly
from otto_bot.core.enclosing import plainly
from otto_bot.core.lfs import Kept
from otto_bot.model.toolset import FileTools

POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12\n"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "art").mkdir()
    (tmp_path / "vendor" / "lib").mkdir(parents=True)
    (tmp_path / "art" / "logo.psd").write_text(POINTER)
    (tmp_path / "art" / "old.bin").write_text(POINTER)
    (tmp_path / "link.txt").symlink_to("art/old.bin")
    return tmp_path


@pytest.fixture
def tools(root: Path) -> FileTools:
    return FileTools(root, plainly, ReadOnly(Kept({".gitattributes": "*.psd filter=lfs"}), ["vendor/lib"]))


def entries(root: Path) -> list[Path]:
    return sorted(root.rglob("*"))


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("art/logo.psd", "Git LFS"),
        ("art/new.psd", "Git LFS"),
        ("art/old.bin", "Git LFS"),
        ("link.txt", "Git LFS"),
        ("./art/../art/logo.psd", "Git LFS"),
        ("vendor/lib/a.c", "submodule"),
        ("vendor/lib", "submodule"),
    ],
)
async def test_it_is_not_written(root: Path, tools: FileTools, path: str, why: str) -> None:
    before = entries(root)
    for name, more in (("write", {"content": "x"}), ("edit", {"old_string": "oid", "new_string": "x"})):
        answer = await tools.call(name, {"file_path": path, **more})
        assert answer.is_error
        assert f"{path} stays as it is: " in answer.text
        assert why in answer.text
    assert entries(root) == before
    assert (root / "art" / "logo.psd").read_text() == (root / "art" / "old.bin").read_text() == POINTER


async def test_who_reads_is_told_what_it_is_and_everything_else_is_written(root: Path, tools: FileTools) -> None:
    for path, words in (
        ("art/logo.psd", "a file of 12 bytes that Git LFS keeps"),
        ("link.txt", "Git LFS keeps"),
        ("vendor/lib/a.c", "vendor/lib is a submodule, another repository"),
    ):
        answer = await tools.call("read", {"file_path": path})
        assert answer.is_error
        assert words in answer.text
        assert "oid" not in answer.text
    found = (await tools.call("glob", {"pattern": "**/*"})).text
    assert "art/logo.psd (a file of 12 bytes that Git LFS keeps" in found
    assert not (await tools.call("write", {"file_path": "vendor/library/a.c", "content": "int a;\n"})).is_error
    assert (root / "vendor" / "library" / "a.c").read_text() == "int a;\n"
