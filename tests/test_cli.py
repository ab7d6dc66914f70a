"""The command line: usage, settings, `receive` and `report`."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from otto_bot.cli import main

LABELLED = {"action": "labeled", "label": {"name": "otto"}, "issue": {"id": 1, "number": 7}}


@pytest.fixture(scope="module")
def pem() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


@pytest.fixture
def state(tmp_path: Path, pem: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A host that is set up, with an empty state folder."""
    for name in [name for name in os.environ if name.startswith("OTTO_")]:
        monkeypatch.delenv(name)
    given = {"APP_ID": "42", "PRIVATE_KEY": pem, "WEBHOOK_SECRET": "hush-hush", "STATE_DIR": str(tmp_path / "state")}
    for name, value in given.items():
        monkeypatch.setenv(f"OTTO_{name}", value)
    return tmp_path / "state"


def write(folder: Path, content: bytes) -> str:
    path = folder / "payload.json"
    path.write_bytes(content)
    return str(path)


def test_a_received_file_is_in_the_inbox(state: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    body = json.dumps(LABELLED).encode()

    assert main(["receive", "issues", write(tmp_path, body)]) == 0

    guid = capsys.readouterr().out.split()[2].rstrip(";")
    with closing(sqlite3.connect(state / "otto.sqlite")) as connection:
        rows = connection.execute("SELECT guid, event, action, body, state FROM deliveries").fetchall()
    assert rows == [(guid, "issues", "labeled", body, "received")]


def test_what_otto_does_not_act_on_is_said_and_not_stored(
    state: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["receive", "star", write(tmp_path, b"{}")]) == 1
    assert main(["receive", "issues", write(tmp_path, b'{"action": "pinned"}')]) == 1
    assert main(["receive", "issues", write(tmp_path, b"[]")]) == 1
    assert capsys.readouterr().out.count("nothing that Otto acts on; not stored") == 3
    assert not state.exists()


@pytest.mark.parametrize("content", [None, b"{", b"\xff", b"[" * 100_000])
def test_a_file_that_cannot_be_read_is_named(
    state: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes | None
) -> None:
    path = str(tmp_path / "none.json") if content is None else write(tmp_path, content)

    assert main(["receive", "issues", path]) == 2
    assert f"{path} is no readable JSON" in capsys.readouterr().err


def test_a_report_without_a_run_says_so(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", "--run", "3"]) == 1
    assert capsys.readouterr().err == "otto-bot: there is no run 3\n"


@pytest.mark.parametrize("command", [["serve"], ["worker"]])
def test_wrong_settings_are_named_and_nothing_starts(
    state: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], command: list[str]
) -> None:
    monkeypatch.setenv("OTTO_PORT", "eighty")

    assert main(command) == 2

    said = capsys.readouterr().err
    assert said.startswith("otto-bot: OTTO_PORT: ")
    assert "docs/configure.md" in said
    assert said.endswith("/troubleshooting.md#start-settings)\n")
    assert "hush-hush" not in said
    assert not state.exists()


@pytest.mark.parametrize("command", [["report", "--run", "3"], ["replay", "3"], ["insight"], ["learnings"]])
def test_reading_the_ledger_needs_no_key_of_the_app(
    state: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], command: list[str]
) -> None:
    """Only where the database is; wrong settings of a host do not stand in the way, a wrong database does."""
    assert main(["report"]) == 1
    for name in ("APP_ID", "PRIVATE_KEY", "WEBHOOK_SECRET"):
        monkeypatch.delenv(f"OTTO_{name}")
    monkeypatch.setenv("OTTO_PORT", "eighty")
    capsys.readouterr()

    assert main(command) == {"report": 1, "replay": 2, "insight": 0, "learnings": 0}[command[0]]
    assert "OTTO_" not in capsys.readouterr().err

    monkeypatch.setenv("OTTO_DATABASE_URL", "mysql://u:hush-hush@h/d")
    assert main(command) == 2
    said = capsys.readouterr().err
    assert said.startswith("otto-bot: OTTO_DATABASE_URL: must look like")
    assert "hush-hush" not in said


