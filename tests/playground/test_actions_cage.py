"""The cage by itself, and the log's edges: what is shown again, what is covered, what is cut."""

import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from otto_bot.playground.actions import cage
from otto_bot.playground.actions.api import CageUnavailableError
from otto_bot.playground.actions.joblog import JobLog, stamp
from otto_bot.sandbox.bwrap import Probe

NOW = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)


def test_folders_below_covered_ones_are_readable_again_and_only_the_job_can_be_written(tmp_path: Path) -> None:
    kind = cage.choose("auto")
    if kind.start is None:
        pytest.skip("bubblewrap cannot start here")
    job, tools, state = (tmp_path / name for name in ("job", "tools", "state"))
    for folder in (job, tools, state):
        folder.mkdir()
        (folder / "file").write_text(folder.name, encoding="utf-8")
    script = f"cat {tools}/file; cat {state}/file; echo x > {job}/new; echo x > {tools}/new; echo; command -v python"
    env = cage.environment(job)
    with cage.wrapped(kind, ["sh", "-c", script], env, job=job, readable=(tools,), hidden=(state,)) as (line, handles):
        done = subprocess.run(line, capture_output=True, text=True, timeout=20, env={}, pass_fds=handles)
    assert done.stdout.splitlines()[0] == "tools"
    assert done.stdout.splitlines()[1].endswith("/bin/python")
    assert (job / "new").exists()
    assert not (tools / "new").exists()


def test_without_bubblewrap_auto_says_so_and_require_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    nowhere = Probe(False, "bubblewrap is not installed", None)
    monkeypatch.setattr(cage, "try_out", lambda: nowhere)
    found = cage.choose("auto")
    assert found.start is None
    assert "uncaged" in (found.warning or "")
    assert "\n" not in (found.warning or "")
    with pytest.raises(CageUnavailableError, match="bubblewrap is not installed"):
        cage.choose("require")


def test_timestamps_have_seven_digits() -> None:
    assert stamp(NOW, 13) == "2026-01-02T03:04:05.6789013Z"


def test_a_log_over_its_limit_says_so_once_and_stops() -> None:
    log = JobLog(lambda: NOW, [], 200)
    for _ in range(50):
        log.line("x" * 50)
    text = log.content().decode()
    assert len(text) < 400
    assert text.count("longer than 200 bytes") == 1


def test_every_line_of_a_text_has_its_own_timestamp_and_host_paths_are_replaced() -> None:
    log = JobLog(lambda: NOW, [("/secret/place", "/home/runner")], 10_000)
    log.line("a /secret/place/b\r\nc\n")
    assert [line.partition("Z ")[2] for line in log.content().decode().splitlines()] == ["a /home/runner/b", "c"]
