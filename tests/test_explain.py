"""`otto-bot explain` as people and scripts meet it: every kind of input, exit codes, JSON, secrets, speed."""

from __future__ import annotations

import gzip
import io
import json
import os
import pty
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st

from otto_bot.cli import main
from otto_bot.core.evidence import FailureClass
from otto_bot.explain import BUDGET, EXIT_CODES, EXIT_NOTHING, EXIT_USAGE, Request, explain
from otto_bot.text.why_json import SCHEMA

PYTEST = """\
##[group]Run pytest
##[endgroup]
============================= test session starts ==============================
tests/test_cache.py::test_active FAILED                                  [100%]
=================================== FAILURES ===================================
_________________________________ test_active __________________________________
    def test_active():
>       assert active() == [1]
E       assert [] == [1]
tests/test_cache.py:12: AssertionError
=========================== short test summary info ============================
FAILED tests/test_cache.py::test_active - assert [] == [1]
============================== 1 failed in 0.41s ===============================
##[error]Process completed with exit code 1.
Post job cleanup.
Cleaning up orphan processes
"""
LOST = """\
##[group]Run make
##[endgroup]
compiling
##[error]The runner has received a shutdown signal. This can happen when the runner service is stopped, or a manually \
started runner is canceled.
Cleaning up orphan processes
"""
GREEN = "##[group]Run make\n##[endgroup]\nok\nCleaning up orphan processes\n"
DOCUMENTED = {EXIT_NOTHING, EXIT_USAGE, *EXIT_CODES.values()}
SECRET = "ghp_" + "a1B2" * 9


def actions(text: str) -> bytes:
    """The text as a job's log."""
    return "".join(f"2026-03-02T09:00:00.1234567Z {line}\n" for line in text.splitlines()).encode()


def packed(files: dict[str, bytes]) -> bytes:
    """A ZIP of these files."""
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return whole.getvalue()


class Ran(NamedTuple):
    """What the command did."""

    code: int
    out: str
    err: str

    @property
    def items(self) -> list[dict[str, Any]]:
        """The JSON list."""
        found: list[dict[str, Any]] = json.loads(self.out)
        return found


def ran(*arguments: str, stdin: bytes = b"") -> Ran:
    """The command in a process of its own, without any setting and without a home."""
    env = {"PATH": os.environ["PATH"], "HOME": "/nonexistent"}
    command = [sys.executable, "-m", "otto_bot", "explain", *arguments]
    done = subprocess.run(command, input=stdin, env=env, capture_output=True, timeout=60)
    return Ran(done.returncode, done.stdout.decode(), done.stderr.decode())


