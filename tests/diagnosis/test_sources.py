"""From paths to failed jobs: every form in which logs are handed over, and what cannot be read."""

from __future__ import annotations

import gzip
import io
import json
import os
import struct
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import pytest

from otto_bot.diagnosis.models import CheckedJob
from otto_bot.diagnosis.sources import PLAIN_JOB, Found, SourceError, find, read_log
from otto_bot.diagnosis.sources_files import MOST_ENTRIES, WORST_RATIO

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
EXIT = "##[error]Process completed with exit code 1."
CANCELLED = "##[error]The operation was canceled."
END = "Cleaning up orphan processes"


def stamped(*lines: str, second: int = 0) -> bytes:
    """Lines as Actions writes them, one a second."""
    at = (f"2026-03-02T09:{(second + n) // 60:02d}:{(second + n) % 60:02d}.1234567Z" for n in range(len(lines)))
    return "".join(f"{when} {line}\n" for when, line in zip(at, lines, strict=False)).encode()


FAILED = stamped("##[group]Run pytest", "##[endgroup]", "E   assert 1 == 2", EXIT, "Post job cleanup.", END)
GREEN = stamped("##[group]Run pytest", "##[endgroup]", "3 passed", "Post job cleanup.", END)
STOPPED = stamped("##[group]Run pytest", "##[endgroup]", CANCELLED, END)
SERVICE = stamped("##[section]Starting: Prepare job test", "Evaluating continue on error", "Result: true")


@pytest.fixture
def opened() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def packed(path: Path, files: dict[str, bytes]) -> str:
    """A ZIP of these files."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return str(path)


def laid(folder: Path, files: dict[str, bytes]) -> str:
    """A folder with these files."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return str(folder)


def jobs(found: Found) -> list[CheckedJob]:
    """The failed jobs, read."""
    assert not found.problems
    return [source.load(iter) for source in found.failed]


def api_job(name: str, conclusion: str, number: int = 100_001) -> dict[str, object]:
    """A job as the jobs API lists it."""
    step = {"number": 2, "name": "Run pytest", "status": "completed", "conclusion": conclusion}
    step |= {"started_at": "2026-03-02T09:00:00Z", "completed_at": "2026-03-02T09:00:04Z"}
    return {"id": number, "name": name, "workflow_name": "CI", "conclusion": conclusion, "steps": [step]}


@pytest.mark.parametrize(
    "content", [FAILED, gzip.compress(FAILED), gzip.compress(FAILED[:99]) + gzip.compress(FAILED[99:])]
)
def test_a_plain_or_packed_log_is_one_failed_job(tmp_path: Path, opened: ExitStack, content: bytes) -> None:
    path = tmp_path / "build.log"
    path.write_bytes(content)

    found = find([str(path)], opened)

    assert [(job.name, job.log, job.conclusion) for job in jobs(found)] == [(PLAIN_JOB, FAILED, "failure")]
    assert found.failed[0].name == str(path)
    assert read_log(path, iter) == FAILED


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_a_log_that_powershell_wrote_is_read(tmp_path: Path, opened: ExitStack, encoding: str) -> None:
    path = tmp_path / "build.log"
    path.write_bytes("\ufeffok\r\nerror: no such file ü\r\n".encode(encoding))

    assert jobs(find([str(path)], opened))[0].log == "ok\r\nerror: no such file ü\r\n".encode()


def test_standard_input_may_be_a_log_or_an_archive(tmp_path: Path, opened: ExitStack) -> None:
    archive = Path(packed(tmp_path / "logs.zip", {"1_test.txt": FAILED})).read_bytes()

    assert jobs(find(["-"], opened, stdin=io.BytesIO(FAILED)))[0].log == FAILED
    assert jobs(find(["-"], opened, stdin=io.BytesIO(archive)))[0].name == "test"


@pytest.mark.parametrize(
    "last_words",
    [
        stamped("##[group]Run pytest", "3 passed", END),
        b"section_end:1:x\r\x1b[0K\x1b[32;1mJob succeeded\x1b[0;m\n",
        b'The command "make" exited with 0.\n\nDone. Your build exited with 0.\n',
        b"[Pipeline] End of Pipeline\nFinished: SUCCESS\n",
    ],
)
def test_a_log_that_says_it_passed_is_left_out(tmp_path: Path, opened: ExitStack, last_words: bytes) -> None:
    path = tmp_path / "build.log"
    path.write_bytes(b"" + last_words)

    found = find([str(path)], opened)

    assert (found.failed, found.passed, found.problems) == ((), (str(path),), ())


