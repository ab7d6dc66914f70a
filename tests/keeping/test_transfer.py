"""One run as one file: the same bytes each time, the same state elsewhere, readable there and never at work."""

from __future__ import annotations

import asyncio
import io
import json
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

sys.path.insert(0, str(Path(__file__).parents[1]))
from gate_runs import BAD, Stage, answer, kit

sys.path.pop(0)

from otto_bot.cli import main
from otto_bot.core import events as e
from otto_bot.core.run import Run
from otto_bot.keeping.transfer import BadLedger, export, import_file, read_file
from otto_bot.model.client import ModelClient
from otto_bot.replay import Wish, replay
from otto_bot.report import report
from otto_bot.store import tables as t
from otto_bot.store.database import open_database
from otto_bot.store.ledger import Ledger, NoSuchRun
from otto_bot.store.ledger import replay as replayed

NOW = datetime(2026, 12, 1, tzinfo=UTC)
TOKEN = "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"


@pytest.fixture
async def stage(engine: sa.Engine) -> AsyncIterator[Stage]:
    async with kit.MessagesServer() as server:
        server.script(kit.says(BAD), kit.says(answer()))
        async with ModelClient("key-for-tests", server.url, timeout_seconds=20) as client:
            yield Stage(engine, client)


@pytest.fixture
async def decided(stage: Stage) -> Run:
    """A run after a gate, with its request, two raw replies and two calls stored."""
    run = stage.post(await stage.decide(stage.at_gate()))
    return stage.apply(run)


def exported(engine: sa.Engine, run: int = 1) -> tuple[str, list[str]]:
    lines: list[str] = []
    warned: list[str] = []
    assert export(engine, run, lines.append, warned.append) == 0
    return "".join(f"{line}\n" for line in lines), warned


def written(tmp_path: Path, text: str, name: str = "run.jsonl") -> Path:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture
def other(tmp_path: Path, template: Path) -> sa.Engine:
    """Another host's database, with a run of its own."""
    path = tmp_path / "other.sqlite"
    path.write_bytes(template.read_bytes())
    made = open_database(f"sqlite:///{path}")
    Stage(made).start()
    return made


def take(engine: sa.Engine, path: Path) -> str:
    said: list[str] = []
    assert import_file(engine, path, NOW, said.append) == 0
    return said[0]


async def test_a_run_goes_to_another_host_and_is_read_there(
    engine: sa.Engine, decided: Run, other: sa.Engine, tmp_path: Path
) -> None:
    """Its number changes, nothing else does: report and replay say the same, down to the stored replies."""
    text, warned = exported(engine)
    assert warned == []
    assert exported(engine)[0] == text

    assert "is here as run 2, to be read only" in take(other, written(tmp_path, text))
    assert "as run 2" in take(other, written(tmp_path, text, "again.jsonl"))

    ledger = Ledger(other)
    run = ledger.load(2)
    assert replayed([item.event for item in ledger.events(2) if not item.refused]) == run
    assert run.model_copy(update={"id": 1, "money": decided.money, "trouble": {}}) == decided
    mine, here = report(Ledger(engine), 1), report(ledger, 2)
    assert {**here, "run_id": 1, "events": []} == {**mine, "events": []}
    again = io.StringIO()
    code = await asyncio.to_thread(replay, Wish(run_id=2, as_json=True), again, {"OTTO_DATABASE_URL": str(other.url)})
    assert (code, json.loads(again.getvalue())["exit_code"]) == (0, 0)


async def test_an_imported_run_never_works(engine: sa.Engine, decided: Run, other: sa.Engine, tmp_path: Path) -> None:
    """No effect, no place in any list of work, and nothing can be added to it."""
    take(other, written(tmp_path, exported(engine)[0]))
    ledger = Ledger(other)

    with other.connect() as c:
        assert c.execute(sa.select(t.effects.c.key).where(t.effects.c.run_id == 2)).all() == []
    assert ledger.active_runs() == [1]
    assert ledger.run_of(decided.repo.id, decided.issue) == 1
    with pytest.raises(NoSuchRun, match="only to be read"):
        ledger.append(2, [e.IssueRelabelled(at=NOW, by="x")], NOW)


