"""Stack frames as languages print them, and whether a frame is the project's own."""

from __future__ import annotations

import re
from typing import NamedTuple

FRAME_LIMIT = 200


class Frame(NamedTuple):
    """A place in a trace: the file as printed, its 1-based line (None: not told), the words shown to people."""

    file: str
    line: int | None
    text: str
    own: bool


_PYTHON = re.compile(r'^\s*File "([^"]{1,400})", line (\d+)(?:, in (.{1,150}))?')
_JVM = re.compile(r"^\s*at (?:[\w.@-]+//?)?([\w.$ \x80-\uffff<>-]{1,300})\(([\w$.-]+\.\w+)(?::(\d+))?\)")
_DOTNET = re.compile(r"^\s*at (.{1,300}?) in (.{1,400}?):(?:line )?(\d+)$")
_NODE = re.compile(
    r"^\s*(?:at |❯ )(?:(.{1,200}?) \(?)?((?:file://|webpack:/+|https?://[^/ ]+/)?[^\s()]{1,400}):(\d+):\d+\)?$"
)
_SCHEME = re.compile(r"^(?:file://|webpack(?:-internal)?:/+(?:\([^)]*\)/)?(?:\./)?)")
_RUBY = re.compile(r"^\s*(?:# |\d+: |from )?((?:\./|/)?[^\s:]{1,300}\.(?:rb|rake|cr)):(\d+)(?::in [`'](.{1,150})')?")
_PLAIN = re.compile(
    r"^\s*(?:(?:at|in|In|from|File:?|Location:|Source:|Stack:|Error Trace:|\[It\])\s+)*"
    r"((?:[A-Za-z]:)?[^\s:()\"'`,;|]{1,300}\.[A-Za-z]\w{0,5})(?:[:(]|, line )(\d+)(?:[:,]\d+)*\)?(?::|\s|$)(.{0,150})"
)
_GENERIC = re.compile(r"\.[A-Za-z]\w{0,5}(?:[:(]|\", line |, line |:line )\d")
_FOREIGN_FILE = re.compile(
    r"(?:^|/)(?:site-packages|dist-packages|node_modules|\.venv|\.cargo|\.rustup|rustc|vendor|gems|deps|"
    r"bower_components|"
    r"lib/python[\d.]*|hostedtoolcache|testing/testing\.go|internal/(?:modules|process|timers|util))/?|"
    r"^(?:node:|internal/|/usr/|/opt/|/lib/|/nix/|/rustc/|<|native$|bootstrap_node|_?testing\.go$|module\.js$|"
    r"asm_\w+\.s$|proc\.go$|panic\.go$|library/(?:core|std|alloc|test)/|\.\.?/node_modules)|"
    r"/go/src/(?:runtime|testing)/|"
    r"/go/pkg/mod/|lib/ex_unit/|/_pytest/|/unittest/"
)
_FOREIGN_CODE = re.compile(
    r"^(?:java|javax|jdk|sun|com\.sun|kotlin|kotlinx|scala|groovy|org\.(?:junit|gradle|apache\.(?:maven|"
    r"groovy|tools\.ant)|"
    r"testng|scalatest|specs2|mockito|assertj|hamcrest|codehaus|spockframework|opentest4j|jetbrains)|"
    r"spock|junit|munit|sbt|"
    r"worker\.org|jdk\.internal|System|Xunit|NUnit|Microsoft|FluentAssertions|Shouldly|Moq)\."
)


def frame_in(text: str) -> Frame | None:
    """The frame that a line of a trace names, if it names one."""
    if not _GENERIC.search(text):
        return _without_line(text)
    if match := _PYTHON.match(text):
        return _frame(match.group(1), match.group(2), match.group(3))
    stripped = text.lstrip()
    if stripped.startswith("at "):
        if match := _JVM.match(text):
            return _jvm(match)
        if match := _DOTNET.match(text):
            return _frame(match.group(2), match.group(3), match.group(1), match.group(1))
    if match := _NODE.match(text):
        return _frame(_SCHEME.sub("", match.group(2)), match.group(3), match.group(1))
    if match := _RUBY.match(text):
        return _frame(match.group(1), match.group(2), match.group(3))
    if match := _PLAIN.match(text):
        return _frame(match.group(1), match.group(2), match.group(3))
    return None


def _without_line(text: str) -> Frame | None:
    """`at x.Y.z(Native Method)` and the like: a frame, but nobody's."""
    return Frame("", None, "", False) if _NO_PLACE.match(text) else None


_NO_PLACE = re.compile(
    r"^\s*(?:at (?:[\w.$/@<>]+\((?:Native Method|Unknown Source)\)|<anonymous>|<Jasmine>|native$|async |"
    r"[\w.$<>]+ \(native\)|"
    r"new Promise|[\w.`<>]+\(.*\)$)|\.\.\. \d+ more$|goroutine \d+ )"
)


def _jvm(match: re.Match[str]) -> Frame:
    code, file, line = match.groups()
    own = not _FOREIGN_CODE.match(code)
    return Frame(file, int(line) if line else None, f"{code}({file}{':' + line if line else ''})"[:FRAME_LIMIT], own)


def _frame(file: str, line: str, what: str | None, code: str = "") -> Frame:
    slashed = file.replace("\\", "/")
    own = not _FOREIGN_FILE.search(slashed) and not (code and _FOREIGN_CODE.match(code))
    number = int(line) if len(line) < 9 else None
    words = (what or "").strip()
    text = f"{file}:{line} {words}" if words else f"{file}:{line}"
    return Frame(file, number, text[:FRAME_LIMIT].rstrip(), own)
