"""The cage of a host, found when a worker starts: for a model's commands, and for our own readers of foreign files."""

from __future__ import annotations

import logging
from pathlib import Path

from otto_bot.core.enclosing import Enclose, plainly
from otto_bot.sandbox.bare import Bare
from otto_bot.sandbox.cage import Cage, Runs, Shared
from otto_bot.sandbox.result import Limits

log = logging.getLogger(__name__)


def host_cage(
    shown: tuple[Path, ...], hidden: tuple[Path, ...], room: int, *, scripted: bool
) -> tuple[Runs | None, Enclose | None]:
    """What runs commands, and what encloses readers; without a cage both are None, but in scripted scenarios.

    `room` are bytes that one work tree may hold. Nothing of the host is seen that is not in `shown`; what lies there
    and in `hidden` (state, keys) is hidden all the same.
    """
    probe = Cage.probe()
    if probe.ok:
        if probe.weaker:
            log.warning("the cage is weaker than it could be: %s", probe.reason)
        cage = probe.cage(Shared(shown, hidden, Limits(disk=room)))
        return cage, cage.enclosed
    if scripted:
        log.warning("commands run without a cage: %s", probe.reason)
        return Bare(probe.reason, i_accept="scripted playground only"), plainly
    log.warning("commands of models do not run, and maps of repositories have no definitions: %s", probe.reason)
    return None, None
