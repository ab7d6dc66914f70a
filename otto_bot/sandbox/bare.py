"""No cage: for the playground's shipped scenarios with scripted words, where bubblewrap cannot start.

Whatever a real model, a person or somebody else's repository had a say in must never run here.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Literal

from otto_bot.sandbox.cage import Way
from otto_bot.sandbox.groups import joined
from otto_bot.sandbox.result import Limits, Result
from otto_bot.sandbox.room import entered
from otto_bot.sandbox.supervise import shell_argv, supervise


class Bare:
    """Runs a command with the same interface as `Cage`, the same limits and no isolation at all.

    `reason` says why there is no cage; show it to the user. A process that detaches itself from its parents
    can outlive the command.
    """

    def __init__(self, reason: str, *, i_accept: Literal["scripted playground only"]) -> None:
        if i_accept != "scripted playground only":
            raise ValueError("running without a cage is for scripted playground scenarios only")
        self.reason = reason

    async def run(
        self,
        command: str,
        *,
        workdir: Path,
        timeout: float,  # noqa: ASYNC109 - the process must die with it, not only the wait
        limits: Limits | None = None,
        env: Mapping[str, str] | None = None,
        readonly: Iterable[Path] = (),  # noqa: ARG002 - everything is readable here
        home: Path | None = None,
        way: Way | None = None,  # noqa: ARG002 - the network is there
    ) -> Result:
        """Run a shell command in `workdir`, with an empty HOME and only `env` of the environment."""
        caps = limits or Limits()
        with tempfile.TemporaryDirectory(prefix="otto-home-") as scratch, joined(caps) as groups:
            own = str(home or scratch)
            base = {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": own, "TMPDIR": scratch, "LANG": "C.UTF-8"}
            room = await entered([workdir], caps)
            result = await supervise(
                [*groups.prefix, *shell_argv(command, room.allowed(caps))],
                timeout=timeout,
                limits=caps,
                env={**base, **(env or {})},
                cwd=workdir,
                room=room,
                groups=groups,
            )
            return room.told(result)
