"""What people read on the simulated GitHub, held against how things are, whenever nothing is on its way."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from otto_bot.bench.simulate.rules import hold
from otto_bot.core.reviewing import told_by
from otto_bot.core.run import Run
from otto_bot.core.surfaces import surfaces
from otto_bot.text.check import attempt_check, run_check
from otto_bot.text.decision import decision_comment
from otto_bot.text.journeys import journeys_comment
from otto_bot.text.links import Links
from otto_bot.text.pull import pull_body
from otto_bot.text.status import status_comment

if TYPE_CHECKING:
    from otto_bot.bench.simulate.world import World

LINKS = Links("https://github.com", "octo", "app")
PASSING = (
    r"(?s)<sub>.*?</sub>",
    r"\$[\d.]+",
    r"\d\d:\d\d",
    r"\]\(http[^)]*\)",
    r" ?\(?\[attempt \d+\)?",
    r"attempt \d+ of \d+",
    r"\*\*Waits\*\* until .*\n+",
    r"(?s)(Start|Reopen)(s|ing) (in|now)\b.*",
)
"""What a surface shows and is not written again for: money, clocks, where a check stands, past attempts' counts."""


class Eyes:
    """Reads every surface whenever nothing more will be written. Rendering is slow: only where it is asked for."""

    def __init__(self, world: World, reads: bool) -> None:
        self._world = world
        self._reads = reads and not world.life.faults.again and not world.life.jumps
        self._looked: Run | None = None
        self.written: dict[str, str] = {}

    def words(self, run: Run, surface: str) -> str:
        """What a surface says, without what passes; empty where nobody compares."""
        if not self._reads:
            return ""
        text = self._text(run, surface)
        for pattern in PASSING:
            text = re.sub(pattern, "", text)
        self.written[f"{run.id}/{surface}"] = text
        return text

    def look(self) -> None:
        """Raises Broken where a surface shows how things were."""
        run = self._world.ledger.newest if self._reads else None
        # While nothing can be written there, nothing is.
        if run is None or run is self._looked or run.bars or self._writing(run):
            return
        self._looked = run
        for name in surfaces(run):
            known = self.written.get(f"{run.id}/{name}")
            if known is None:
                continue
            now = self.words(run, name)
            late = [line for line in known.splitlines() if line not in now.splitlines()]
            hold(0, now == known, f"{name} is shown as it was: {late[:3]}")

    def _writing(self, run: Run) -> bool:
        kinds = ("show/", "decision/", "post-journeys/", "post-plan/")
        due = any(name.split("/", 2)[2].startswith(kinds) for name, _ in self._world.rows.open_rows())
        return due or any(f"/{kind}" in key for key in run.trouble for kind in kinds)

    def _text(self, run: Run, surface: str) -> str:
        kind, _, rest = surface.partition("/")
        now = self._world.clock.now
        if surface == "status":
            return status_comment(run, LINKS, now)
        if surface == "pull":
            return pull_body(run, LINKS, None)
        if surface == "check/run":
            return repr(run_check(run, LINKS))
        if kind == "check":
            key, _, attempt = rest.partition("/a")
            return repr(attempt_check(run, key, int(attempt), LINKS))
        if kind == "gate":
            return decision_comment(run, told_by(run)[surface], LINKS, now)
        if kind == "journeys":
            return journeys_comment(run, run.journeys[int(rest[1:]) - 1], LINKS, now)
        return ""
