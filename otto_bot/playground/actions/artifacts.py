"""Keep what jobs upload, and pack artifacts and logs the way GitHub hands them out."""

import io
import os
import re
import shutil
import zipfile
from collections.abc import Iterable
from pathlib import Path

_UNSAFE = re.compile(r"[\\/:*?\"<>|\x00-\x1f]")
_MAX_BYTES = 100 * 1024 * 1024
_EARLIEST = (1980, 1, 1, 0, 0, 0)


def take(job_folder: Path, into: Path) -> list[tuple[str, Path, int]]:
    """Move what a job uploaded below `into`: (name, folder, bytes). Links and what is too large are left out."""
    found: list[tuple[str, Path, int]] = []
    source = job_folder / "io" / "artifacts"
    if not source.is_dir() or source.is_symlink():
        return found
    for folder in sorted(source.iterdir()):
        if folder.is_symlink() or not folder.is_dir():
            continue
        size = _clean(folder)
        if size <= _MAX_BYTES:
            target = into / folder.name
            shutil.rmtree(target, ignore_errors=True)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.move(folder, target)
            found.append((folder.name, target, size))
    return found


def _clean(folder: Path) -> int:
    """Remove everything that is no plain file or folder; the bytes of the rest."""
    size = 0
    for where, folders, files in os.walk(folder):
        for name in (*folders, *files):
            path = Path(where) / name
            if path.is_symlink() or not (path.is_file() or path.is_dir()):
                path.unlink()
        size += sum(path.stat().st_size for name in files if (path := Path(where) / name).is_file())
    return size


def pack_folder(folder: Path) -> bytes:
    """A folder as a zip archive."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return _pack((str(path.relative_to(folder)), path.read_bytes()) for path in files)


def pack_logs(logs: Iterable[tuple[str, bytes]]) -> bytes:
    """The run's log archive: `N_job.txt` for each job, numbered from 0, unsafe characters left out as GitHub does."""
    return _pack((f"{number}_{_UNSAFE.sub('', name)}.txt", log) for number, (name, log) in enumerate(logs))


def _pack(entries: Iterable[tuple[str, bytes]]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries:
            archive.writestr(zipfile.ZipInfo(name, _EARLIEST), content, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()
