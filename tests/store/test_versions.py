"""Old and new code on one database: tables only grow, and what newer code has written is left to it."""

import ast
from collections.abc import Callable
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

import pytest
import sqlalchemy as sa

from otto_bot.core import events as e
from otto_bot.core.config import HostCaps
from otto_bot.core.run import Run
from otto_bot.store import database
from otto_bot.store import tables as t
from otto_bot.store.ledger import Ledger, Trigger
from otto_bot.store.versions import CODE_VERSION, NewerVersion, number, shown

At = Callable[[float], datetime]
VERSIONS = Path(database.__file__).parent / "migrations" / "versions"


def test_the_version_of_the_code_is_the_packages() -> None:
    assert number(version("otto-bot")) == CODE_VERSION


@pytest.mark.parametrize(
    ("text", "value"), [("0.1.0", 1000), ("1.2.3", 1_002_003), ("2.0", 2_000_000), ("1.2.3.dev4+g1", 1_002_003)]
)
def test_versions_are_numbers_that_order(text: str, value: int) -> None:
    assert number(text) == value
    assert number(shown(value)) == value


def test_a_run_that_newer_code_wrote_is_neither_read_nor_written(
    engine: sa.Engine, ledger: Ledger, run: Run, trigger: Callable[..., Trigger], at: At
) -> None:
    newer = Ledger(engine, version=CODE_VERSION + 1)
    newer.append(run.id, [e.Refused(at=at(1), reason="no")], at(1))
    with engine.begin() as c:
        c.execute(t.runs.update().values(state='{"only newer code knows": 1}'))

    for touch in (
        lambda: ledger.load(run.id),
        lambda: ledger.append(run.id, [], at(2)),
        lambda: ledger.append(run.id, [e.Refused(at=at(1), reason="no")], at(2)),
    ):
        with pytest.raises(NewerVersion, match=r"run 1 was worked on by Otto 0\.1\.1, and this is 0\.1\.0"):
            touch()
    assert ledger.active_runs() == []
    assert newer.active_runs() == [run.id]
    with engine.begin() as c:
        assert c.execute(sa.select(t.runs.c.state)).scalar() == '{"only newer code knows": 1}'
        c.execute(t.runs.update().values(active=0))
    with pytest.raises(NewerVersion):
        ledger.start(trigger(key="label/2"), HostCaps(), at(3))


def test_what_older_code_wrote_goes_on_and_is_then_ours(engine: sa.Engine, run: Run, at: At) -> None:
    assert Ledger(engine, version=CODE_VERSION + 1).load(run.id) == run
    Ledger(engine, version=CODE_VERSION + 1).append(run.id, [], at(1))
    with pytest.raises(NewerVersion):
        Ledger(engine, version=CODE_VERSION).load(run.id)


def test_a_newer_schema_is_left_as_it_is(engine: sa.Engine, run: Run, at: At) -> None:
    with engine.begin() as c:
        c.execute(sa.text("ALTER TABLE runs ADD COLUMN colour VARCHAR(20) NOT NULL DEFAULT ''"))
        c.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))

    database.migrate(engine)

    assert database.schema_version(engine) == "9999"
    assert Ledger(engine).append(run.id, [e.Refused(at=at(1), reason="no")], at(1)).hold is not None


@pytest.mark.parametrize("path", sorted(VERSIONS.glob("v*.py")), ids=lambda path: path.stem)
def test_migrations_only_add(path: Path) -> None:
    """Code of the version before works on while a new one is deployed: no column goes, and none must be given."""
    tree = ast.parse(path.read_text())
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)]
    of_op = [call for call in calls if isinstance(call.func.value, ast.Name) and call.func.value.id == "op"]  # type: ignore[attr-defined]
    names = {call.func.attr for call in of_op if isinstance(call.func, ast.Attribute)}
    if "needs" in {
        call.func.id for call in ast.walk(tree) if isinstance(call, ast.Call) and isinstance(call.func, ast.Name)
    }:
        return  # it says itself that older code may not go on: `store/needs.py`
    assert names <= {"create_table", "create_index", "drop_index", "add_column", "get_bind"}, names
    for call in of_op:
        if isinstance(call.func, ast.Attribute) and call.func.attr == "add_column":
            words = ast.unparse(call.args[1])
            assert "server_default=" in words or "nullable=True" in words, words
