"""How much room folders take: holes, hard links, links, and what cannot be looked into."""

from __future__ import annotations

import os
from pathlib import Path

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


def test_a_path_too_long_to_open_is_said(tmp_path: Path) -> None:
    here = os.open(tmp_path, os.O_RDONLY)
    for _ in range(20):
        os.mkdir("d" * 250, dir_fd=here)
        here, before = os.open("d" * 250, os.O_RDONLY, dir_fd=here), here
        os.close(before)
    os.close(here)
    assert taken([tmp_path]).hidden
    assert taken([tmp_path / "nothing"]).files == 0


def test_what_was_there_before_is_no_reason_to_stop(tmp_path: Path) -> None:
    filled(tmp_path / "before", 512 * KIBIBYTE)
    room = Room([tmp_path], disk=256 * KIBIBYTE, files=100)
    room.begin()
    assert not room.used_up()
    (tmp_path / "before").unlink()
    assert not room.used_up()


def test_many_small_files_are_too_many(tmp_path: Path) -> None:
    room = Room([tmp_path], disk=1, files=10)
    room.begin()
    assert not room.used_up()
    for number in range(20):
        filled(tmp_path / str(number), 8 * KIBIBYTE)
    room._due = 0.0
    assert room.used_up()
    assert not Room([], disk=1, files=1).used_up()