def here(request: Request, stdin: bytes = b"") -> Ran:
    """The same in this process."""
    out, err = io.StringIO(), io.StringIO()
    code = explain(request, out, err, io.BytesIO(stdin), {})
    return Ran(code, out.getvalue(), err.getvalue())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Logs of every kind."""
    (tmp_path / "test.log").write_bytes(actions(PYTEST))
    (tmp_path / "again.log.gz").write_bytes(gzip.compress(actions(PYTEST)))
    (tmp_path / "lost.log").write_bytes(actions(LOST))
    (tmp_path / "run.zip").write_bytes(packed({"1_test.txt": actions(PYTEST), "2_lint.txt": actions(GREEN)}))
    return tmp_path


def test_a_log_is_explained(folder: Path) -> None:
    """Why, the quoted line under its number, the failing test with its place, class and next step."""
    code, out, err = ran(str(folder / "test.log"))

    assert (code, err) == (10, "")
    assert out.splitlines()[1].startswith("Tests fail: tests/test_cache.py::test_active")
    assert "   9 | E       assert [] == [1]" in out
    assert "1 failing test:\n  tests/test_cache.py::test_active (tests/test_cache.py:12)" in out
    assert "class: code, because" in out
    assert "next: Otto would fix the code" in out


@pytest.mark.parametrize("name", ["again.log.gz", "run.zip", "-", "."])
def test_every_kind_of_input_in_a_process(folder: Path, name: str) -> None:
    """The same failure is the same in each of them."""
    path = "-" if name == "-" else str(folder / name)
    code, out, err = done = ran(path, "--json", stdin=actions(PYTEST))
    logs = [item for item in done.items if item["kind"] == "log"]

    assert (code, err) == (10, "")
    assert logs[0]["failing_tests"][0]["id"] == "tests/test_cache.py::test_active"
    assert {quote["source"].partition(" · ")[0] for quote in logs[0]["quotes"]} <= {"log", "test"}
    assert out.endswith("]\n")


def test_many_logs_are_told_by_their_reasons(folder: Path) -> None:
    """The most frequent one first and once; it decides the exit code."""
    code, out, err = here(Request((str(folder / "lost.log"), str(folder / "test.log"), str(folder / "again.log.gz"))))

    assert (code, err) == (10, "")
    assert out.startswith("3 logs failed for 2 reasons.\n\n1. 2 logs, code: Tests fail")
    assert out.count("1 failing test:") == 1
    assert f"The same in 1 other log:\n  {folder / 'again.log.gz'}" in out


def test_the_class_decides_the_exit_code(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "green.log").write_bytes(actions(GREEN))
    (tmp_path / "what.log").write_bytes(b"hello\nworld\n")

    assert here(Request((str(folder / "lost.log"),))).code == EXIT_CODES[FailureClass.INFRASTRUCTURE] == 12
    assert here(Request((str(tmp_path / "what.log"),))).code == EXIT_CODES[None] == 13
    assert here(Request((str(tmp_path / "green.log"),))) == (0, "Nothing failed: 1 log of a passed job.\n", "")


def test_what_cannot_be_read_is_said_and_the_rest_explained(folder: Path) -> None:
    alone = here(Request((str(folder / "gone.log"),)))
    code, out, err = ran(str(folder / "gone.log"), str(folder / "test.log"))

    assert code == EXIT_USAGE
    assert "Tests fail" in out
    assert err == f"otto-bot: {folder / 'gone.log'} does not exist; name a log, a ZIP of logs or a folder\n"
    assert alone == (code, "", err)


@pytest.mark.parametrize("arguments", ["", "--budget x a", "--budget 3 a", "--jobs"])
def test_wrong_use_exits_with_2(arguments: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["explain", *arguments.split()])

    assert ended.value.code == EXIT_USAGE
    assert "usage: otto-bot explain" in capsys.readouterr().err


def test_helping_files_that_cannot_be_read_are_named() -> None:
    for request in (Request(("-",), pass_log=Path("gone.log")), Request(("-",), jobs_file=Path("gone.log"))):
        code, out, err = here(request, actions(PYTEST))
        assert (code, out) == (EXIT_USAGE, "")
        assert err.startswith("otto-bot: gone.log does not exist")


def test_the_json_has_one_shape(folder: Path) -> None:
    items = here(Request((str(folder),), as_json=True)).items
    log = items[0]

    assert {item["schema"] for item in items} == {SCHEMA}
    assert [item["kind"] for item in items] == ["log"] * 4 + ["cluster"] * 2 + ["summary"]
    assert log["cause"] == "test"
    assert log["class"] == "code"
    assert log["exit_code"] == 1
    assert log["next"]["move"] == "fix"
    assert all(len(quote["line_numbers"]) == len(quote["text"].split("\n")) for quote in log["quotes"])
    assert sum(len(item["logs"]) for item in items if item["kind"] == "cluster") == 4
    assert items[-1]["exit_code"] == 10
    assert [name.partition(" · ")[2] for name in items[-1]["passed"]] == ["lint"]


def test_quoted_lines_stand_in_the_log_under_their_numbers(folder: Path) -> None:
    original = actions(PYTEST).decode().splitlines()
    [log] = [item for item in here(Request((str(folder / "test.log"),), as_json=True)).items if item["kind"] == "log"]
    quoted = [
        pair for quote in log["quotes"] for pair in zip(quote["line_numbers"], quote["text"].split("\n"), strict=True)
    ]

    assert quoted
    assert all(original[number - 1].endswith(text) for number, text in quoted)


@pytest.mark.parametrize("budget", [200, 1000, BUDGET])
def test_quotes_of_one_log_stay_within_the_budget(folder: Path, budget: int) -> None:
    (folder / "long.log").write_bytes(actions(PYTEST.replace("E   ", "E   very long " * 40 + "\nE   ") * 9))
    [log, *_] = here(Request((str(folder / "long.log"),), budget=budget, as_json=True)).items

    assert 0 < sum(len(quote["text"]) for quote in log["quotes"]) <= budget


def test_a_passing_run_shows_what_is_new(tmp_path: Path) -> None:
    """An error that the job printed when it passed too is no reason."""
    old = [f"error: cache of part {number} cannot be read, going on without it" for number in range(60)]
    new = "error: disk quota of team blue is used up"
    green = ["##[group]Run make", *old, "Cleaning up orphan processes"]
    red = ["##[group]Run make", *old[:30], new, *old[30:], "##[error]Process completed with exit code 2."]
    (tmp_path / "green.log").write_bytes(actions("\n".join(green)))
    (tmp_path / "red.log").write_bytes(actions("\n".join(red)))
    alone = Request((str(tmp_path / "red.log"),), budget=200, as_json=True)

    def quoted(request: Request) -> list[str]:
        return [line for quote in here(request).items[0]["quotes"] for line in quote["text"].split("\n")]

    assert new not in quoted(alone)
    assert new in quoted(alone._replace(pass_log=tmp_path / "green.log"))


def test_reports_beside_a_log_name_the_tests(tmp_path: Path) -> None:
    """Also where the log only says that something failed; secrets in them are shown no more than those in logs."""
    case = f'<testcase classname="shop" name="buys"><failure message="no {SECRET}"/></testcase>'
    (tmp_path / "junit.xml").write_text(f'<testsuite name="s">{case}</testsuite>')
    (tmp_path / "build.log").write_bytes(actions("##[group]Run x\n##[endgroup]\n##[error]It went wrong.\nCleaning up"))

    code, out, err = here(Request((str(tmp_path),)))

    assert (code, err) == (10, "")
    assert "1 failing test:\n  shop.buys\n      no [redacted]" in out


@pytest.mark.parametrize("as_json", [False, True])
def test_quotes_of_many_logs_stay_within_the_budget(tmp_path: Path, as_json: bool) -> None:
    """The most frequent reason keeps its quotes, the rarest ones are told by their sentence alone."""
    for number in range(12):
        name = f"test_{'abcdefghijkl'[number]}"
        (tmp_path / f"{number:02}.log").write_bytes(actions(PYTEST.replace("test_active", name)))
        (tmp_path / f"{number:02}-often.log").write_bytes(actions(PYTEST))

    out = here(Request((str(tmp_path),), budget=1000, as_json=as_json)).out

    if as_json:
        quotes = [quote["text"] for item in json.loads(out) if item["kind"] == "log" for quote in item["quotes"]]
    else:
        quotes = [line.partition(" | ")[2] for line in out.splitlines() if " | " in line]
        assert all(f"test_{letter}" in out for letter in "abcdefghijkl")
    assert 0 < sum(map(len, quotes)) <= 1000
    assert any("assert [] == [1]" in quote for quote in quotes)


def test_the_jobs_file_gives_conclusions_and_steps(folder: Path) -> None:
    step = {"number": 3, "name": "Run pytest", "status": "completed", "conclusion": "failure"}
    step |= {"started_at": "2026-03-02T09:00:00Z", "completed_at": "2026-03-02T09:00:09Z"}
    told = folder / "told.json"
    told.write_text(json.dumps({"jobs": [{"id": 5, "name": "test", "conclusion": "failure", "steps": [step]}]}))

    log = here(Request((str(folder / "run.zip"),), jobs_file=told, as_json=True)).items[0]

    assert (log["step"], log["ended"]) == ("Run pytest", "the jobs file says so")


def test_a_job_that_never_got_a_log_is_explained(folder: Path) -> None:
    told = folder / "told.json"
    told.write_text(json.dumps({"jobs": [{"id": 6, "name": "deploy", "conclusion": "failure", "steps": []}]}))

    code, out, err = here(Request((str(folder / "run.zip"),), jobs_file=told))

    assert (code, err) == (10, "")
    assert f"{folder / 'run.zip'} · deploy\nIts jobs never started" in out


def test_secrets_are_shown_nowhere(tmp_path: Path) -> None:
    """Not in quotes, messages, names of files or complaints."""
    text = PYTEST.replace("assert [] == [1]", f"assert token == '{SECRET}'")
    (tmp_path / f"{SECRET}.log").write_bytes(actions(text))
    paths = (str(tmp_path / f"{SECRET}.log"), str(tmp_path / f"gone-{SECRET}.log"))

    for as_json in (False, True):
        done = here(Request(paths, as_json=as_json))
        assert SECRET not in done.out + done.err
        assert "[redacted]" in done.out
        assert "[redacted]" in done.err


def test_a_terminal_gets_colours_and_its_own_width(folder: Path) -> None:
    """A file or a pipe gets neither."""

    def on_terminal(**env: str) -> str:
        ours, theirs = pty.openpty()
        command = [sys.executable, "-m", "otto_bot", "explain", str(folder / "test.log")]
        env = {"PATH": os.environ["PATH"], "COLUMNS": "50", "TERM": "xterm", **env}
        with subprocess.Popen(command, stdout=theirs, env=env) as process:
            os.close(theirs)
            said = b""
            while chunk := _read(ours):
                said += chunk
            os.close(ours)
            assert process.wait(60) == 10
        return said.decode()

    assert "\x1b[31m" in on_terminal()
    plain = on_terminal(NO_COLOR="1")
    assert "\x1b" not in plain
    assert max(map(len, plain.splitlines())) <= 50
    assert "\x1b" not in ran(str(folder / "test.log")).out


def _read(terminal: int) -> bytes:
    """What the process writes next; Linux reports its end as an error."""
    try:
        return os.read(terminal, 4096)
    except OSError:
        return b""


def test_a_reader_that_goes_away_is_no_error(folder: Path) -> None:
    many = [str(folder / "test.log")] + [str(folder / "lost.log")] * 3
    command = [sys.executable, "-m", "otto_bot", "explain", *many]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(60) in DOCUMENTED


def test_a_terminal_without_our_characters_gets_others(folder: Path) -> None:
    env = {"PATH": os.environ["PATH"], "PYTHONIOENCODING": "ascii"}
    command = [sys.executable, "-m", "otto_bot", "explain", str(folder / "run.zip")]
    done = subprocess.run(command, env=env, capture_output=True, timeout=60)

    assert done.returncode == 10
    assert b"run.zip ? test" in done.stdout


def test_it_starts_without_the_large_libraries(folder: Path) -> None:
    """What is loaded after a whole explanation, in a process of its own."""
    program = "import sys; from otto_bot.cli import main; main(sys.argv[1:]); print(*sys.modules, file=sys.stderr)"
    command = [sys.executable, "-c", program, "explain", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    loaded = set(done.stderr.split())
    heavy = {
        "anthropic",
        "dbos",
        "fastapi",
        "githubkit",
        "git",
        "httpx",
        "sqlalchemy",
        "uvicorn",
        "yaml",
        "asyncio",
        "rich",
    }

    assert "otto_bot.diagnosis.diagnose" in loaded
    assert not loaded & heavy


def test_the_help_tells_the_exit_codes(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["explain", "--help"])

    said = capsys.readouterr().out
    assert all(str(code) in said for code in DOCUMENTED)
    assert f"[{BUDGET}]" in said


def explained(content: bytes, name: str = "x.log") -> Ran:
    """Any bytes, within bounded time."""
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / name
        path.write_bytes(content)
        start = time.process_time()
        done = here(Request((str(path),), budget=500))
        assert time.process_time() - start < 20
    assert done.code in DOCUMENTED
    assert "Traceback" not in done.err
    assert len(done.out) < 50_000
    return done


LINES = st.sampled_from(
    ["##[error]", "##[group]Run x", "2026-03-02T09:00:00.1234567Z ", "E   assert", "FAILED a::b - c", "\x1b[31m", "\r",
     "\n", "\ufeff", "Post job cleanup.", "error: ", "   at x (y.js:1:2)", "Traceback (most recent call last):",
     "--- FAIL: T (0s)"]
)  # fmt: skip


@for_all(st.one_of(st.binary(max_size=3000), st.lists(LINES, max_size=60).map(lambda parts: "".join(parts).encode())))
@settings(max_examples=150, deadline=None)
def test_any_bytes_end_in_a_documented_way(content: bytes) -> None:
    explained(content)


@for_all(st.binary(max_size=400), st.integers(0, 2000))
@settings(max_examples=100, deadline=None)
def test_a_changed_archive_ends_in_a_documented_way(noise: bytes, at: int) -> None:
    whole = packed({"1_test.txt": actions(PYTEST), "test/2_Run.txt": actions(PYTEST), "2_x.txt": actions(GREEN)})
    place = at % len(whole)
    explained(whole[:place] + noise + whole[place + len(noise) :], "x.zip")


def test_an_archive_cut_anywhere_exits_with_2() -> None:
    whole = packed({f"{number}_test.txt": os.urandom(400) for number in range(9)})
    codes = {explained(whole[:length], "x.zip").code for length in range(4, len(whole), 97)}

    assert codes == {EXIT_USAGE}


@pytest.mark.parametrize(
    "content",
    [
        b"x" * 1_000_000,
        b"E   AssertionError: " + b"y" * 1_000_000 + b"\n",
        b"\x1b[31m" * 200_000,
        b"\n" * 200_000 + b"error: x\n",
        b"error: \xff\xfe\xc0\n" * 5000,
        b"##[error]" * 100_000,
        b"/a" * 500_000 + b":1:1: error\n",
    ],
    ids=["one-line", "long-error", "colours", "blank", "not-utf8", "marks", "path"],
)
def test_long_lines_and_strange_bytes_are_bounded(content: bytes) -> None:
    explained(content)
