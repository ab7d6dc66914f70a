"""How much room folders take: holes, hard links, links, and what cannot be looked into."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from otto_bot.sandbox.result import Limits
from otto_bot.sandbox.room import Room, taken

KIBIBYTE = 1024


def filled(path: Path, size: int) -> None:
    path.write_bytes(b"x" * size)


def test_blocks_count_and_holes_do_not(tmp_path: Path) -> None:
    filled(tmp_path / "full", 64 * KIBIBYTE)
    with (tmp_path / "holes").open("wb") as file:
        file.truncate(2**40)
    (tmp_path / "deep" / "er").mkdir(parents=True)
    filled(tmp_path / "deep" / "er" / "one", 64 * KIBIBYTE)
    found = taken([tmp_path])
    assert 128 * KIBIBYTE <= found.size < 256 * KIBIBYTE
    assert found.files == 5
    assert not found.hidden


def test_links_count_once_or_not_at_all(tmp_path: Path) -> None:
    (tmp_path / "work").mkdir()
    filled(tmp_path / "outside", 256 * KIBIBYTE)
    filled(tmp_path / "work" / "one", 64 * KIBIBYTE)
    for number in range(9):
        os.link(tmp_path / "work" / "one", tmp_path / "work" / f"again{number}")
    (tmp_path / "work" / "out").symlink_to(tmp_path)
    assert taken([tmp_path / "work"]).size < 128 * KIBIBYTE


def too_long(folder: Path) -> None:
    """A path in it that nobody can open by its name."""
    here = os.open(folder, os.O_RDONLY)
    for _ in range(20):
        os.mkdir("d" * 250, dir_fd=here)
        here, before = os.open("d" * 250, os.O_RDONLY, dir_fd=here), here
        os.close(before)
    os.close(here)


def test_a_path_too_long_to_open_is_said(tmp_path: Path) -> None:
    too_long(tmp_path)
    assert taken([tmp_path]).hidden
    assert taken([tmp_path / "nothing"]).files == 0


def test_what_was_there_before_is_no_reason_to_stop(tmp_path: Path) -> None:
    filled(tmp_path / "before", 400 * KIBIBYTE)
    room = Room([tmp_path], disk=256 * KIBIBYTE, files=100)
    room.begin()
    room._due = 0.0
    assert not room.used_up()
    filled(tmp_path / "more", 64 * KIBIBYTE)
    room._due = 0.0
    assert room.used_up()
    (tmp_path / "before").unlink()
    room._due = 0.0
    assert not room.used_up()


def test_many_small_files_are_too_many(tmp_path: Path) -> None:
    room = Room([tmp_path], disk=2**40, files=10)
    room.begin()
    assert not room.used_up()
    for number in range(11):
        (tmp_path / str(number)).touch()
        room._due = 0.0
        assert room.used_up() == (number == 10)
    assert not Room([], disk=1, files=1).used_up()


def test_what_is_written_between_two_looks_is_seen_by_the_next_command(tmp_path: Path) -> None:
    """Each command ends before anyone looks: the one that comes to a full tree can write no more."""
    limits = Limits(disk=256 * KIBIBYTE, file_size=1000)
    sizes = []
    for number in range(3):
        room = Room([tmp_path], limits.disk, limits.files)
        room.begin()
        sizes.append(room.allowed(limits).file_size)
        filled(tmp_path / str(number), 160 * KIBIBYTE)
    assert sizes == [1000, 1000, 1]
    filled(tmp_path / "more", 160 * KIBIBYTE)
    with pytest.raises(ValueError, match="no command runs in it any more"):
        Room([tmp_path], limits.disk, limits.files).begin()
    assert Room([tmp_path], 2**40, 3).allowed(limits) == limits
    crowded = Room([tmp_path], 2**40, 3)
    crowded.begin()
    assert crowded.full


def test_what_cannot_be_looked_into_counts_as_full(tmp_path: Path) -> None:
    too_long(tmp_path)
    room = Room([tmp_path], 2**40, 1000)
    room.begin()
    assert room.full
