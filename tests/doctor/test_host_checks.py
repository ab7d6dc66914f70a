"""Each check of a host, in a good state and in bad ones, against a stand-in over real HTTP."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from otto_bot.core.finding import wrong
from otto_bot.doctor.host_checks import HOST_CHECKS
from otto_bot.store.database import open_database
from otto_bot.store.worker_rows import WorkerRows
from otto_bot.text.doctor_host import HOST

Change = Callable[[Any], object]


def env(**values: str) -> Change:
    return lambda scene: scene.environment.update(values)


def at(**values: Any) -> Change:
    """A field of the App as it is registered."""

    def change(scene: Any) -> None:
        for name, value in values.items():
            setattr(scene.app, name, value)

    return change


def ahead(seconds: float) -> Change:
    return lambda scene: setattr(scene, "ahead", timedelta(seconds=seconds))


def hook(url: str | None) -> Change:
    return lambda scene: setattr(scene.stand_in.hub.courier, "url", url)


def granted(**less: str) -> Change:
    """What the installation accepted, with these instead; "" = not at all."""

    def change(scene: Any) -> None:
        rights = {**scene.app.permissions, **less}
        scene.world.accepted = {name: level for name, level in rights.items() if level}

    return change


def suspended(scene: Any) -> None:
    scene.world.suspended_at = scene.world.now()


def worker(version: str) -> Change:
    def change(scene: Any) -> None:
        engine = open_database(scene.environment["OTTO_DATABASE_URL"])
        WorkerRows(engine).arrive("w-1", "h", version, datetime.now(UTC))
        engine.dispose()

    return change


def sql(statement: str) -> Change:
    def change(scene: Any) -> None:
        engine = open_database(scene.environment["OTTO_DATABASE_URL"])
        with engine.begin() as c:
            c.execute(sa.text(statement))
        engine.dispose()

    return change


def no_file(scene: Any) -> None:
    scene.environment["OTTO_DATABASE_URL"] = f"sqlite:///{scene.folder / 'none' / 'otto.sqlite'}"


def broken_file(scene: Any) -> None:
    (scene.folder / "broken.sqlite").write_text("this is no database" * 100)
    scene.environment["OTTO_DATABASE_URL"] = f"sqlite:///{scene.folder / 'broken.sqlite'}"


def open_env_file(scene: Any) -> None:
    (scene.folder / ".env").write_text("OTTO_APP_ID=1\n")
    (scene.folder / ".env").chmod(0o644)


def private_file(scene: Any) -> None:
    path = scene.folder / "hook-secret"
    path.write_text("another-secret-of-the-hook")
    path.chmod(0o600)
    scene.environment["OTTO_WEBHOOK_SECRET_FILE"] = str(path)


def delivered(status: int) -> Change:
    def change(scene: Any) -> None:
        from otto_bot.playground.github.state import Delivery

        made = scene.world.now()
        row = Delivery(id=1, guid="g", event="push", action=None, body=b"{}", created_at=made)
        row.status_code, row.status, row.delivered_at = status, "Invalid HTTP Response", made
        scene.world.deliveries.append(row)

    return change


def well(_scene: Any) -> None:
    """As it is."""


NOWHERE = "http://127.0.0.1:9"
CASES: list[tuple[str, Change, list[str]]] = [
    ("settings", well, ["usable"]),
    ("settings", env(OTTO_PORT="abc", OTTO_APP_ID=""), ["unusable", "unusable"]),
    ("secret-files", well, ["none"]),
    ("secret-files", private_file, ["private"]),
    ("secret-files", open_env_file, ["open"]),
    ("versions", well, ["supported"]),
    ("database", well, ["well"]),
    ("database", no_file, ["none"]),
    ("database", broken_file, ["gone"]),
    ("database", sql("UPDATE alembic_version SET version_num = '0001'"), ["older"]),
    ("database", sql("UPDATE alembic_version SET version_num = '9999'"), ["newer"]),
    ("disk", env(OTTO_STATE_DIR="/proc/nothing/of/ours"), ["full|unwritable"]),
    ("disk", well, ["room|little|full"]),
    ("workers", well, ["idle"]),
    ("workers", worker("0.1.0"), ["alive"]),
    ("workers", worker("0.0.9"), ["other"]),
    ("github", well, ["reached"]),
    ("github", env(OTTO_GITHUB_API_URL=NOWHERE, OTTO_GITHUB_WEB_URL=NOWHERE), ["api_gone", "web_gone"]),
    ("clock", well, ["right"]),
    ("clock", ahead(-30), ["off"]),
    ("clock", ahead(90), ["wrong"]),
    ("clock", env(OTTO_GITHUB_API_URL=NOWHERE), ["cannot"]),
    ("credentials", well, ["accepted"]),
    ("credentials", env(OTTO_APP_ID="77"), ["refused"]),
    ("credentials", env(OTTO_PRIVATE_KEY="no key"), ["cannot"]),
    ("app-permissions", well, ["enough"]),
    ("app-permissions", at(permissions={"issues": "write", "secrets": "read"}), ["missing", "more"]),
    ("app-events", well, ["enough"]),
    ("app-events", at(events=["issues"]), ["missing"]),
    ("app-events", hook(None), ["no_hook"]),
    ("installations", well, ["granted"]),
    ("installations", granted(checks=""), ["lacking"]),
    ("installations", granted(actions="read", statuses=""), ["less"]),
    ("installations", suspended, ["suspended"]),
    ("installations", at(events=["issues"]), ["unheard"]),
    ("installations", lambda scene: setattr(scene.world, "uninstalled", True), ["none"]),
    ("webhook", well, ["silent", "well"]),
    ("webhook", hook(None), ["no_hook"]),
    ("webhook", lambda scene: [hook(None)(scene), env(OTTO_CATCHUP_SECONDS="15")(scene)], ["polling"]),
    ("webhook", lambda scene: [hook(None)(scene), env(OTTO_POLL="true")(scene)], ["polling"]),
    ("webhook", at(hook_content_type="form"), ["form", "silent"]),
    ("webhook", hook(f"{NOWHERE}/webhook"), ["unreachable", "silent"]),
    ("webhook", lambda scene: hook(f"{scene.beside}/healthz")(scene), ["elsewhere", "silent"]),
    ("webhook", delivered(401), ["unsigned"]),
    ("webhook", delivered(502), ["failed"]),
    ("webhook", delivered(202), ["well"]),
    ("sandbox", well, ["caged|weaker|none"]),
    ("sandbox", env(OTTO_CAGE="scripted"), ["caged|weaker|none", "scripted"]),
    ("pages", well, ["local"]),
    ("pages", env(OTTO_PAGES="off"), ["off"]),
    ("pages", lambda scene: env(OTTO_PUBLIC_URL=scene.beside)(scene), ["local"]),
    ("pages", lambda scene: env(OTTO_PUBLIC_URL=scene.url)(scene), ["odd"]),
    ("pages", env(OTTO_PUBLIC_URL=NOWHERE), ["unreachable"]),
]  # fmt: skip


@pytest.mark.slow  # some fifty looks, each with clients of its own
async def test_each_check_says_how_it_stands(open_scene: Any) -> None:
    """One host, put back after each case."""
    async with open_scene() as scene:
        environment, app = dict(scene.environment), scene.app.model_copy(deep=True)
        url, said = scene.stand_in.hub.courier.url, []
        for check, change, outcomes in CASES:
            change(scene)
            found = [one.outcome for one in await scene.found(check)]
            if not _fits(found, outcomes):
                said.append((check, outcomes, found))
            _put_back(scene, environment, app, url)

    assert not said


def _fits(found: list[str], wanted: list[str]) -> bool:
    """Each in its place; `a|b` is what a machine decides."""
    return len(found) == len(wanted) and all(
        one in any_of.split("|") for one, any_of in zip(found, wanted, strict=True)
    )


def _put_back(scene: Any, environment: dict[str, str], app: Any, url: str) -> None:
    scene.environment.clear()
    scene.environment.update(environment)
    scene.ahead = timedelta()
    scene.stand_in.hub.courier.url = url
    scene.world.accepted = scene.world.suspended_at = None
    scene.world.uninstalled = False
    scene.world.deliveries.clear()
    for name in ("permissions", "events", "hook_content_type"):
        setattr(scene.app, name, getattr(app, name))
    (scene.folder / ".env").unlink(missing_ok=True)
    sql("UPDATE alembic_version SET version_num = '0008'")(scene)
    sql("DELETE FROM workers")(scene)


def test_each_check_has_words_and_a_case() -> None:
    assert list(HOST_CHECKS) == list(HOST)
    assert {name for name, _, _ in CASES} | {"models"} == set(HOST)


@pytest.mark.slow  # the model's SDK alone takes seconds to load
async def test_models_are_asked_without_a_call_that_costs(open_scene: Any) -> None:
    async with open_scene() as scene:
        good = await scene.found("models")
        scene.environment["OTTO_REPOSITORY_DEFAULTS"] = "models: {coder: other-1}"
        unknown = await scene.found("models")
        scene.environment["ANTHROPIC_API_KEY"] = "sk-ant-api03-of-nobody"
        refused = await scene.found("models")
        del scene.environment["ANTHROPIC_API_KEY"]
        without = await scene.found("models")

    assert [one.outcome for one in good] == ["elsewhere", "there"], good
    assert [one.outcome for one in unknown] == ["elsewhere", "no_price", "refused"]
    assert [one.outcome for one in refused] == ["elsewhere", "no_price", "refused", "refused"]
    assert [one.outcome for one in without] == ["elsewhere", "no_price", "no_key"]
    assert not wrong(good)
    assert wrong(without)


async def test_what_cannot_be_looked_at_is_never_well(open_scene: Any) -> None:
    """A check that gets no answer in time says so."""
    from otto_bot.doctor.running import examined

    async with open_scene() as scene, scene.host() as host:

        async def hangs(_host: Any) -> list[Any]:
            await host.shared.once("never", lambda: __import__("asyncio").sleep(60))
            return []

        async def breaks(_host: Any) -> list[Any]:
            raise ZeroDivisionError(scene.environment["ANTHROPIC_API_KEY"])

        found = await examined({"github": hangs, "clock": breaks}, host, host.redactor, seconds=0.05)

    assert [one.level for one in found] == ["unknown", "unknown"]
    assert "no answer within 0.05 s" in found[0].words
    assert "ZeroDivisionError" in found[1].words
    assert scene.environment["ANTHROPIC_API_KEY"] not in str(found)
