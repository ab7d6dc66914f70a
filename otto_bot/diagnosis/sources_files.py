"""Bytes of log files, from disk, gzip and ZIP, never more than a limit and never written anywhere.

Names inside an archive are labels only: nothing is unpacked to a path. Whatever cannot be read is a `SourceError`
that names the file and what to do.
"""

from __future__ import annotations

import codecs
import lzma
import os
import re
import struct
import zipfile
import zlib
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO, NamedTuple

LOG_LIMIT = 400_000_000
"""Longest log in bytes, after unpacking."""
TOTAL_LIMIT = 4_000_000_000
"""Bytes an archive may say that it unpacks to."""
MOST_ENTRIES = 20_000
"""Files in one archive or folder; a run of 256 jobs with 40 steps each has half of that."""
WORST_RATIO = 400
"""Packed to unpacked of an entry above `RATIO_FROM` bytes; logs reach 30 to 100."""
RATIO_FROM = 20_000_000

_CHUNK = 1 << 20
_DEEPEST = 8
_CONTROL = re.compile(rb"[\x00-\x07\x0e-\x1a\x1c-\x1f\x7f]")
_PACKED = {b"\xfd7zXZ\x00": "xz", b"BZh": "bzip2", b"\x28\xb5\x2f\xfd": "zstd", b"7z\xbc\xaf\x27\x1c": "7-Zip"}
_UTF16 = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
_BROKEN = (
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, NotImplementedError, RuntimeError, ValueError),
    *(struct.error, OverflowError, OSError),
)
"""What the standard library raises on archives that are cut, wrong or made to hurt."""


class SourceError(Exception):
    """Something given cannot be read; the text names it and says what to do."""


class Entry(NamedTuple):
    """One file: its path with slashes below what was given, its size in bytes (unpacked), and how to read it."""

    name: str
    size: int
    read: Callable[[], bytes]


def file_bytes(path: Path) -> bytes:
    """The file as it is. Raises SourceError where it cannot be read or is above `LOG_LIMIT`."""
    try:
        if not path.is_file():
            what = "is no regular file" if path.exists() else "does not exist"
            raise SourceError(f"{path} {what}; name a log, a ZIP of logs or a folder")
        with path.open("rb") as stream:
            return limited(stream, str(path))
    except (OSError, ValueError) as error:
        raise SourceError(f"{path} cannot be read: {_reason(error)}") from error


def limited(stream: BinaryIO, name: str) -> bytes:
    """All of a stream. Raises SourceError where it is above `LOG_LIMIT`."""
    parts: list[bytes] = []
    left = LOG_LIMIT
    while chunk := stream.read(min(_CHUNK, left + 1)):
        left -= len(chunk)
        if left < 0:
            raise _too_long(name)
        parts.append(chunk)
    return b"".join(parts)


def log_text(data: bytes, name: str) -> bytes:
    """The lines of a log, unpacked from gzip and in UTF-8 where it was UTF-16.

    Raises SourceError for what is no text, with what to do.
    """
    if data[:2] == b"\x1f\x8b":
        data = _gunzip(data, name)
    for magic, kind in _PACKED.items():
        if data.startswith(magic):
            raise SourceError(f"{name} is packed with {kind}; unpack it first")
    for mark, encoding in _UTF16.items():
        if data.startswith(mark):
            data = data[len(mark) :].decode(encoding, "replace").encode("utf-8", "replace")
    if not data.strip():
        raise SourceError(f"{name} is empty; fetch the log again")
    if is_binary(data):
        raise SourceError(f"{name} is no text; name a log, a ZIP of logs or a folder")
    return data


def is_binary(data: bytes) -> bool:
    """Whether the beginning has more control characters than logs do; colours and redrawn lines are none."""
    head = data[: 1 << 16]
    return len(_CONTROL.findall(head)) > len(head) // 20


