"""Metrics of GitHub's limits, from a real database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from prometheus_client import CollectorRegistry, generate_latest

from otto_bot.core.quota import Ask
from otto_bot.store.database import migrate, open_database
from otto_bot.store.installations import APP, Installations
from otto_bot.web.github_limits import GitHubLimits

T0 = datetime(2026, 11, 28, 9, 0, tzinfo=UTC)


def scraped(registry: CollectorRegistry) -> list[str]:
    return [line for line in generate_latest(registry).decode().splitlines() if not line.startswith("#")]


def test_what_was_written_what_waits_and_who_is_limited(tmp_path: Path) -> None:
    engine = open_database(f"sqlite:///{tmp_path}/otto.sqlite")
    migrate(engine)
    shared, registry = Installations(engine), CollectorRegistry()
    registry.register(GitHubLimits(shared, lambda: T0))
    for installation in (1, 1, 2):
        shared.reserve(installation, Ask(), T0)
    for installation in (2, APP):
        shared.close(installation, T0 + timedelta(seconds=9), "limit", T0)
    shared.reserve(2, Ask(), T0)
    assert scraped(registry) == [
        "otto_github_writes_total 3.0",
        "otto_github_waits_total 1.0",
        "otto_github_limited_installations 1.0",
    ]
    engine.dispose()
    (tmp_path / "otto.sqlite").write_bytes(b"no database")
    assert scraped(registry) == []
