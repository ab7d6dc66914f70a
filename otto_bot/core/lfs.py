"""Files whose content Git LFS keeps: which paths `.gitattributes` name, and how a pointer begins. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from otto_bot.core.globs import BadGlob, Glob, attribute_glob, checked

ATTRIBUTES = ".gitattributes"
POINTER_BYTES = 1024
"""No pointer is larger: the specification says so."""
MOST_RULES = 300
_BEGINS = ("version https://git-lfs.github.com/spec/", "version https://hawser.github.com/spec/")
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"\s+(.*)')
_CLASS = re.compile(r"\[(?:\[:\w+:\]|[^\]])+\]")


def is_pointer(text: str) -> bool:
    """Whether a file's content is a pointer, which stands for a content that is elsewhere."""
    return len(text) <= POINTER_BYTES and text.startswith(_BEGINS)


def pointer_size(text: str) -> int | None:
    """Bytes of the content that a pointer stands for; None where it does not say."""
    said = re.search(r"^size ([0-9]{1,18})$", text, re.MULTILINE) if is_pointer(text) else None
    return int(said[1]) if said else None


def adds_pointer(patch: str) -> bool:
    """Whether the new side of a file's patch begins as a pointer does."""
    return _has(patch, "+")


def removes_pointer(patch: str) -> bool:
    """Whether a file's patch takes from a pointer, in any of its lines."""
    return _has(patch, "-") or _has(patch, " ")


def _has(patch: str, side: str) -> bool:
    _, _, first = patch.partition("\n@@ -")
    _, _, lines = first.partition("\n")
    return any(line.startswith(tuple(f"{side}{word}" for word in _BEGINS)) for line in lines.split("\n")[:4])


def attribute_paths(paths: Sequence[str]) -> list[str]:
    """Every file of attributes that may say something about these paths."""
    folders = {path[: at + 1] for path in paths for at, char in enumerate(path) if char == "/"}
    return [f"{folder}{ATTRIBUTES}" for folder in sorted(folders | {""})] if paths else []


class Kept:
    """Which paths Git LFS keeps. `attributes`: text of each `.gitattributes` by its path."""

    def __init__(self, attributes: Mapping[str, str]) -> None:
        # The file that is nearest to a path has the last word, and in it the last line.
        ordered = sorted(attributes, key=lambda path: path.count("/"))
        macros = {name for path in ordered for name in _macros(attributes[path])}
        self._rules = [
            (path.removesuffix(ATTRIBUTES), *rule) for path in ordered for rule in _rules(attributes[path], macros)
        ][-MOST_RULES:]
        self._any = any(keeps for _, _, _, keeps in self._rules)

    def __bool__(self) -> bool:
        return self._any

    def has(self, path: str) -> bool:
        """Whether the content of a file at this path belongs to Git LFS."""
        if not self._any:
            return False
        for folder, ending, glob, keeps in reversed(self._rules):
            if not path.startswith(folder):
                continue
            if path.endswith(ending) if ending else glob.matches(path[len(folder) :]):
                return keeps
        return False


def _macros(text: str) -> Iterator[str]:
    for line in text.splitlines():
        words = line.split()
        if words and words[0].startswith("[attr]") and "filter=lfs" in words[1:]:
            yield words[0].removeprefix("[attr]")


def _rules(text: str, macros: set[str]) -> Iterator[tuple[str, Glob, bool]]:
    """Of each line that says something of the filter: the ending it asks for or none, its pattern, whether it keeps."""
    for line in text.splitlines():
        pattern, words = _split(line.strip())
        told = [word for word in words if word in macros or re.fullmatch(r"[-!]?filter(?:=.*)?", word)]
        if not pattern or not told or pattern.startswith("[attr]") or pattern.endswith("/"):
            continue
        plain = _CLASS.sub("?", pattern)
        try:
            glob = attribute_glob(checked(plain))
        except BadGlob:
            continue
        ending = plain[1:] if re.fullmatch(r"\*\.[\w.-]+", plain) else ""
        yield ending, glob, told[-1] in {"filter=lfs", *macros}


def _split(line: str) -> tuple[str, list[str]]:
    if line.startswith("#"):
        return "", []
    if quoted := _QUOTED.match(line):
        return re.sub(r"\\(.)", r"\1", quoted[1]), quoted[2].split()
    pattern, *words = line.split() or [""]
    return pattern, words
