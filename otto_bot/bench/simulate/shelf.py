"""The repository's learnings in the simulated world: proposed, accepted, forgotten."""

from __future__ import annotations

import random
from datetime import datetime

from otto_bot.core import events as e
from otto_bot.core.events import RunEvent
from otto_bot.core.learning_uses import Use, proposed_at, unwritten
from otto_bot.core.learnings import GateLearning, LearningStatus, OrderAnswer, Standing
from otto_bot.core.run import Run


class Shelf:
    """What is known of the repository, by number."""

    def __init__(self) -> None:
        self._kept: dict[int, tuple[LearningStatus, str]] = {}

    def proposed(self, dice: random.Random) -> tuple[GateLearning, ...]:
        """A decision's learning: new, or one that was proposed before."""
        number = dice.randint(1, 3)
        status, by = self._kept.setdefault(number, (LearningStatus.PROPOSED, ""))
        return (GateLearning(index=0, number=number, status=status, by=by),)

    def tellable(self, number: int) -> bool:
        """Whether a coder may be told."""
        return self._kept.get(number, (LearningStatus.PROPOSED, ""))[0] is not LearningStatus.FORGOTTEN

    def written(self, run: Run, at: datetime) -> RunEvent:
        """What a run used and what people ordered is written down."""
        new, answers = unwritten(run), []
        for key, use in new.items():
            number = int(key[1:].split("/")[0])
            if use == Use.HELPED and proposed_at(run, number) and self.tellable(number):
                self._kept[number] = (LearningStatus.ACCEPTED, f"helped: run {run.id} t1 a2")
        for order in run.learning_orders:
            keep = order.given.command.verb == "keep"
            status = LearningStatus.ACCEPTED if keep else LearningStatus.FORGOTTEN
            self._kept[int(order.given.command.learning[1:])] = (status, "@anna")
            answers.append(OrderAnswer(number=order.number, key="learning_kept", detail=""))
        standing = tuple(Standing(number=n, status=status, by=by) for n, (status, by) in self._kept.items())
        return e.LearningsWritten(at=at, uses=new, answers=tuple(answers), standing=standing)
