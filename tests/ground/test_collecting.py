"""Which test files a run reads: none that holds a test it selects may be left out."""

from __future__ import annotations

from pathlib import Path

import collecting
import pytest

SLOW = "slow and not browser"
FILES = {
    "test_plain.py": "def test_it(): ...",
    "test_slow.py": "@pytest.mark.slow\ndef test_it(): ...",
    "test_both.py": "@pytest.mark.parametrize('backend', databases.chosen())\ndef test_it(backend): ...",
    "test_page.py": "pytestmark = [pytest.mark.slow, pytest.mark.browser]",
    "helper.py": "",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    return tmp_path


@pytest.mark.parametrize(
    ("selected", "read"),
    [
        (SLOW, {"test_slow.py", "test_both.py", "test_page.py", "helper.py"}),
        ("browser", {"test_page.py", "helper.py"}),
        ("not slow", set(FILES)),
        ("", set(FILES)),
        ("slow or something else", set(FILES)),
    ],
)
def test_a_file_is_read_where_it_may_hold_what_is_selected(folder: Path, selected: str, read: set[str]) -> None:
    """An expression that is not known reads everything."""
    assert {path.name for path in folder.iterdir() if not collecting.is_left_out(path, selected)} == read


def test_a_mark_of_the_conftest_counts_for_all_files_beside_it(folder: Path) -> None:
    (folder / "conftest.py").write_text("@pytest.fixture(params=databases.chosen())\ndef backend(request): ...")

    assert not collecting.is_left_out(folder / "test_plain.py", SLOW)


def test_a_mark_that_no_run_would_find_is_refused(folder: Path, request: pytest.FixtureRequest) -> None:
    """By the run of the quick tests, which reads every file."""
    found = pytest.Module.from_parent(request.session, path=folder / "test_plain.py")
    item = pytest.Function.from_parent(found, name="test_it", callobj=lambda: None)
    collecting.check([item])
    item.add_marker("slow")

    with pytest.raises(pytest.UsageError, match=r"test_it is marked slow in a way"):
        collecting.check([item])
