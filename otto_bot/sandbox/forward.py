"""Runs inside a cage: carries connections to a port of its loopback to the proxy's Unix socket, around one command.

Programs know proxies by address and port alone, and the cage's network has nothing but its own loopback. Called as
`forward.py SOCKET PORT -- ARGV...`; ends as the command ends. Standard library only, and nothing of the house.
"""

import contextlib
import signal
import socket
import subprocess
import sys
import threading

_CHUNK = 65536


def main(arguments: list[str]) -> int:
    """Listen first, so that the command never comes too early."""
    path, port, _, *command = arguments
    server = socket.create_server(("127.0.0.1", int(port)), backlog=128)
    threading.Thread(target=_serve, args=(server, path), daemon=True).start()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)
    code = subprocess.call(command)  # noqa: S603 - the command of the cage, in the cage
    return code if code >= 0 else 128 - code


def _serve(server: socket.socket, path: str) -> None:
    while True:
        inside, _ = server.accept()
        threading.Thread(target=_carry, args=(inside, path), daemon=True).start()


def _carry(inside: socket.socket, path: str) -> None:
    with inside, socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as outside:
        try:
            outside.connect(path)
        except OSError:
            return
        back = threading.Thread(target=_copy, args=(outside, inside), daemon=True)
        back.start()
        _copy(inside, outside)
        back.join()


def _copy(source: socket.socket, target: socket.socket) -> None:
    try:
        while chunk := source.recv(_CHUNK):
            target.sendall(chunk)
    except OSError:
        pass
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_WR)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
