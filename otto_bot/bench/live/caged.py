"""A check of what a model wrote: on a checkout of the commit, inside the cage, each tree once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from otto_bot.bench.checks import MAX_LINES, SECONDS, Checked, printed
from otto_bot.git.mirror import Mirror
from otto_bot.git.workspace import Workspace
from otto_bot.sandbox.cage import Cage, Runs, Way, python_paths
from otto_bot.sandbox.result import Limits, Result


def plain_environment() -> dict[str, str]:
    """The running interpreter first on the path, and nothing that makes two runs of one check differ."""
    path = f"{python_paths()[0] / 'bin'}:/usr/local/bin:/usr/bin:/bin"
    return {"PATH": path, "LC_ALL": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1", "PYTHONHASHSEED": "0"}


@dataclass(frozen=True)
class EquippedCage:
    """A cage that always shows some paths and sets some variables."""

    cage: Cage
    shown: tuple[Path, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)

    async def run(
        self,
        command: str,
        *,
        workdir: Path,
        timeout: float,  # noqa: ASYNC109 - as the cage's
        limits: Limits | None = None,
        env: Mapping[str, str] | None = None,
        readonly: Iterable[Path] = (),
        home: Path | None = None,
        way: Way | None = None,
    ) -> Result:
        """As `Cage.run`; the variables of this cage go before those that are given."""
        return await self.cage.run(
            command, workdir=workdir, timeout=timeout, limits=limits, env={**(env or {}), **self.env},
            readonly=(*readonly, *self.shown), home=home, way=way,
        )  # fmt: skip


@dataclass
class CagedChecks:
    """Set-up and check of one repository, without network. The same tree is run once, for every arm and repeat."""

    cage: Runs
    command: str
    root: Path
    setup: str = ""
    seconds: float = SECONDS
    known: dict[str, Checked] = field(default_factory=dict)
    """Tree → result; may be shared by all runs of a repository."""
    numbers: count[int] = field(default_factory=lambda: count(1))

    async def at(self, mirror: Mirror, sha: str) -> Checked:
        """What the check says of a commit. A set-up that fails is the result."""
        tree = (await mirror.git("rev-parse", f"{sha}^{{tree}}")).text
        if tree not in self.known:
            found = await self._run(mirror, sha)
            self.known.setdefault(tree, found)
        return self.known[tree]

    async def _run(self, mirror: Mirror, sha: str) -> Checked:
        self.root.mkdir(parents=True, exist_ok=True)
        workspace = await Workspace.open(mirror, sha, self.root / f"check-{next(self.numbers)}")
        try:
            if self.setup:
                prepared = await self._command(workspace, self.setup)
                if not prepared.green:
                    return prepared
            return await self._command(workspace, self.command)
        finally:
            await workspace.remove()

    async def _command(self, workspace: Workspace, command: str) -> Checked:
        result = await self.cage.run(
            f"set -e\n{command}", workdir=workspace.path, timeout=self.seconds, env=plain_environment(),
            readonly=(*python_paths(), *workspace.readable),
        )  # fmt: skip
        lines = printed(result.output, workspace.path)
        if result.timed_out:
            return Checked(124, (*lines[: MAX_LINES - 1], f"the check was killed after {self.seconds:g} s"))
        return Checked(result.exit_code, lines)
