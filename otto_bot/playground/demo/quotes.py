"""Every quoted piece of a log opens the right lines: its words stand in the stored log exactly where it says."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

Json = dict[str, Any]
_JOB = re.compile(r"/actions/runs/[0-9]+/job/(?P<job>[0-9]+)(?:#step:(?P<step>[0-9]+):(?P<line>[0-9]+))?$")
_STAMP = re.compile(r"^\ufeff?[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z ?")
_COLOUR = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_CUT = re.compile(r"\s*(?:\[?….*|\[redacted\].*)$")
"""What was cut or hidden is the bot's own words: only what stands before it is compared."""


def cited_jobs(report: Json) -> set[int]:
    """The jobs whose logs are quoted."""
    return {int(match["job"]) for _, excerpt in _excerpts(report) if (match := _JOB.search(excerpt["url"]))}


def cited_pages(report: Json) -> set[str]:
    """Addresses of the uploaded reports that are quoted."""
    return {excerpt["url"] for _, excerpt in _excerpts(report, "test") if excerpt["url"]}


def misplaced(report: Json, logs: Mapping[int, str]) -> list[str]:
    """Every quoted line that does not stand where its excerpt says; `logs` are the stored logs by job."""
    found: list[str] = []
    for name, excerpt in _excerpts(report):
        match = _JOB.search(excerpt["url"])
        if match is None:
            found.append(f"{name}: {excerpt['source']} has no address that opens a job: {excerpt['url']!r}")
            continue
        log = logs.get(int(match["job"]))
        if log is None:
            found.append(f"{name}: there is no log of job {match['job']}")
            continue
        found += [f"{name}: {excerpt['source']}: {problem}" for problem in _problems(excerpt, match, log.split("\n"))]
    return list(dict.fromkeys(found))


def _excerpts(report: Json, kind: str = "log") -> Iterator[tuple[str, Json]]:
    """Pieces of a kind in what Actions was found to say, and in what decisions rest on."""
    for event in report.get("events", []):
        if event["type"] == "VerificationEnded" and event.get("failure"):
            named = [(event["target"], excerpt) for excerpt in event["failure"]["excerpts"]]
        elif event["type"] == "DecisionMade":
            named = [(f"gate {event['gate']} {item['id']}", item["excerpt"]) for item in event["evidence"]]
        else:
            continue
        yield from ((name, excerpt) for name, excerpt in named if excerpt["kind"] == kind)


def _problems(excerpt: Json, match: re.Match[str], lines: list[str]) -> Iterator[str]:
    first, last = excerpt["first_line"], excerpt["last_line"]
    if first is None or last is None or not 1 <= first <= last <= len(lines):
        yield f"lines {first}-{last} are not in a log of {len(lines)} lines"
        return
    window = [_plain(line) for line in lines[first - 1 : last]]
    quoted = [_plain(line) for line in excerpt["text"].split("\n")]
    if not _same(quoted[0], window[0]):
        yield f"line {first} is {window[0]!r}, not {quoted[0]!r}"
    if not _same(quoted[-1], window[-1]):
        yield f"line {last} is {window[-1]!r}, not {quoted[-1]!r}"
    at = 0
    for line in quoted:
        following = next((index for index in range(at, len(window)) if _same(line, window[index])), None)
        if following is None:
            yield f"{line!r} does not stand in lines {first + at}-{last}"
            return
        at = following + 1
    if match["line"] is not None and not _begins(lines, match["step"], first - int(match["line"])):
        yield f"line {match['line']} of step {match['step']} is not line {first} of the log"


def _same(quoted: str, line: str) -> bool:
    """Whether a quoted line is this one, or as much of it as was not cut."""
    kept = _CUT.sub("", quoted)
    return quoted == line or (kept != quoted and line.startswith(kept))


def _begins(lines: list[str], step: str, index: int) -> bool:
    """Whether a step's part of the log begins at this index: the first one's with the log, others with a group."""
    if index == 0:
        return step == "1"
    return 0 < index < len(lines) and _plain(lines[index]).startswith("##[group]")


def _plain(line: str) -> str:
    return _COLOUR.sub("", _STAMP.sub("", line)).rstrip()
