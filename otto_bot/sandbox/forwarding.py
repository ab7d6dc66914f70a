"""How a command in the cage reaches the proxy outside of it: see `forward`, which runs beside it."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

FORWARDER = Path(__file__).with_name("forward.py")
INSIDE = Path("/etc/otto-forward.py")
SOCKET = Path("/etc/otto-egress.sock")
PORT = 3128


def forwarded(argv: Sequence[str]) -> list[str]:
    """The argv that runs `argv` with a listener on the cage's loopback beside it."""
    return [sys.executable, "-I", "-S", str(INSIDE), str(SOCKET), str(PORT), "--", *argv]
