"""The queue forgets what ended long ago, and nothing that is still to run."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from otto_bot.engine.forgetting import forget
from otto_bot.engine.queue import queue_url

PROGRAM = Path(__file__).with_name("queue_program.py")


def states(url: str) -> dict[str, str]:
    """State by job; the last one may not have been recorded as ended when its process stopped."""
    engine = sa.create_engine(url)
    with engine.connect() as c:
        rows = c.execute(sa.text("SELECT workflow_uuid, status FROM workflow_status")).all()
    engine.dispose()
    return {str(key): str(state) for key, state in rows}


@pytest.mark.slow
def test_ended_jobs_go_and_a_dry_look_counts_the_same(tmp_path: Path) -> None:
    database, log = f"sqlite:///{tmp_path / 'otto.sqlite'}", tmp_path / "log"
    log.touch()
    command = [sys.executable, str(PROGRAM), "once", database, str(log)]
    subprocess.run(command, cwd=Path(__file__).resolve().parents[2], check=True, timeout=60, capture_output=True)
    url, now = queue_url(database), datetime.now(UTC)
    before = states(url)
    ended = {key for key, state in before.items() if state in ("SUCCESS", "ERROR")}
    assert len(before) >= 3
    assert ended

    assert forget(url, now - timedelta(hours=1)) == 0
    counted = forget(url, now + timedelta(hours=1), dry=True)
    assert states(url) == before
    assert forget(url, now + timedelta(hours=1)) == counted == len(ended)
    assert states(url).keys() == before.keys() - ended


def test_without_a_queue_there_is_nothing_to_forget(tmp_path: Path) -> None:
    assert forget(f"sqlite:///{tmp_path / 'none.sqlite'}", datetime.now(UTC)) == 0
    assert list(tmp_path.iterdir()) == []
