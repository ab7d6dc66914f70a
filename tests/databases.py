"""Databases for tests: SQLite in a file, and PostgreSQL on a server that the first test that needs it starts.

One server for all processes of a test run: Debian's package, or the one that OTTO_TEST_POSTGRES_URL names (its user
must be allowed to make databases). It ends with the test run, also when that is killed: a watcher of its own looks at
the process that began it. Each test has a database of its own, copied from one with the newest schema.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import socket
import subprocess
import tempfile
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import pytest
import sqlalchemy as sa
from _pytest.mark import ParameterSet

from otto_bot.store import tables as t
from otto_bot.store.database import migrate, normal_url, open_database

GIVEN = "OTTO_TEST_POSTGRES_URL"
BACKEND = "OTTO_TEST_BACKEND"
FOLDER = "OTTO_TEST_POSTGRES_FOLDER"
OWNER = "OTTO_TEST_POSTGRES_OWNER"
BACKENDS = ("sqlite", "postgresql")
TEMPLATE = "otto_template"
SCHEMA = sa.text(
    "SELECT (SELECT max(version_num) FROM public.alembic_version),"
    " (SELECT count(*) FROM information_schema.columns WHERE table_schema = 'public'),"
    " (SELECT count(*) FROM pg_indexes WHERE schemaname = 'public')"
)
START_SECONDS = 60
WATCHER = """
(
while kill -0 "$1" 2>/dev/null; do sleep 0.3; done
"$2" -D "$3/data" -m immediate -W stop >/dev/null 2>&1
rm -rf "$3"
) &
"""


class Missing(Exception):
    """There is no PostgreSQL here; the message says what to install."""


def chosen(*, slow: bool = True) -> list[ParameterSet]:
    """The databases to test on: OTTO_TEST_BACKEND names one, else both; `slow` = PostgreSQL in the slow suite."""
    one = os.environ.get(BACKEND, "")
    if one and one not in BACKENDS:
        raise ValueError(f"{BACKEND} must be one of {', '.join(BACKENDS)}")
    late = [pytest.mark.slow] if slow and not one else []
    marks = {"sqlite": [], "postgresql": late}
    return [pytest.param(name, marks=marks[name]) for name in BACKENDS if one in ("", name)]


def begin() -> None:
    """Called once, by the process that began the test run, before it starts others."""
    os.environ[OWNER] = str(os.getpid())
    os.environ[FOLDER] = str(Path(tempfile.gettempdir()) / f"otto-postgres-{os.getpid()}-{uuid.uuid4().hex[:8]}")


def server() -> str:
    """The URL of a database of the server from which others can be made. Raises Missing."""
    given = os.environ.get(GIVEN, "")
    folder = Path(os.environ[FOLDER])
    bin_folder = None if given else _binaries()
    folder.mkdir(mode=0o711, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        said = folder / "url"
        if said.exists():
            return said.read_text()
        if bin_folder is None:
            _watch(folder, "true")
            url = normal_url(given)
        else:
            url = _start(bin_folder, folder)
        _make_template(url)
        said.write_text(url)
        return url


def _binaries() -> Path:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]))
    if not found:
        raise Missing(f"no PostgreSQL: install Debian's package postgresql, or name a server in {GIVEN}")
    if os.geteuid() == 0 and shutil.which("setpriv") is None:
        raise Missing("PostgreSQL does not run as root, and there is no setpriv (package util-linux)")
    return found[-1].parent


def _unprivileged(argv: list[str]) -> list[str]:
    """PostgreSQL refuses to run as root: its package has made a user for it."""
    if os.geteuid() != 0:
        return argv
    return ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", *argv]


def _start(binaries: Path, folder: Path) -> str:
    data = folder / "data"
    data.mkdir(mode=0o700)
    if os.geteuid() == 0:
        shutil.chown(data, "postgres", "postgres")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    _watch(folder, str(binaries / "pg_ctl"))
    options = {
        "port": port, "listen_addresses": "127.0.0.1", "unix_socket_directories": "", "fsync": "off",
        "full_page_writes": "off", "max_connections": 300, "autovacuum": "off",
    }  # fmt: skip
    settings = " ".join(f"-c {name}='{value}'" for name, value in options.items())
    for argv in (
        ["initdb", "-D", str(data), "-U", "otto", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"],
        ["pg_ctl", "-D", str(data), "-l", str(data / "server.log"), "-w", "-o", settings, "start"],
    ):
        command = _unprivileged([str(binaries / argv[0]), *argv[1:]])
        # Not through a pipe: the server would hold it open. Its home may be nobody's.
        with (folder / "start.log").open("w") as log:
            done = subprocess.run(command, cwd="/", stdout=log, stderr=log, timeout=START_SECONDS, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"{argv[0]}: {(folder / 'start.log').read_text()}")
    return f"postgresql+psycopg://otto@127.0.0.1:{port}/postgres"


def _watch(folder: Path, control: str) -> None:
    """The server and its folder end when the process that began the tests has ended."""
    watch = ["sh", "-c", WATCHER, "otto-postgres-watcher", os.environ[OWNER], control, str(folder)]
    if os.geteuid() == 0 and control != "true":
        # pg_ctl does not run as root either; the folder is root's.
        script = WATCHER.replace('"$2"', 'setpriv --reuid=postgres --regid=postgres --clear-groups "$2"')
        watch[2] = script
    quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    subprocess.run(watch, cwd="/", start_new_session=True, check=True, **quiet)  # it goes on alone


def _make_template(url: str) -> None:
    with _admin(url) as c:
        c.execute(sa.text(f"DROP DATABASE IF EXISTS {TEMPLATE}"))
        c.execute(sa.text(f"CREATE DATABASE {TEMPLATE}"))
    engine = open_database(named(url, TEMPLATE))
    migrate(engine)
    engine.dispose()


@contextmanager
def _admin(url: str) -> Iterator[sa.Connection]:
    engine = sa.create_engine(url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with engine.connect() as connection:
        yield connection


def named(url: str, database: str) -> str:
    """The same server, another database."""
    return sa.make_url(url).set(database=database).render_as_string(hide_password=False)


class Pool:
    """Databases of this process: copying one takes a fifth of a second, emptying one takes a hundredth."""

    def __init__(self) -> None:
        self._clean: list[str] = []

    @contextmanager
    def take(self, url: str, *, empty: bool) -> Iterator[str]:
        """A database of its own on that server: with the newest schema, or empty."""
        name = self._clean.pop() if self._clean and not empty else _create(url, empty=empty)
        try:
            yield named(url, name)
        finally:
            if not empty and _emptied(url, name):
                self._clean.append(name)
            else:
                with _admin(url) as c:
                    c.execute(sa.text(f"DROP DATABASE {name} WITH (FORCE)"))


def _create(url: str, *, empty: bool) -> str:
    name = f"t{uuid.uuid4().hex[:16]}"
    with _admin(url) as c:
        c.execute(sa.text(f"CREATE DATABASE {name} TEMPLATE {'template0' if empty else TEMPLATE}"))
    return name


def _emptied(url: str, name: str) -> bool:
    """Take everything out of a database that a test has used; False where the test changed its schema."""
    with _admin(named(url, name)) as c:
        c.execute(
            sa.text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :n AND pid <> pg_backend_pid()"
            ),
            {"n": name},
        )
        try:
            if c.execute(SCHEMA).all() != _schema(url):
                return False
        except sa.exc.ProgrammingError:  # not even alembic's table is there
            return False
        c.execute(sa.text("DROP SCHEMA IF EXISTS dbos CASCADE"))
        for table in reversed(t.metadata.sorted_tables):
            c.execute(table.delete())
        for sequence in c.execute(
            sa.text("SELECT sequencename FROM pg_sequences WHERE schemaname = 'public'")
        ).scalars():
            c.execute(sa.text(f"ALTER SEQUENCE {sequence} RESTART"))
    return True


@cache
def _schema(url: str) -> Sequence[sa.Row[tuple[str, int, int]]]:
    with _admin(named(url, TEMPLATE)) as c:
        return c.execute(SCHEMA).all()
