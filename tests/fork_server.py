"""A process that has imported everything and forks the bot, the stand-in and the model: the same code, started at once.

`python fork_server.py SOCKET`. A request is one JSON object with three descriptors (standard input, output,
error); the child begins a session of its own, so that it and its children are one group to be killed. On the same
connection come `{"pid": …}` and, when it ended, `{"exit": …}`. The server has one thread and no event loop, and ends
when the socket's folder is gone or its parent has died.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import select
import signal
import socket
import sys
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

MAX_REQUEST = 1024 * 1024
LOOK_SECONDS = 5.0


def load_everything() -> None:
    """Imports what the processes would import. None of it may start a thread."""
    import alembic.command
    import alembic.config
    import dbos
    import githubkit

    import otto_bot.cli
    import otto_bot.playground.__main__
    import otto_bot.playground.actions.service
    import otto_bot.playground.github.main
    import otto_bot.playground.model_server
    import otto_bot.serve
    import otto_bot.worker
    from otto_bot.model.client import warm

    assert alembic.command
    assert alembic.config
    assert githubkit.AppAuthStrategy
    assert githubkit.TokenAuthStrategy
    assert dbos.DBOS
    assert otto_bot.playground.actions.service
    warm()


def serve(path: Path) -> None:
    """Forks until the socket is removed or nobody is left to ask for it."""
    load_everything()
    gc.collect()
    gc.freeze()
    parent = os.getppid()
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(str(path))
    listener.listen(16)
    wake, ring = os.pipe()
    os.set_blocking(ring, False)
    signal.set_wakeup_fd(ring)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    children: dict[int, socket.socket] = {}
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    while path.exists() and os.getppid() == parent:
        readable, _, _ = select.select([listener, wake], [], [], LOOK_SECONDS)
        if wake in readable:
            os.read(wake, 4096)
            _reap(children)
        if listener in readable:
            connection, _ = listener.accept()
            _start(connection, children, [listener, *children.values()], (wake, ring))
    for pid in children:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)


def _reap(children: dict[int, socket.socket]) -> None:
    while children:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            return
        connection = children.pop(pid, None)
        if connection is not None:
            _tell(connection, {"exit": os.waitstatus_to_exitcode(status)})
            connection.close()


def _tell(connection: socket.socket, line: dict[str, int]) -> None:
    with contextlib.suppress(OSError):
        connection.sendall(json.dumps(line).encode() + b"\n")


def _start(
    connection: socket.socket, children: dict[int, socket.socket], ours: Sequence[socket.socket], pipe: tuple[int, int]
) -> None:
    raw, descriptors, _, _ = socket.recv_fds(connection, MAX_REQUEST, 3)
    while not raw.endswith(b"\n"):
        raw += connection.recv(MAX_REQUEST)
    request = json.loads(raw)
    pid = os.fork()
    if pid:
        for descriptor in descriptors:
            os.close(descriptor)
        children[pid] = connection
        _tell(connection, {"pid": pid})
        return
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    for one in (*ours, connection):
        one.close()
    for number in pipe:
        os.close(number)
    os.setsid()
    for number, descriptor in enumerate(descriptors):
        os.dup2(descriptor, number)
        os.close(descriptor)
    os.environ.clear()
    os.environ.update(request["env"])
    _leave(lambda: run(request["argv"]))


def _leave(work: Callable[[], int]) -> None:
    """Ends this process with what the work returns; it never goes back into the server's loop."""
    code = 1
    try:
        code = work()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    except BaseException:  # noqa: BLE001 - the log has it, and the exit code says it
        traceback.print_exc()
    finally:
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(OSError, ValueError):
                stream.flush()
        os._exit(code)


def run(argv: list[str]) -> int:
    """What `python -m MODULE …` would do; the bot's worker is a child beside its web process, in one group.

    `PRESET_OFF` lists changes of the product's functions, for this process and its children.
    """
    from otto_bot.bench.simulate.planting import Change, in_place

    with contextlib.ExitStack() as changed:
        for given in json.loads(os.environ.get("PRESET_OFF", "[]")):
            changed.enter_context(in_place(Change(**given)))
        return _run(argv[0], argv[1:])


def _run(module: str, arguments: list[str]) -> int:
    sys.argv = [module, *arguments]
    if module == "otto_bot.playground":
        from otto_bot.playground.__main__ import main as playground

        return playground(arguments)
    if arguments[0] == "serve":
        _migrate()
        if "--no-worker" not in arguments:
            _fork_worker()
            arguments = ["serve", "--no-worker", *arguments[1:]]
    return _bot(arguments)


def _migrate() -> None:
    """As `serve` does it: before there is a worker."""
    from otto_bot.settings import read_store_settings
    from otto_bot.store.database import migrate, open_database

    engine = open_database(read_store_settings(os.environ).database)
    migrate(engine)
    engine.dispose()


def _fork_worker() -> None:
    theirs, ours = os.pipe()
    if os.fork():
        os.close(theirs)
        os.set_inheritable(ours, False)
        return
    os.close(ours)
    os.dup2(theirs, 0)
    os.close(theirs)
    _leave(lambda: _bot(["worker", "--with-parent"]))


def _bot(arguments: list[str]) -> int:
    from otto_bot.cli import main

    if arguments[0] == "worker":
        _count_commits(os.environ)
    return main(arguments)


def _count_commits(environment: Any) -> None:
    """`CRASH_COMMITS` is a file that gets a byte a commit; at the one numbered `CRASH_AT` our group is killed."""
    path = environment.get("CRASH_COMMITS")
    if not path:
        return
    import sqlalchemy as sa
    from sqlalchemy.engine.default import DefaultDialect

    wanted, when = int(environment.get("CRASH_AT", "0")), environment.get("CRASH_WHEN", "before")
    counter = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    real = DefaultDialect.do_commit
    assert sa

    def commit(self: DefaultDialect, connection: Any) -> None:
        os.write(counter, b".")
        number = os.fstat(counter).st_size
        if number == wanted and when == "before":
            os.killpg(0, signal.SIGKILL)
        real(self, connection)
        if number == wanted and when == "after":
            os.killpg(0, signal.SIGKILL)

    DefaultDialect.do_commit = commit  # type: ignore[method-assign]


if __name__ == "__main__":
    serve(Path(sys.argv[1]))