def test_an_archive_with_steps_gives_the_failed_jobs_with_their_steps(tmp_path: Path, opened: ExitStack) -> None:
    """Old archives: whole logs, the service's own logs under nearly the same names, a folder of steps a job."""
    steps = {
        "test (3.11)/1_Set up job.txt": stamped("Current runner version: '2.300.0'"),
        "test (3.11)/2_Run pytest.txt": FAILED[: FAILED.index(b"Post job") - 29],
        "test (3.11)/9_Complete job.txt": stamped(END, second=5),
        "lint/2_Run ruff.txt": GREEN,
        "lint/9_Complete job.txt": stamped(END),
    }
    tops = {"1_test.txt": SERVICE, "1_test (3.11).txt": FAILED, "2_lint.txt": SERVICE, "2_lint (1).txt": GREEN}
    path = packed(tmp_path / "logs.zip", {**steps, **tops})

    found = find([path], opened)

    [job] = jobs(found)
    assert (job.name, job.log, job.conclusion) == ("test (3.11)", FAILED, "failure")
    assert [(step.number, step.name, step.conclusion) for step in job.steps] == [
        (1, "Set up job", "success"),
        (2, "Run pytest", "failure"),
        (9, "Complete job", "success"),
    ]
    assert job.steps[1].started_at == START
    assert found.failed[0].why == '"Process completed with exit code 1"'
    assert found.passed == (f"{path} · lint",)


def test_a_newer_archive_has_whole_logs_only(tmp_path: Path, opened: ExitStack) -> None:
    files = {"0_test.txt": FAILED, "test/system.txt": SERVICE, "-9_lint.txt": GREEN, "lint/system.txt": SERVICE}

    found = find([packed(tmp_path / "logs.zip", files)], opened)

    assert [(job.name, job.log, job.steps) for job in jobs(found)] == [("test", FAILED, ())]
    assert len(found.passed) == 1
    assert found.notes == ()


def test_steps_alone_are_put_together(tmp_path: Path, opened: ExitStack) -> None:
    files = {"test/10_Complete job.txt": stamped(END), "test/2_Run pytest.txt": FAILED[:-1]}

    [job] = jobs(find([packed(tmp_path / "logs.zip", files)], opened))

    assert job.log == FAILED + stamped(END)


def test_an_unpacked_archive_and_one_packed_again_are_the_same(tmp_path: Path, opened: ExitStack) -> None:
    files = {"1_test.txt": FAILED, "test/2_Run pytest.txt": FAILED, "2_lint.txt": GREEN}

    unpacked = find([laid(tmp_path / "logs", files)], opened)
    wrapped = find([packed(tmp_path / "again.zip", {f"logs/{name}": text for name, text in files.items()})], opened)

    assert jobs(unpacked) == jobs(wrapped)
    assert [job.name for job in jobs(wrapped)] == ["test"]
    assert (len(unpacked.passed), len(wrapped.passed)) == (1, 1)


def test_jobs_cancelled_after_another_one_failed_are_left_out(tmp_path: Path, opened: ExitStack) -> None:
    several = packed(tmp_path / "several.zip", {"1_a.txt": STOPPED, "2_b.txt": FAILED, "3_c.txt": STOPPED})
    alone = packed(tmp_path / "alone.zip", {"1_a.txt": STOPPED})

    found = find([several, alone], opened)

    assert [job.conclusion for job in jobs(found)] == ["failure", "cancelled"]
    assert found.cancelled == (f"{several} · a", f"{several} · c")


def test_a_log_that_ends_in_the_middle_counts_as_failed(tmp_path: Path, opened: ExitStack) -> None:
    found = find([packed(tmp_path / "logs.zip", {"1_a.txt": GREEN[:80], "2_b.txt": GREEN})], opened)

    assert [source.why for source in found.failed] == ["it ends in the middle, without the runner's last words"]


def test_the_jobs_file_in_a_folder_decides(tmp_path: Path, opened: ExitStack) -> None:
    """Also where a step may fail without consequence, and where a job never got a log."""
    answer = {"jobs": [api_job("CI / test: 3", "success"), api_job("lint", "failure", 7), api_job("e2e", "failure", 8)]}
    files = {"jobs.json": json.dumps(answer).encode(), "1_CI  test 3.txt": FAILED, "2_lint.txt": GREEN}

    found = find([laid(tmp_path / "logs", files)], opened)

    assert [(job.id, job.name, job.log, job.workflow) for job in jobs(found)] == [
        (7, "lint", GREEN, "CI"),
        (8, "e2e", None, "CI"),
    ]
    assert jobs(found)[0].steps[0].started_at == START
    assert {source.why for source in found.failed} == {"the jobs file says so"}
    assert len(found.passed) == 1


