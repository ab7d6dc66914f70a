"""Every command that uses the database refuses one that needs a newer version: in words, with exit code 2."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from otto_bot.cli import main
from otto_bot.keeping.backup import backup
from otto_bot.settings import read_store_settings
from otto_bot.store import database
from otto_bot.store.clock import Clock
from otto_bot.store.needs import needs
from otto_bot.worker import utc_now

COMMANDS = (
    "report", "limits", "insight", "learnings", "learnings export", "replay 1", "gc --dry-run", "backup {folder}/b.tar",
    "restore {folder}/backup.tar --force", "ledger export 1", "ledger import {folder}/run.jsonl", "worker --check",
    "receive issues {folder}/payload.json", "redeliver --dry-run",
)  # fmt: skip


@pytest.fixture(scope="module")
def pem() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


@pytest.fixture
def folder(tmp_path: Path, pem: str, sqlite_template: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A host's settings, and a database that a version of some years later has changed, with a backup of it."""
    for name in [name for name in os.environ if name.startswith("OTTO_")]:
        monkeypatch.delenv(name)
    given = {"APP_ID": "42", "PRIVATE_KEY": pem, "WEBHOOK_SECRET": "hush-hush", "STATE_DIR": str(tmp_path / "state")}
    given |= {"GITHUB_API_URL": "http://127.0.0.1:9", "PORT": "0"}
    for name, value in given.items():
        monkeypatch.setenv(f"OTTO_{name}", value)
    (tmp_path / "state").mkdir()
    (tmp_path / "payload.json").write_text('{"action": "labeled", "label": {"name": "otto"}, "issue": {"id": 1}}')
    (tmp_path / "run.jsonl").write_text("{}\n")
    url = read_store_settings(os.environ).database
    (tmp_path / "state" / "otto.sqlite").write_bytes(sqlite_template.read_bytes())
    engine = database.open_database(url)
    with database.writing(engine) as c:
        needs(c, "9.0.0")
    # The newer version's own backup: ours refuses to make one.
    with pytest.MonkeyPatch.context() as newer:
        newer.setattr(sys.modules["otto_bot.keeping.backup"], "understood", lambda one: database.understood(one, 10**9))
        backup(url, tmp_path / "backup.tar", Clock(engine, utc_now, lambda: 0.0)(), lambda _line: None)
    engine.dispose()
    return tmp_path


@pytest.mark.parametrize("command", COMMANDS)
def test_it_is_refused(command: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(command.format(folder=folder).split()) == 2

    said = capsys.readouterr().err
    assert said.startswith("otto-bot: the database needs Otto 9.0.0 or later, and this is ")
    assert "Traceback" not in said


@pytest.mark.slow
@pytest.mark.parametrize("command", ["serve", "worker"])
def test_nothing_is_started(command: str, folder: Path) -> None:
    """These change the process they run in, and so run in one of their own."""
    argv = [sys.executable, "-m", "otto_bot", *command.split()]
    done = subprocess.run(argv, cwd=folder, env=os.environ, capture_output=True, text=True, timeout=60)

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.rpartition("otto-bot: ")[2].startswith("the database needs Otto 9.0.0 or later")
    assert "Traceback" not in done.stderr