def _gunzip(data: bytes, name: str) -> bytes:
    parts: list[bytes] = []
    left = LOG_LIMIT
    try:
        while data.startswith(b"\x1f\x8b"):
            unpacker = zlib.decompressobj(wbits=31)
            while not unpacker.eof:
                chunk = unpacker.decompress(data, min(_CHUNK, left + 1))
                left -= len(chunk)
                if left < 0:
                    raise _too_long(name)
                parts.append(chunk)
                data = unpacker.unconsumed_tail
                if not chunk and not data and not unpacker.eof:
                    raise SourceError(f"{name} ends in the middle; fetch it again")
            data = unpacker.unused_data
    except zlib.error as error:
        raise SourceError(f"{name} is broken: {_reason(error)}; fetch it again") from error
    return b"".join(parts)


def zip_entries(where: Path | BinaryIO, name: str, opened: ExitStack) -> list[Entry]:
    """The files of an archive, which stays open as long as `opened`.

    Raises SourceError for archives that are encrypted, cut or broken, or that would unpack to far more than logs do.
    """
    try:
        archive = opened.enter_context(zipfile.ZipFile(where))
        found = [info for info in archive.infolist() if not info.is_dir()]
    except _BROKEN as error:
        raise SourceError(f"{name} is no whole ZIP: {_reason(error)}; download it again") from error
    if len(found) > MOST_ENTRIES:
        raise SourceError(f"{name} holds {len(found):,} files, more than {MOST_ENTRIES:,}; unpack what you need")
    total = sum(info.file_size for info in found)
    if total > TOTAL_LIMIT:
        raise SourceError(f"{name} unpacks to {total:,} bytes, more than {TOTAL_LIMIT:,}; unpack what you need")
    for info in found:
        _hold(info, name)
    return [Entry(info.filename, info.file_size, _reader(archive, info, name)) for info in found]


def _hold(info: zipfile.ZipInfo, name: str) -> None:
    """Refuse an entry that no archive of logs has."""
    shown = f"{name}: {info.filename[:200]!r}"
    if info.flag_bits & 0x1:
        raise SourceError(f"{shown} is encrypted; unpack the archive with its password first")
    parts = info.filename.replace("\\", "/").split("/")
    if ".." in parts or info.filename.startswith(("/", "\\")) or "\x00" in info.filename:
        raise SourceError(f"{shown} leads out of the archive; unpack what you need by hand")
    if info.file_size > RATIO_FROM and info.file_size > WORST_RATIO * max(info.compress_size, 1):
        raise SourceError(f"{shown} unpacks to {info.file_size:,} bytes of next to nothing; unpack it by hand")


def _reader(archive: zipfile.ZipFile, info: zipfile.ZipInfo, name: str) -> Callable[[], bytes]:
    def read() -> bytes:
        shown = f"{name}: {info.filename[:200]!r}"
        if info.file_size > LOG_LIMIT:
            raise _too_long(shown)
        try:
            with archive.open(info) as stream:
                return limited(stream, shown)  # type: ignore[arg-type]  # ZipExtFile reads like any binary stream
        except _BROKEN as error:
            raise SourceError(f"{shown} is broken: {_reason(error)}; download the ZIP again") from error

    return read


def folder_entries(folder: Path) -> list[Entry]:
    """The files below a folder in order; hidden ones and links are left out.

    Raises SourceError where it cannot be read or holds more than `MOST_ENTRIES` files.
    """
    found: list[Entry] = []

    def failed(error: OSError) -> None:
        raise SourceError(f"{error.filename} cannot be read: {_reason(error)}") from error

    for root, folders, files in os.walk(folder, onerror=failed):
        here = Path(root)
        deep = len(here.relative_to(folder).parts) >= _DEEPEST
        folders[:] = [] if deep else sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            path = here / name
            if name.startswith(".") or path.is_symlink() or not path.is_file():
                continue
            found.append(Entry(path.relative_to(folder).as_posix(), path.stat().st_size, _file_reader(path)))
        if len(found) > MOST_ENTRIES:
            raise SourceError(f"{folder} holds more than {MOST_ENTRIES:,} files; name the logs themselves")
    return found


def _file_reader(path: Path) -> Callable[[], bytes]:
    return lambda: file_bytes(path)


def _too_long(name: str) -> SourceError:
    return SourceError(
        f"{name} is longer than {LOG_LIMIT:,} bytes; cut out the part that failed, e.g. with tail -c 50M"
    )


def _reason(error: BaseException) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error) or type(error).__name__
