"""Reader of what .NET's runners print: dotnet test (old and new), xUnit, NUnit, MSTest; and Pester."""

from __future__ import annotations

import re
from typing import ClassVar

from otto_bot.diagnosis.readers_base import HeadReader

_TIME = r"(?: \[(?:< )?[\d.,]+ ?(?:ms|s|m|h)(?: [\d.,]+ ?(?:ms|s|m))*\]| \((?:\d+m ?)?(?:\d+s ?)?(?:[\d.,]+m?s)?\))"


_POWERSHELL = re.compile(r"(?:, |^\s*at )(\S+\.ps1):(?:line )?(\d+)$")


class DotnetReader(HeadReader):
    """`Failed Space.Class.Method [12 ms]`, `X Class.Method [12ms]`, `Class.Method [FAIL]`, `1) Failed : Method`."""

    marks: ClassVar[tuple[str, ...]] = (
        *("Error Message:", "[FAIL]", "error TESTERROR", "failed ", "Error : ", ") Failed : ", "Failed   ", "[-] "),
    )
    words: ClassVar[tuple[str, ...]] = (
        "ailed ",
        "[FAIL]",
        "TESTERROR",
        " X ",
        "Error : ",
        "Error Message: ",
        "[-] ",
        "Invalid : ",
    )
    heads: ClassVar[tuple[re.Pattern[str], ...]] = (
        re.compile(rf"^\s*(?:Failed|failed|X) +(?P<id>\w.*){_TIME}$"),
        re.compile(r"^\s*Failed {3}(?P<id>[\w`+<>.]+\.\w+(?:\(.*\))?)$"),
        re.compile(r"^(?:\[xUnit\.net [\d:.]+\] |\s)\s+(?P<id>\S.*?) \[FAIL\]$"),
        re.compile(r"^\d+\) (?:Failed|Error|Invalid) : (?P<id>\S.*)$"),
        re.compile(rf"^.*?error TESTERROR: (?P<id>\S.*?){_TIME}: Error Message: (?P<message>.*)$"),
        re.compile(rf"^\s+(?P<id>[\w`+<>]+\.[^ (]+(?:\(.*\))?){_TIME}: Error Message: (?P<message>.*)$"),
        re.compile(r"^\s*\[-\] (?P<id>\S.*?) [\d.,]+m?s(?: \(.*\))?$"),
    )
    stop: ClassVar[re.Pattern[str] | None] = re.compile(
        r"^\s*(?:Passed |Skipped |Total tests|Test Run|Results File|Passed! |Failed! |\[\+\] |Standard Output|X \w)"
    )

    def detail(self, text: str) -> None:
        """A line below the heading; xUnit's runner puts the clock before each."""
        if text.startswith("[xUnit.net ") and "] " in text:
            text = text.split("] ", 1)[1]
        if self._current is not None and (place := _POWERSHELL.search(text)):
            self._current.place(place.group(1), place.group(2))
        super().detail(text)
