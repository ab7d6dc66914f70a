"""Files of the repository that a log names beside an error."""

from __future__ import annotations

import posixpath
import re

from otto_bot.core.evidence import FailingTest

MOST = 100

_CHECKOUT = re.compile(
    r"^(?:/home/runner/work|/Users/runner/work|/__w|[A-Z]:[/\\]a)[/\\][\w.-]+[/\\][\w.-]+[/\\]|^/github/workspace/"
)
_ROOT = re.compile(r"^(?:rootdir: |Working directory is ')(/[^\s,']+)")
_FRAMES = (
    re.compile(r'^\s*File "([^"]+)", line \d+'),
    re.compile(r"^(?:\s*-->\s+|E\s+|##\[error\])?((?:[\w@.+-]*[\\/])*[\w@.+-]+\.[A-Za-z]\w{0,4}):\d+(?::\d+)?\b"),
    re.compile(r"^\s+at .*?\(?((?:file://)?[\w@./+-]+\.[cm]?[jt]sx?):\d+:\d+\)?$"),
    re.compile(r"panicked at (?:'.*', )?([\w@./+-]+\.rs):\d+"),
    re.compile(r"^\s+([\w@./+-]+_test\.go):\d+: "),
)
_FOREIGN = re.compile(
    r"(?:^|/)(?:site-packages|dist-packages|node_modules|\.venv|venv|\.cargo|\.rustup|rustc|vendor|lib/python[\d.]*)/|^node:|"
    r"^(?:/usr|/opt|/lib|/root|/etc|<)|internal/(?:modules|process)"
)


class Places:
    """Collects the files, each once, in the order they are named."""

    def __init__(self) -> None:
        self._root = ""
        self._found: dict[str, None] = {}

    def feed(self, text: str) -> None:
        """Take the next cleaned line."""
        if root := _ROOT.match(text):
            self._root = root.group(1).rstrip("/") + "/"
        if len(self._found) >= MOST or len(text) > 1000:
            return
        for pattern in _FRAMES:
            if match := pattern.search(text):
                self._add(match.group(1))
                return

    def annotated(self, path: str) -> None:
        """Take the path of an annotation; those about the whole job name `.github`."""
        if path and path != ".github":
            self._add(path)

    def files(self) -> tuple[str, ...]:
        """Paths relative to the repository's root."""
        return tuple(self._found)

    def relative(self, path: str) -> str | None:
        """The path as the repository has it; None where it is not the repository's."""
        path = path.removeprefix("file://")
        if self._root and path.startswith(self._root):
            path = path[len(self._root) :]
        path = _CHECKOUT.sub("", path).replace("\\", "/")
        if _FOREIGN.search(path) or path.startswith("/") or ":" in path:
            return None
        path = posixpath.normpath(path)
        return None if path.startswith("..") or path == "." else path

    def in_repository(self, test: FailingTest) -> FailingTest:
        """The test with its file as the repository has it."""
        if test.file is None:
            return test
        file = self.relative(test.file)
        return test.model_copy(update={"file": file, "line": test.line if file else None})

    def _add(self, path: str) -> None:
        known = self.relative(path)
        if known is not None and len(known) <= 300:
            self._found.setdefault(known)
