"""What a file system may make of a name: one form for all names that could be the same file somewhere. Pure."""

from __future__ import annotations

import re
import unicodedata

_SHORT_GIT = re.compile(r"git~[0-9]+|\.git~[0-9]+")
_SHORT = re.compile(r"([^/~]{1,6})~[0-9]")
"""8.3 names of Windows: `GITMOD~1` may be `.gitmodules`."""
_SHORT_OF = {
    "git": ".git", "gitmod": ".gitmodules", "gitatt": ".gitattributes", "gitign": ".gitignore", "github": ".github",
    "codeow": "codeowners", "gitlab": ".gitlab-ci.yml", "vscode": ".vscode",
}  # fmt: skip
_HASHED = re.compile(r"(?=.{8}$)[a-z0-9]{2,6}~[1-9][0-9]*")
_HASHES = {"gi7eba": ".gitmodules", "gi7d29": ".gitattributes", "gi250a": ".gitignore"}
"""Where four short names are taken, Windows makes one of two letters and a hash: `gi7eba~1` is `.gitmodules`."""


def plain_path(path: str) -> str:
    """The path as file systems that fold case, compose characters, drop invisible ones or trailing dots read it.

    `.GIT`, `.g<zero width>it`, `git~1`, `.git . ` and `.git::$DATA` all become `.git`; a backslash is a slash.
    """
    return "/".join(_plain_part(part) for part in path.replace("\\", "/").split("/"))


def _plain_part(part: str) -> str:
    visible = "".join(char for char in part if not invisible(char))
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", visible).casefold())
    plain = folded.split(":", 1)[0].rstrip(". ") if folded.strip(". ") else folded
    if _SHORT_GIT.fullmatch(plain):
        return ".git"
    if _HASHED.fullmatch(plain) and (hashed := _hashed(plain.partition("~")[0])):
        return hashed
    short = _SHORT.fullmatch(plain)
    return _SHORT_OF.get(short[1], plain) if short else plain


def _hashed(stem: str) -> str | None:
    return next((name for hashed, name in _HASHES.items() if hashed.startswith(stem)), None)


def invisible(char: str) -> bool:
    """Whether a character of a name shows nothing, or is passed over by a file system."""
    return unicodedata.category(char) in {"Cf", "Cc", "Cs"} or char in _FILLERS or 0xFE00 <= ord(char) <= 0xFE0F


_FILLERS = "\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0"