def test_a_state_folder_that_cannot_be_made_is_named(
    state: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("OTTO_STATE_DIR", str(tmp_path / "file" / "state"))

    for command in (["report"], ["serve", "--no-worker"], ["worker"]):
        assert main(command) == 2
        assert "cannot be made: Not a directory" in capsys.readouterr().err


def test_a_file_that_is_no_database_is_said(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    state.mkdir()
    (state / "otto.sqlite").write_text("this is a text and by no means a database " * 50)

    assert main(["report"]) == 2
    assert "the database is damaged: stop Otto" in capsys.readouterr().err


@pytest.mark.parametrize("port", ["-1", "65536", "eighty", ""])
def test_a_wrong_port_is_a_usage_error(state: Path, capsys: pytest.CaptureFixture[str], port: str) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["serve", f"--port={port}"])

    assert ended.value.code == 2
    assert "is no port; give 0 to 65535" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [[], ["fly"], ["receive", "issues"]])
def test_usage_errors_exit_with_2(capsys: pytest.CaptureFixture[str], arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)

    assert ended.value.code == 2
    assert "usage: otto-bot" in capsys.readouterr().err


def test_a_real_process_says_one_line_and_exits_with_2(tmp_path: Path) -> None:
    env = {name: value for name, value in os.environ.items() if not name.startswith("OTTO_")}
    env |= {"OTTO_APP_ID": "42", "OTTO_PRIVATE_KEY": "-----BEGIN TOP SECRET-----", "OTTO_WEBHOOK_SECRET": "hush-hush"}
    done = subprocess.run(
        [sys.executable, "-m", "otto_bot", "serve"], env=env, cwd=tmp_path, capture_output=True, text=True
    )

    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert "OTTO_PRIVATE_KEY: " in done.stderr
    assert "SECRET-" not in done.stderr
    assert "hush" not in done.stderr


@pytest.mark.parametrize("command", [["report"], ["worker"]])
def test_a_damaged_database_is_named_with_what_to_do(
    state: Path, command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    from otto_bot.store.database import migrate, open_database

    made = open_database(f"sqlite:///{state / 'otto.sqlite'}")
    migrate(made)
    made.dispose()
    with (state / "otto.sqlite").open("r+b") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(4096)
        file.write(b"\xff" * (size - 4096))

    assert main(command) == 2
    said = capsys.readouterr().err
    assert "the database is damaged: stop Otto" in said
    assert "put back the last backup" in said


def test_serving_without_webhooks_needs_no_webhook_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The same by the option, by the environment and by a `.env` file; without any of them it is missing."""
    monkeypatch.chdir(tmp_path)
    for name in ("OTTO_POLL", "OTTO_APP_ID", "OTTO_WEBHOOK_SECRET", "OTTO_ENV_FILE"):
        monkeypatch.setenv(name, "")
    assert main(["serve"]) == 2
    assert "OTTO_WEBHOOK_SECRET" in capsys.readouterr().err
    (tmp_path / ".env").write_text("OTTO_POLL=true\n")
    (tmp_path / ".env").chmod(0o600)
    assert main(["serve"]) == 2
    (tmp_path / ".env").unlink()
    monkeypatch.setenv("OTTO_POLL", "")
    assert main(["serve", "--poll"]) == 2
    said = capsys.readouterr().err
    assert said.count("OTTO_APP_ID is missing") == 2
    assert "OTTO_WEBHOOK_SECRET" not in said


def test_a_broken_env_file_stops_what_reads_settings_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OTTO_ENV_FILE", "")
    (tmp_path / ".env").write_text("OTTO_PORT=1\ns3cret\n")
    (tmp_path / "log").write_text("fine\n")
    assert main(["limits"]) == 2
    said = capsys.readouterr().err
    assert "line 2: this is no NAME=VALUE" in said
    assert "s3cret" not in said
    assert main(["explain", "log"]) == 13


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_reader_that_has_seen_enough_is_no_failure_of_ours(unbuffered: str) -> None:
    """As `otto-bot report --run 1 | head`: without a traceback, with the exit code that shells know for it."""
    reads, writes = os.pipe()
    os.close(reads)
    done = subprocess.run(
        [sys.executable, "-m", "otto_bot", "schema"], stdout=writes, stderr=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONUNBUFFERED": unbuffered},
    )  # fmt: skip
    os.close(writes)
    assert (done.returncode, done.stderr) == (141, "")
