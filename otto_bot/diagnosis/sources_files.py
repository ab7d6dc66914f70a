"""Bytes of log files, from disk, gzip and ZIP, never more than a limit and never written anywhere.

Names inside an archive are labels only: nothing is unpacked to a path. Whatever cannot be read is a `SourceError`
that names the file and what to do.
"""

from __future__ import annotations

import codecs
import io
import itertools
import lzma
import os
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import IO, NamedTuple

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
_HEAD = 1 << 16
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
    chunks: Callable[[], Iterator[bytes]]
    """Raises SourceError where it cannot be read or is above `LOG_LIMIT`."""


def file_chunks(path: Path) -> Iterator[bytes]:
    """The file as it is. Raises SourceError where it cannot be read or is above `LOG_LIMIT`."""
    try:
        if not path.is_file():
            what = "is no regular file" if path.exists() else "does not exist"
            raise SourceError(f"{path} {what}; name a log, a ZIP of logs or a folder")
        with path.open("rb") as stream:
            yield from stream_chunks(stream, str(path))
    except (OSError, ValueError) as error:
        raise SourceError(f"{path} cannot be read: {reason(error)}") from error


def stream_chunks(stream: IO[bytes], name: str) -> Iterator[bytes]:
    """All of a stream. Raises SourceError where it is above `LOG_LIMIT`."""
    left = LOG_LIMIT
    while chunk := stream.read(min(_CHUNK, left + 1)):
        left -= len(chunk)
        if left < 0:
            raise too_long(name)
        yield chunk


def joined(chunks: Iterable[bytes]) -> bytes:
    """All of it, with hardly more memory than that."""
    whole = io.BytesIO()
    for chunk in chunks:
        whole.write(chunk)
    return whole.getvalue()


def log_chunks(chunks: Iterable[bytes], name: str) -> Iterator[bytes]:
    """The lines of a log, unpacked from gzip and in UTF-8 where it was UTF-16.

    Raises SourceError for what is no text, with what to do.
    """
    pieces = _from_start(iter(chunks))
    first = next(pieces, b"")
    if first.startswith(b"\x1f\x8b"):
        pieces = _from_start(_gunzip(itertools.chain((first,), pieces), name))
        first = next(pieces, b"")
    for magic, kind in _PACKED.items():
        if first.startswith(magic):
            raise SourceError(f"{name} is packed with {kind}; unpack it first")
    encoding = next((encoding for mark, encoding in _UTF16.items() if first.startswith(mark)), None)
    pieces = itertools.chain((first,), pieces)
    if encoding is not None:
        pieces = _utf8(pieces, encoding)
        first = next(pieces, b"")
        pieces = itertools.chain((first,), pieces)
    if is_binary(first):
        raise SourceError(f"{name} is no text; name a log, a ZIP of logs or a folder")
    blank = True
    for piece in pieces:
        blank = blank and not piece.strip()
        yield piece
    if blank:
        raise SourceError(f"{name} is empty; fetch the log again")


def _from_start(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """The same bytes; the first piece is long enough to tell what they are."""
    head = b""
    for chunk in chunks:
        head += chunk
        if len(head) >= _HEAD:
            break
    if head:
        yield head
    yield from chunks


def _utf8(chunks: Iterable[bytes], encoding: str) -> Iterator[bytes]:
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    mark = True
    for chunk in chunks:
        text = decoder.decode(chunk)
        yield text.removeprefix("\ufeff" if mark else "").encode("utf-8", "replace")
        mark = False


def is_binary(data: bytes) -> bool:
    """Whether the beginning has more control characters than logs do; colours and redrawn lines are none."""
    head = data[:_HEAD]
    return len(_CONTROL.findall(head)) > len(head) // 20


def _gunzip(chunks: Iterable[bytes], name: str) -> Iterator[bytes]:
    """What gzip packed, in one or several members. Whatever stands after the last one is let be, as gzip does."""
    left = LOG_LIMIT
    unpacker = zlib.decompressobj(wbits=31)
    try:
        for chunk in chunks:
            data = chunk
            while data:
                if unpacker.eof:
                    if not data.startswith(b"\x1f"):
                        return
                    unpacker = zlib.decompressobj(wbits=31)
                piece = unpacker.decompress(data, min(_CHUNK, left + 1))
                left -= len(piece)
                if left < 0:
                    raise too_long(name)
                if piece:
                    yield piece
                data = unpacker.unused_data if unpacker.eof else unpacker.unconsumed_tail
    except zlib.error as error:
        raise SourceError(f"{name} is broken: {reason(error)}; fetch it again") from error
    if not unpacker.eof:
        raise SourceError(f"{name} ends in the middle; fetch it again")


def zip_entries(where: Path | IO[bytes], name: str, opened: ExitStack) -> list[Entry]:
    """The files of an archive, which stays open as long as `opened`.

    Raises SourceError for archives that are encrypted, cut or broken, or that would unpack to far more than logs do.
    """
    try:
        archive = opened.enter_context(zipfile.ZipFile(where))
        found = [info for info in archive.infolist() if not info.is_dir()]
    except _BROKEN as error:
        raise SourceError(f"{name} is no whole ZIP: {reason(error)}; download it again") from error
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


def _reader(archive: zipfile.ZipFile, info: zipfile.ZipInfo, name: str) -> Callable[[], Iterator[bytes]]:
    def chunks() -> Iterator[bytes]:
        shown = f"{name}: {info.filename[:200]!r}"
        if info.file_size > LOG_LIMIT:
            raise too_long(shown)
        try:
            with archive.open(info) as stream:
                yield from stream_chunks(stream, shown)
        except _BROKEN as error:
            raise SourceError(f"{shown} is broken: {reason(error)}; download the ZIP again") from error

    return chunks


def folder_entries(folder: Path) -> list[Entry]:
    """The files below a folder in order; hidden ones and links are left out.

    Raises SourceError where it cannot be read or holds more than `MOST_ENTRIES` files.
    """
    found: list[Entry] = []

    def failed(error: OSError) -> None:
        raise SourceError(f"{error.filename} cannot be read: {reason(error)}") from error

    for root, folders, files in os.walk(folder, onerror=failed):
        here = Path(root)
        deep = len(here.relative_to(folder).parts) >= _DEEPEST
        folders[:] = [] if deep else sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            path = here / name
            if name.startswith(".") or path.is_symlink() or not path.is_file():
                continue
            below = os.fsencode(path.relative_to(folder)).decode("utf-8", "replace").replace(os.sep, "/")
            found.append(Entry(below, path.stat().st_size, _file_reader(path)))
        if len(found) > MOST_ENTRIES:
            raise SourceError(f"{folder} holds more than {MOST_ENTRIES:,} files; name the logs themselves")
    return found


def _file_reader(path: Path) -> Callable[[], Iterator[bytes]]:
    return lambda: file_chunks(path)


def too_long(name: str) -> SourceError:
    """What to say of a log above the limit."""
    return SourceError(f"{name} is longer than {LOG_LIMIT:,} bytes; keep the part that failed, e.g. with tail -c 50M")


def reason(error: BaseException) -> str:
    """What went wrong, in the system's or the library's words."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error) or type(error).__name__
