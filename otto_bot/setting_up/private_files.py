"""Files that only their owner reads: written whole or not at all, and never over another one's content."""

from __future__ import annotations

import contextlib
import os
import secrets
from pathlib import Path

from otto_bot.setting_up.faults import SetupError
from otto_bot.text import setting_up as words

FOLDER, FILE = 0o700, 0o600


def private_folder(path: Path) -> Path:
    """A folder of ours that nobody else enters: made, or closed. Raises SetupError."""
    try:
        path.mkdir(mode=FOLDER, parents=True, exist_ok=True)
        about = path.lstat()
        if not path.is_dir() or path.is_symlink():
            raise SetupError(words.no_folder(str(path)))
        if about.st_uid != os.geteuid():
            raise SetupError(words.not_ours(str(path)))
        if about.st_mode & 0o777 != FOLDER:
            path.chmod(FOLDER)
    except OSError as error:
        raise SetupError(words.not_written(str(path), error.strerror or "")) from None
    return path


def check_writable(folder: Path) -> None:
    """A file can be made there now, before there is a secret to be kept. Raises SetupError."""
    probe = folder / f".otto-{secrets.token_hex(8)}"
    try:
        _new(probe, b"x" * 4096)
    except OSError as error:
        raise SetupError(words.not_written(str(folder), error.strerror or "")) from None
    finally:
        with contextlib.suppress(OSError):
            probe.unlink()


def write_private(path: Path, content: bytes) -> None:
    """The file with this content, 0600, on the disk when this returns. Raises OSError; then the old one is there."""
    new = path.with_name(f".{path.name}-{secrets.token_hex(8)}")
    try:
        _new(new, content)
        new.replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            new.unlink()
        raise
    _sync(path.parent)


def _new(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, FILE)
    with os.fdopen(descriptor, "wb") as file:
        os.fchmod(file.fileno(), FILE)
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