@pytest.mark.parametrize("form", ["answer", "pages", "list", "gh"])
def test_a_jobs_file_may_have_any_usual_form(tmp_path: Path, opened: ExitStack, form: str) -> None:
    job = api_job("test", "failure")
    gh = {"databaseId": 100_001, "name": "test", "conclusion": "failure", "steps": [], "startedAt": None, "url": "u"}
    forms = {"answer": {"jobs": [job]}, "pages": [{"jobs": []}, {"jobs": [job]}], "list": [job], "gh": {"jobs": [gh]}}
    told = tmp_path / "told.json"
    told.write_text(json.dumps(forms[form]))
    logs = laid(tmp_path / "logs", {"job-100001.log": GREEN, "other.log": FAILED})

    found = find([logs], opened, jobs_file=told)

    assert [(job.id, job.log) for job in jobs(found)] == [(100_001, GREEN), (0, FAILED)]


@pytest.mark.parametrize("text", ["{", "[]", "7", '{"jobs": 3}', '[{"name": "x", "steps": 5}]', "[" * 100_000, "\xff"])
def test_a_jobs_file_that_tells_nothing_is_named(tmp_path: Path, opened: ExitStack, text: str) -> None:
    told = tmp_path / "told.json"
    told.write_bytes(text.encode("latin-1"))

    with pytest.raises(SourceError, match=r"told\.json .*actions/runs/ID/jobs"):
        find([], opened, jobs_file=told)


def test_a_folder_may_hold_logs_archives_and_other_things(tmp_path: Path, opened: ExitStack) -> None:
    archive = Path(packed(tmp_path / "run.zip", {"1_test.txt": FAILED})).read_bytes()
    files = {"a.log": FAILED, "deep/b.txt.gz": gzip.compress(FAILED), "run.zip": archive, "empty.log": b"\n"}
    files |= {"logo.png": b"\x89PNG", "core.log": bytes(range(256)) * 300, ".git/c.log": FAILED}
    folder = Path(laid(tmp_path / "logs", files))
    (folder / "link.log").symlink_to(folder / "a.log")
    (folder / "loop").symlink_to(folder)

    found = find([str(folder)], opened)

    assert [source.name.removeprefix(f"{folder}/") for source in found.failed] == [
        "a.log",
        "deep/b.txt.gz",
        "run.zip · test",
    ]
    assert sorted(note.removeprefix(f"left out: {folder}/").removeprefix(f"{folder}: ") for note in found.notes) == [
        "1 files that are no logs were left out",
        "core.log is no text; name a log, a ZIP of logs or a folder",
        "empty.log is empty; fetch the log again",
    ]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b" \n\r\n", "is empty"),
        (os.urandom(5000), "is no text"),
        (gzip.compress(FAILED)[:-12], "ends in the middle"),
        (b"\x1f\x8b\x08nothing", "is broken"),
        (b"BZh91AY&SY", "unpack it first"),
        (b"PK\x03\x04 and no more", "no whole ZIP"),
        (b"PK\x05\x06" + bytes(18), "holds no logs"),
    ],
)
def test_what_is_no_log_is_named_with_what_to_do(tmp_path: Path, opened: ExitStack, content: bytes, said: str) -> None:
    path, good = tmp_path / "build.log", tmp_path / "good.log"
    path.write_bytes(content)
    good.write_bytes(FAILED)

    found = find([str(path), str(good)], opened)

    assert len(found.problems) == 1
    assert str(path) in found.problems[0]
    assert said in found.problems[0]
    assert len(found.failed) == 1


def test_a_folder_or_archive_without_a_readable_log_is_named(tmp_path: Path, opened: ExitStack) -> None:
    folder = laid(tmp_path / "all", {"a.log": b"", "b.log": b" "})
    archive = packed(tmp_path / "logs.zip", {"1_a.txt": b"", "2_b.txt": b"\0" * 99})

    found = find([folder, archive], opened)

    assert [problem.partition(" holds no log that can be read")[0] for problem in found.problems] == [folder, archive]
    assert len(found.notes) == 4


def test_paths_that_cannot_be_opened_are_named(tmp_path: Path, opened: ExitStack) -> None:
    (tmp_path / "none").mkdir()
    os.mkfifo(tmp_path / "pipe")

    found = find(
        [str(tmp_path / "gone.log"), str(tmp_path / "none"), str(tmp_path / "pipe"), "a\0b", "x" * 5000], opened
    )

    assert [problem.partition(str(tmp_path))[2].partition(";")[0] for problem in found.problems[:3]] == [
        "/gone.log does not exist",
        "/none holds no logs",
        "/pipe is no regular file",
    ]
    assert len(found.problems) == 5


