"""The labelled logs: a folder with `cases.jsonl` and `logs/`, checked before anything is measured."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePosixPath

from pydantic import BaseModel, ConfigDict, Field, ValidationError

SOURCES = (
    ("LogChunks", "logchunks", "Zenodo, 'LogChunks: A Data Set for Build Log Analysis' (MSR 2020)", "CC-BY-4.0"),
    ("LogDx-CI", "logdx", "PyPI logdx-ci, arXiv 2605.28876", "CC-BY-4.0"),
    ("CiDiff", "cidiff", "github.com/labri-progress/cidiff (ISSTA 2025)", "Apache-2.0"),
    (
        "BugSwarm",
        "bugswarm-github, bugswarm-travis",
        "github.com/BugSwarm/bugswarm, its log parser's tests",
        "BSD-3-Clause",
    ),
    ("Veloren", "veloren", "the artifact of the ICSME 2025 study of Veloren's intermittent GitLab jobs", "MIT"),
    ("BUMP", "bump", "github.com/chains-project/bump (SANER 2024)", "MIT"),
    ("logdetective", "logdetective", "logdetective.com, reviewed Fedora build logs", "MIT or Apache-2.0"),
    ("logreduce", "logreduce", "the tests of softwarefactory-project's logreduce", "Apache-2.0"),
    ("node-core", "nodecore", "the fixtures of nodejs's node-core-utils", "MIT"),
)
_FORM = """\
The data is not part of this project. Give a folder with `cases.jsonl`, one JSON object a line with at least `id`,
`source` and `log` (a gzip file, relative to the folder), and the labels it has: `gold_lines`, `must`, `category`,
`intermittent`, `cluster`, `keywords`, `pass_log`, `repo`, `language`. Public sets to build it from:"""
_LARGEST_LOG = 512 * 1024 * 1024


class DataError(Exception):
    """The data folder cannot be measured. The message says what to do."""


class Fact(BaseModel):
    """Something that has to survive the cut: one of several spellings."""

    model_config = ConfigDict(frozen=True)
    spellings: tuple[str, ...] = Field(alias="any", min_length=1)
    importance: str = "critical"


class Case(BaseModel):
    """One log with its labels. Text is read when it is asked for and not kept."""

    model_config = ConfigDict(frozen=True)
    id: str = Field(min_length=1)
    source: str = Field(min_length=1)
    log: str
    pass_log: str | None = None
    repo: str = ""
    language: str | None = None
    gold_lines: tuple[str, ...] = ()
    must: tuple[Fact, ...] = ()
    keywords: tuple[str, ...] = ()
    category: str | None = None
    category_native: str | None = None
    intermittent: bool | None = None
    cluster: str | None = None
    folder: Path

    @property
    def critical(self) -> tuple[tuple[str, ...], ...]:
        """The spellings of each critical fact."""
        return tuple(fact.spellings for fact in self.must if fact.importance == "critical")

    def text(self) -> str:
        """The failing log. Raises DataError where the file is not a gzip file of a sane size."""
        return _text(self.folder / self.log, self.id)

    def passing(self) -> str:
        """The log of a passing run of the same job; empty where there is none."""
        return _text(self.folder / self.pass_log, self.id) if self.pass_log else ""


def load(folder: Path) -> list[Case]:
    """Every case of `folder`, in the order of its file. Raises DataError naming the first thing that is wrong."""
    listing = folder / "cases.jsonl"
    if not listing.is_file():
        raise DataError(f"{folder} has no cases.jsonl.\n{where_from()}")
    cases = [_case(line, number, folder) for number, line in enumerate(_lines(listing), 1) if line.strip()]
    if not cases:
        raise DataError(f"{listing} is empty.\n{where_from()}")
    _check_files(cases)
    return cases


def where_from() -> str:
    """What the folder holds and where the public sets come from."""
    rows = [f"  {name} (source: {source}): {place}; {licence}" for name, source, place, licence in SOURCES]
    return "\n".join([_FORM, *rows])


def every(cases: Sequence[Case], step: int) -> list[Case]:
    """Each `step`-th case of each source, the first included."""
    seen: dict[str, int] = {}
    kept = []
    for case in cases:
        place = seen[case.source] = seen.get(case.source, -1) + 1
        if place % step == 0:
            kept.append(case)
    return kept


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path} cannot be read: {error}") from error


def _case(line: str, number: int, folder: Path) -> Case:
    where = f"{folder / 'cases.jsonl'}:{number}"
    try:
        raw = _Line.model_validate_json(line)
        told = {key: value for key, value in (raw.model_extra or {}).items() if value is not None}
        case = Case.model_validate({**told, "folder": folder})
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "line"
        raise DataError(f"{where}: {place}: {first['msg']}. Repair that line or leave it out.") from error
    for name in (case.log, case.pass_log):
        if name is not None and (PurePosixPath(name).is_absolute() or ".." in PurePosixPath(name).parts):
            raise DataError(f"{where}: {name!r} leaves the folder. Give a path below it.")
    return case


class _Line(BaseModel):
    """Any JSON object."""

    model_config = ConfigDict(extra="allow")


def _check_files(cases: Iterable[Case]) -> None:
    seen: set[str] = set()
    for case in cases:
        if case.id in seen:
            raise DataError(f"two cases are called {case.id!r}. Each needs an id of its own.")
        seen.add(case.id)
        for name in (case.log, case.pass_log):
            if name and not (case.folder / name).is_file():
                raise DataError(
                    f"case {case.id!r} names {name!r}, which is not in {case.folder}. Unpack the whole set."
                )


def _text(path: Path, case: str) -> str:
    try:
        with gzip.open(path) as file:
            raw = file.read(_LARGEST_LOG + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"the log of case {case!r}, {path}, is not a whole gzip file: {error}") from error
    if len(raw) > _LARGEST_LOG:
        raise DataError(f"the log of case {case!r}, {path}, has more than {_LARGEST_LOG} bytes. Leave the case out.")
    return raw.decode("utf-8", "replace")
