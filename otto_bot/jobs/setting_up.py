"""Install what a project needs, once for each workspace, in the cage, with a way out to named hosts alone."""

from __future__ import annotations

import asyncio
import logging
import shlex
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

from otto_bot.core.config import Project
from otto_bot.core.egress_hosts import Allowed
from otto_bot.git.workspace import Workspace
from otto_bot.sandbox.cage import Runs
from otto_bot.sandbox.egress import Egress, open_way
from otto_bot.sandbox.result import Result

log = logging.getLogger(__name__)

SETUP_SECONDS = 900.0
"""For all projects together."""
_TAIL = 4000
_PREPARE = 'export TMPDIR="$HOME/.tmp"; mkdir -p "$TMPDIR" "$HOME/.local/bin"\n'
# Neither the system's Python nor Otto's can be written to.
_VENV = (
    '[ -x "$HOME/venv/bin/python" ] || python3 -m venv "$HOME/venv" || echo "no virtual environment could be made"\n'
)


@dataclass(frozen=True)
class SetUp:
    """What a repository's settings say, and what this host lets it reach. `readonly` is shown besides."""

    projects: tuple[Project, ...]
    allowed: Allowed

    @property
    def wanted(self) -> bool:
        """Whether there is anything to run."""
        return any(project.setup.strip() for project in self.projects)

    async def once(
        self, cage: Runs, workspace: Workspace, readonly: Sequence[Path], env: dict[str, str], seconds: float
    ) -> str:
        """Run it unless it was run in this workspace; how it went, for whoever works there. Empty: nothing to run."""
        if not self.wanted:
            return ""
        workspace.home.mkdir(parents=True, exist_ok=True)
        if (known := await asyncio.to_thread(workspace.set_up)) is not None:
            return known
        words = await self._run(cage, workspace, readonly, env, min(seconds, SETUP_SECONDS))
        await asyncio.to_thread(workspace.was_set_up, words)
        return words

    async def _run(
        self, cage: Runs, workspace: Workspace, readonly: Sequence[Path], env: dict[str, str], seconds: float
    ) -> str:
        opened = open_way(self.allowed) if self.allowed.entries else nullcontext()
        async with opened as way:
            result = await cage.run(
                self._script(), workdir=workspace.path, timeout=seconds, env=env,
                readonly=readonly, home=workspace.home, way=way,
            )  # fmt: skip
        return said(self, result, way)

    def _script(self) -> str:
        """Every project's command where the project is; the first that fails ends it."""
        commands = [project for project in self.projects if project.setup.strip()]
        venv = _VENV if any("pip" in project.setup for project in commands) else ""
        lines = [f"(cd -- {shlex.quote(one.path or '.')} || exit\n{one.setup}\n) || exit" for one in commands]
        return f"{_PREPARE}{venv}" + "\n".join(lines)


def said(setup: SetUp, result: Result, way: Egress | None) -> str:
    """How a set-up went; what could not be reached is named so that a person can add it to a list."""
    good = result.exit_code == 0 and result.stopped_by is None
    how = "done" if good else f"failed: {result.stopped_by or f'exit code {result.exit_code}'}"
    lines = [f"[set-up by Otto, {result.seconds:.0f} s: {how}]"]
    refused = dict(way.refused) if way is not None else {}
    lines += [f"[set-up: not reached: {where}: {why}]" for where, why in sorted(refused.items())]
    lines += [f"[set-up: `{one}` is not on this host's list (OTTO_SETUP_HOSTS)]" for one in setup.allowed.outside]
    if refused:
        lines.append(
            "[set-up: a person can allow more hosts: OTTO_SETUP_HOSTS of Otto's host, then paths.setup_hosts of "
            ".github/otto.yml where it is set. Say so in your summary if the work suffers from it]"
        )
    if not good:
        log.warning("a set-up %s; not reached: %s", how, ", ".join(refused) or "nothing was refused")
        lines.append(result.output[-_TAIL:].strip())
    return "\n".join(line for line in lines if line)