def hostile(kind: str, path: Path) -> None:
    """An archive made to hurt."""
    if kind == "bomb":
        packed(path, {"1_test.txt": b"\n" * 30_000_000})
    elif kind == "many":
        with zipfile.ZipFile(path, "w") as archive:
            for number in range(MOST_ENTRIES + 1):
                archive.writestr(f"{number}_x.txt", b"")
    elif kind in ("outside", "absolute"):
        packed(path, {"1_test.txt": FAILED, "../../etc/passwd" if kind == "outside" else "/etc/passwd": b"x"})
    elif kind == "nested":
        packed(path, {"inner.zip": Path(packed(path.with_suffix(".in"), {"1_test.txt": FAILED})).read_bytes()})
    else:
        packed(path, {"1_test.txt": FAILED})
        raw = bytearray(path.read_bytes())
        central = raw.index(b"PK\x01\x02")
        if kind == "encrypted":
            raw[central + 8] |= 1
        elif kind == "method":
            struct.pack_into("<H", raw, central + 10, 97)
        elif kind == "total":
            struct.pack_into("<I", raw, central + 24, 0xFFFFFFF0)
        elif kind == "checksum":
            raw[central + 16] ^= 0xFF
        path.write_bytes(raw)


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("bomb", "of next to nothing"),
        ("many", "files, more than"),
        ("outside", "leads out of the archive"),
        ("absolute", "leads out of the archive"),
        ("nested", "holds no logs"),
        ("encrypted", "is encrypted"),
        ("total", "unpacks to"),
    ],
)
def test_an_archive_made_to_hurt_is_refused_as_a_whole(tmp_path: Path, opened: ExitStack, kind: str, said: str) -> None:
    hostile(kind, tmp_path / "logs.zip")

    found = find([str(tmp_path / "logs.zip")], opened)

    assert said in found.problems[0]
    assert found.failed == ()
    assert WORST_RATIO < 1000, "deflate cannot pack better, so a higher limit would refuse nothing"


@pytest.mark.parametrize(("kind", "said"), [("method", "is broken"), ("checksum", "is broken")])
def test_a_broken_entry_keeps_the_others_readable(tmp_path: Path, opened: ExitStack, kind: str, said: str) -> None:
    hostile(kind, tmp_path / "logs.zip")
    archive = (tmp_path / "logs.zip").read_bytes()

    found = find([laid(tmp_path / "all", {"logs.zip": archive, "good.log": FAILED})], opened)

    assert len(found.failed) == 1
    assert said in found.notes[0]


def test_an_archive_cut_anywhere_is_named(tmp_path: Path, opened: ExitStack) -> None:
    whole = Path(
        packed(tmp_path / "logs.zip", {"1_test.txt": FAILED * 40, "test/2_x.txt": os.urandom(900)})
    ).read_bytes()

    for length in range(4, len(whole), 97):
        path = tmp_path / "cut.zip"
        path.write_bytes(whole[:length])
        found = find([str(path)], opened)
        assert found.failed == ()
        assert "download it again" in found.problems[0]


def junit(*names: str) -> bytes:
    """A report of these failed tests."""
    cases = "".join(f'<testcase classname="s" name="{name}"><failure message="no"/></testcase>' for name in names)
    return f'<testsuite name="s" tests="9">{cases}</testsuite>'.encode()


def test_reports_of_tests_go_to_their_jobs(tmp_path: Path, opened: ExitStack) -> None:
    """To the only failed one of a folder, else to the one that their path names; others are remarked."""
    artifact = Path(packed(tmp_path / "artifact.zip", {"deep/junit.xml": junit("c")})).read_bytes()
    reports = {"junit.xml": junit("a"), "pom.xml": b"<project/>", "r.zip": artifact}
    alone = laid(tmp_path / "alone", {"a.log": FAILED, **reports})
    files = {"1_unit.txt": FAILED, "2_e2e.txt": FAILED, "3_lint.txt": GREEN}
    several = laid(tmp_path / "several", {**files, "unit-report.xml": junit("b"), "results/junit.xml": junit("d")})

    found = find([alone, several], opened)

    assert [[test.id for report in source.reports for test in report.tests()] for source in found.failed] == [
        ["s.a", "s.c"],
        ["s.b"],
        [],
    ]
    assert found.notes == (f"left out: {several}/results/junit.xml: it is not clear of which job the tests are",)
