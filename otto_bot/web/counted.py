"""What is read for whoever looks at insight or at the host: counted for what they may see, and kept for a minute."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Lock
from typing import NamedTuple

import sqlalchemy as sa

from otto_bot.core.insight import Counting
from otto_bot.core.insight_values import Insight
from otto_bot.core.insight_weeks import EstimatedRun, WeekInsight, Weeks, estimate_of, newest_estimated
from otto_bot.store.findings import Findings
from otto_bot.store.glances import Glances
from otto_bot.store.granted import Grants
from otto_bot.store.host_facts import HostFacts
from otto_bot.store.installations import Installations
from otto_bot.store.pressure import pressure
from otto_bot.store.run_pages import RunPages
from otto_bot.store.versions import CODE_VERSION, shown
from otto_bot.store.worker_rows import WorkerRows
from otto_bot.web.views.troubles import HostSeen

COUNTED = 300
"""Runs that are counted: reading one takes about a millisecond."""
FRESH = timedelta(seconds=60)
KEPT = 16
"""Countings that are kept: of so many repositories, or people who see other ones."""
MOST_GRANTS = 500
"""Installations of which the page shows what they granted."""
ESTIMATED = 20
"""Runs of which estimate and cost are shown one by one."""


class CountedRuns(NamedTuple):
    """What was counted over the newest `most` runs of a repository (empty = of all that may be seen)."""

    repo: str
    at: datetime
    most: int
    insight: Insight
    weeks: tuple[WeekInsight, ...]
    estimated: tuple[EstimatedRun, ...]


class Countings:
    """Counts at most once a minute for each repository and set of repositories that may be seen."""

    def __init__(self, engine: sa.Engine, now: Callable[[], datetime]) -> None:
        self._pages, self._now = RunPages(engine), now
        self._kept: OrderedDict[tuple[frozenset[int] | None, str], CountedRuns] = OrderedDict()
        self._counting = Lock()

    def of(self, repo_ids: frozenset[int] | None, repo: str) -> CountedRuns:
        """What holds of these repositories now, or held a minute ago."""
        now, key = self._now(), (repo_ids, repo.lower())
        with self._counting:
            known = self._kept.get(key)
            if known is None or not timedelta() <= now - known.at <= FRESH:
                known = self._kept[key] = self._counted(repo_ids, repo, now)
            self._kept.move_to_end(key)
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
            return known

    def _counted(self, repo_ids: frozenset[int] | None, repo: str, now: datetime) -> CountedRuns:
        """One run after the other: all of them at once would be 200 MB."""
        counting, by_week, said = Counting(), Weeks(), []
        for run in self._pages.newest(COUNTED, repo_ids, repo):
            counting.add(run)
            by_week.add(run)
            if (one := estimate_of(run)) is not None:
                said.append(one)
        return CountedRuns(repo, now, COUNTED, counting.result(), by_week.result(), newest_estimated(said, ESTIMATED))


def host_seen(engine: sa.Engine, repo_ids: frozenset[int] | None, now: datetime) -> HostSeen:
    """How the host stands; of installations only those with runs in these repositories (None = all)."""
    glances, facts = Glances(engine), HostFacts(engine)
    installations = facts.installations(now, repo_ids)
    doctor, grants = Findings(engine).last(), Grants(engine).all()
    if repo_ids is not None:
        # Who else uses this host is nobody's business who only sees some of its repositories.
        mine = {one.id for one in installations}
        grants = tuple(one for one in grants if one.id in mine)
        doctor = doctor._replace(findings=tuple(one for one in doctor.findings if one.check != "installations"))
    return HostSeen(
        deliveries=glances.deliveries(),
        effects=glances.effects(),
        pressure=pressure(engine, now),
        github=Installations(engine).totals(now),
        workers=WorkerRows(engine).all(),
        database=facts.database(),
        redelivered=facts.redelivered(),
        installations=installations,
        idle=RunPages(engine).nobody_works(now),
        version=shown(CODE_VERSION),
        doctor=doctor,
        grants=grants[:MOST_GRANTS],
        mirrors=facts.mirrors(),
    )
