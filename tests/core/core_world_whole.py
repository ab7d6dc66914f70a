"""Everything at once: each kind of run, journeys in both ways, reviews, edits, tight means, events that come twice."""

from __future__ import annotations

import random
import re

from core_world import ENDING, MEDDLING, MONEY, World
from core_world_outer import with_journeys
from core_world_plans import any_config, random_plan

from otto_bot.core.config import HostCaps
from otto_bot.core.effects import EffectKind
from otto_bot.core.reviewing import told_by
from otto_bot.core.run import Run
from otto_bot.core.surfaces import surfaces
from otto_bot.text.check import attempt_check, run_check
from otto_bot.text.decision import decision_comment
from otto_bot.text.journeys import journeys_comment
from otto_bot.text.links import Links
from otto_bot.text.pull import pull_body
from otto_bot.text.status import status_comment

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


def whole(seed: int, kind: type[World] = World) -> World:
    """One life with anything in it; the seed says what."""
    dice = random.Random(f"whole/{seed}")
    caps = HostCaps(usd=dice.choice([2, 5, 12, 50]), minutes=dice.choice([10, 1440, 1440]))
    words = (*MEDDLING, *(MONEY if dice.random() < 0.5 else ()), *(ENDING if dice.random() < 0.1 else ()))
    made = kind(
        kind=dice.choice(["build", "build", "build", "improve", "certify"]), seed=dice.randint(0, 10**9),
        plan=with_journeys(random_plan(dice)), config=any_config(dice, caps), trouble=dice.choice([0, 0.1, 0.3, 0.6]),
        meddle=dice.choice([0, 0.05, 0.15, 0.3]), kind_after=400, answers=80, caps=caps, words=words,
        ends=dice.random() < 0.12, reviews=dice.random() < 0.7, known=dice.random() < 0.7,
        again=dice.choice([0, 0, 0.05, 0.2]),
    )  # fmt: skip
    made.jobs.actions = dice.random() < 0.4
    return made


class Showing(World):
    """A world in which what people see is read whenever nothing more will be written, and must be how things are."""

    def __post_init__(self) -> None:
        self.written: dict[str, str] = {}
        super().__post_init__()

    def finish(self, hand: tuple) -> None:
        effect, before = hand
        count = self.run.shown_count.get(effect.target, 0)
        super().finish(hand)
        if effect.kind is EffectKind.SHOW and self.run.shown_count.get(effect.target, 0) == count + 1:
            self.written[effect.target] = words_of(before, effect.target, self)
        if effect.kind in (EffectKind.POST_DECISION, EffectKind.POST_JOURNEYS):
            told = ("gate/", "journeys/")
            self.written = {name: text for name, text in self.written.items() if not name.startswith(told)}

    def step(self) -> bool:
        writing = any(one.kind is EffectKind.SHOW for one in self.schedule) or any(
            "/show/" in k for k in self.run.trouble
        )
        if not writing and not self.in_hand and self.again == 0:
            for name in surfaces(self.run):
                if name in self.written:
                    now, then = words_of(self.run, name, self), self.written[name]
                    late = [line for line in then.splitlines() if line not in now.splitlines()]
                    assert now == then, f"{name} is shown as it was: {late[:3]}"
        return super().step()


def words_of(run: Run, surface: str, world: World) -> str:
    """What a surface says, without what passes."""
    text = _words(run, surface, world)
    for pattern in PASSING:
        text = re.sub(pattern, "", text)
    return text


def _words(run: Run, surface: str, world: World) -> str:
    kind, _, rest = surface.partition("/")
    if surface == "status":
        return status_comment(run, LINKS, world.now)
    if surface == "pull":
        return pull_body(run, LINKS, None)
    if surface == "check/run":
        return repr(run_check(run, LINKS))
    if kind == "check":
        key, _, attempt = rest.partition("/a")
        return repr(attempt_check(run, key, int(attempt), LINKS))
    if kind == "gate":
        return decision_comment(run, told_by(run)[surface], LINKS, world.now)
    if kind == "journeys":
        return journeys_comment(run, run.journeys[int(rest[1:]) - 1], LINKS, world.now)
    return ""