async def test_what_looks_like_a_secret_stays_at_home(engine: sa.Engine, stage: Stage, decided: Run) -> None:
    """Taken out of events; an artifact with one is left out, and that is said."""
    stage.ledger.append(1, [e.IssueRelabelled(at=NOW, by=f"x {TOKEN}")], NOW)
    sha = stage.context.archive.keep("log", f"a log with {TOKEN}".encode(), NOW)
    with engine.begin() as c:
        c.execute(t.usage.update().where(t.usage.c.call.endswith("/1")).values(reply=sha))

    text, warned = exported(engine)

    assert TOKEN not in text
    assert any("looks like a secret" in words for words in warned)


def changed(text: str, number: int, change: Any) -> str:
    lines = text.splitlines(keepends=True)
    lines[number - 1] = change(lines[number - 1])
    return "".join(lines)


async def test_errors_name_the_line(engine: sa.Engine, decided: Run, tmp_path: Path, other: sa.Engine) -> None:
    """Whatever is damaged, nothing of it gets into the database."""
    text = exported(engine)[0]
    lines = text.splitlines(keepends=True)
    artifact = next(number for number, line in enumerate(lines, 1) if line.startswith('{"artifact"'))
    bad = {
        "line 1: it is no JSON": "hello\n",
        "line 2: it is no JSON": changed(text, 2, lambda line: line[:-20] + "\n"),
        "line 1: a ledger begins": changed(text, 1, lambda _line: '{"event":{}}\n'),
        "line 1: format 7": changed(text, 1, lambda line: line.replace('"format":1', '"format":7')),
        "before its line `end`": "".join(lines[:-1]),
        "there is more after its end": text + lines[2],
        "is not what was exported": changed(text, 3, lambda line: line.replace('"refused":""', '"refused":"x"')),
        f"line {artifact}: the artifact is not": changed(
            text, artifact, lambda line: line.replace('body":"', 'body":"AAAA')
        ),
        "line 2: 'what' is unknown": changed(text, 2, lambda _line: '{"what":{}}\n'),
        f"line {len(lines) - 1}: what is in the file": "".join([*lines[:4], *lines[5:]]),
        "before its line `end`; it": "",
    }
    for number, (words, body) in enumerate(bad.items()):
        path = written(tmp_path, body, f"bad{number}")
        with pytest.raises(BadLedger) as error:
            import_file(other, path, NOW, print)
        assert words in str(error.value), (words, str(error.value))
    assert Ledger(other).run_ids() == [1]


def test_a_file_whose_sum_is_right_is_still_replayed(tmp_path: Path) -> None:
    """Whoever writes such a file by hand is believed nothing."""
    import hashlib

    body = '{"ledger":{"events":0,"format":1,"run":1,"state":"x"}}\n'
    end = json.dumps({"end": {"lines": 1, "sha256": hashlib.sha256(body.encode()).hexdigest()}})
    with pytest.raises(BadLedger, match="starts no run"):
        read_file(written(tmp_path, f"{body}{end}\n"))


async def test_by_the_command_line(
    engine: sa.Engine, decided: Run, url: str, other: sa.Engine, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.setenv("OTTO_DATABASE_URL", url)
    assert main(["ledger", "export", "99"]) == 1
    assert main(["ledger", "export", "1"]) == 0
    path = written(tmp_path, capsys.readouterr().out)
    monkeypatch.setenv("OTTO_DATABASE_URL", str(other.url))
    assert main(["ledger", "import", str(path)]) == 0
    assert main(["insight"]) == 0
    assert main(["ledger", "import", str(tmp_path / "none")]) == 2

    assert "cannot be read" in capsys.readouterr().err
