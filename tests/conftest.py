"""What every test gets. With OTTO_CI=1 a skip is a failure: there everything that tests need was installed."""

from __future__ import annotations

import gc
import importlib.util
import os
import shutil
import sys
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack
from itertools import islice
from pathlib import Path

import pytest
from hypothesis import settings

from otto_bot.store.database import migrate, open_database


def _register(name: str) -> None:
    """Test folders are no packages: the module is loaded by path, once for all of them."""
    spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    assert spec is not None
    assert spec.loader is not None
    sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(sys.modules[name])


SHARED = (
    "collecting", "databases", "forks", "in_memory", "otlp", "played", "described", "deviations", "operations",
    "conformance",
)  # fmt: skip
for shared in SHARED:
    _register(shared)
import collecting  # noqa: E402
import conformance  # noqa: E402
import databases  # noqa: E402
import in_memory  # noqa: E402
from forks import ForkServer  # noqa: E402

ALLOWED = "platform:"  # a skip whose reason starts so is about the operating system, not about something missing

FAILURE_CHARACTERS = 600

LONG = 300
"""Seconds that a test may take, from which on it is a long one."""

# Two cores shared by all tests make single examples slow; whole tests are bounded by pytest-timeout.
# With OTTO_CI=1 the same examples are taken each time: what is new is looked for elsewhere.
settings.register_profile(
    "otto", deadline=None, print_blob=True, max_examples=50, derandomize=os.environ.get("OTTO_CI") == "1"
)
settings.load_profile("otto")


def _refuse_skip(report: pytest.TestReport | pytest.CollectReport) -> None:
    """Turn a skipped report into a failed one that names the reason."""
    if os.environ.get("OTTO_CI") != "1" or not report.skipped or hasattr(report, "wasxfail"):
        return
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    reason = reason.removeprefix("Skipped: ")
    if not reason.startswith(ALLOWED):
        report.outcome = "failed"
        report.longrepr = f"skipped although OTTO_CI=1: {reason}"


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A skipped test."""
    report = yield
    _refuse_skip(report)
    return report


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """A module that skips itself while it is collected."""
    report = yield
    _refuse_skip(report)
    return report


class _AsTheyCome:
    """Names each failure at once: a run that is stopped for its time has no summary."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        out = self._config.pluginmanager.getplugin("terminalreporter")
        if report.failed and out is not None:
            crash = getattr(report.longrepr, "reprcrash", None)
            words = str(crash.message if crash is not None else report.longrepr)
            out.ensure_newline()
            out.write_line(f"failed: {report.nodeid} ({report.when}): {words[:FAILURE_CHARACTERS]}")


def pytest_configure(config: pytest.Config) -> None:
    """Say where a PostgreSQL server of this test run belongs, before other processes are started."""
    gc.disable()  # until all test files are read: nearly nothing of them is garbage
    if not hasattr(config, "workerinput"):
        in_memory.choose(os.environ)
        databases.begin()
        conformance.begin(config)
        if os.environ.get("OTTO_CI") == "1":
            config.pluginmanager.register(_AsTheyCome(config))


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """A file without any test that this run selects."""
    return True if collecting.is_left_out(collection_path, config.option.markexpr) else None


def pytest_itemcollected(item: pytest.Item) -> None:
    """Before anything is left out."""
    collecting.check([item])


def pytest_collection_finish() -> None:
    """Every test file was read."""
    collecting.read()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What may take longest comes first: else the last minutes are one process's alone.

    It mostly waits, so that half of the processes begin with it while the others keep the cores busy.
    """
    count = int(getattr(config, "workerinput", {}).get("workercount", 1))
    long = sorted((item for item in items if _allowed(item) >= LONG), key=_allowed, reverse=True)
    rest = iter([item for item in items if _allowed(item) < LONG])
    share, first = -(-len(items) // count), (count + 1) // 2
    begin = [long[n::first] if n < first else [] for n in range(count)]
    items[:] = [item for mine in begin for item in (*mine, *islice(rest, max(share - len(mine), 0)))]


def _allowed(item: pytest.Item) -> float:
    """The seconds that its mark gives a test."""
    mark = item.get_closest_marker("timeout")
    return float(mark.args[0]) if mark is not None and mark.args else 0.0


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite database with the newest schema, to be copied."""
    path = tmp_path_factory.mktemp("database") / "template.sqlite"
    engine = open_database(f"sqlite:///{path}")
    migrate(engine)
    engine.dispose()
    return path


@pytest.fixture(scope="session")
def postgres_server() -> str:
    """The URL of a PostgreSQL server; without one the test is skipped with its reason."""
    try:
        return databases.server()
    except databases.Missing as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def forks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ForkServer]:
    """Starts parts of a playground: an interpreter of their own would take most of a small run's time."""
    one = ForkServer(tmp_path_factory.mktemp("forks"))
    one.start()
    yield one
    one.stop()


MakeDatabase = Callable[..., str]


@pytest.fixture(scope="session")
def postgres_pool() -> databases.Pool:
    """Databases that one test after the other uses."""
    return databases.Pool()


@pytest.fixture
def make_database(
    request: pytest.FixtureRequest, tmp_path: Path, sqlite_template: Path, postgres_pool: databases.Pool
) -> Iterator[Callable[..., str]]:
    """Makes a database of a backend and returns its URL: `make_database("postgresql", empty=True)`."""
    with ExitStack() as stack:

        def make(backend: str, *, empty: bool = False) -> str:
            if backend == "postgresql":
                url = request.getfixturevalue("postgres_server")
                return stack.enter_context(postgres_pool.take(url, empty=empty))
            path = tmp_path / "otto.sqlite"
            if not empty:
                shutil.copy(sqlite_template, path)
            return f"sqlite:///{path}"

        yield make


@pytest.fixture
def backend() -> str:
    """The database a test uses that is not about databases: SQLite, unless OTTO_TEST_BACKEND says otherwise."""
    return os.environ.get(databases.BACKEND) or "sqlite"


@pytest.fixture
def database_url(make_database: MakeDatabase, backend: str) -> str:
    """A database with the newest schema."""
    return make_database(backend)
