"""The steps of a leg without act: `run:` scripts one after another in a shell, told in act's own words.

For scenarios whose workflows are a checkout and a few commands: act takes longer to start than such a job takes. A
step that needs more than that (an action other than the checkout, an `if:`, a shell of its own) is refused, by name.
"""

import re
import shlex
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from otto_bot.playground.actions import process
from otto_bot.playground.actions.process import ProcessEnd
from otto_bot.playground.actions.steps import StepPlan

CHECKOUT = "actions/checkout@"
PLAIN = frozenset({"name", "id", "run", "uses", "env", "with"})

Feed = Callable[[Mapping[str, Any]], None]
Wrap = Callable[[Sequence[str], Mapping[str, str]], AbstractContextManager[tuple[list[str], tuple[int, ...]]]]


def refused(job: Mapping[str, Any], plans: Sequence[StepPlan]) -> str | None:
    """Why these steps need act; None where a shell is enough."""
    for plan, step in zip(plans, job["steps"], strict=True):
        more = sorted(set(step) - PLAIN)
        if more:
            return f"`{plan.name}` has `{more[0]}`, which `runner: shell` does not know; use `runner: act`"
        if plan.uses is not None and not plan.uses.startswith(CHECKOUT):
            return f"`{plan.uses}` is no checkout, and `runner: shell` knows no other action; use `runner: act`"
    return None


_PLAIN_WORDS = re.compile(r"[\w./:,+=@%' \"-]*")


def spoken(script: str) -> tuple[tuple[str, ...], int] | None:
    """What a script of nothing but `echo WORDS`, `true`, `:` and `exit N` says, and its exit code; None for any other.

    A matrix of hundreds of jobs would need hundreds of shells for it.
    """
    said: list[str] = []
    for line in script.splitlines():
        if not _PLAIN_WORDS.fullmatch(line):
            return None
        try:
            words = shlex.split(line)
        except ValueError:
            return None
        match words:
            case [] | ["true"] | [":"]:
                continue
            case ["echo", *rest] if not (rest and rest[0].startswith("-")):
                said.append(" ".join(rest))
            case ["exit", number] if number.isdecimal() and int(number) < 256:
                return tuple(said), int(number)
            case _:
                return None
    return tuple(said), 0


def needs_nothing(plans: Sequence[StepPlan]) -> bool:
    """Whether no step needs a checkout or a process."""
    return all(plan.script is not None and spoken(plan.script) is not None for plan in plans)


async def run_steps(
    key: str, plans: Sequence[StepPlan], wrap: Wrap, env: Mapping[str, str], tree: Path, seconds: float, feed: Feed,
) -> ProcessEnd:  # fmt: skip
    """Every step until one fails. `wrap` puts a command into the cage; `feed` gets what act would have said."""
    failed: int | None = None
    for plan in plans:
        about = {"jobID": key, "stage": "Main", "stepID": [plan.id], "step": plan.name}
        if failed is not None:
            break
        feed({**about, "msg": f"⭐ Run Main {plan.name}"})
        if plan.script is None:
            feed({**about, "stepResult": "success"})
            continue
        known, on_line = spoken(plan.script), _lines(about, feed)
        if known is not None:
            for words in known[0]:
                on_line(words.encode())
            failed = known[1] or None
        else:
            variables = {**env, **plan.env}
            with wrap(["/bin/sh", "-e", "-c", f"exec 2>&1\n{plan.script}"], variables) as (line, handles):
                end = await process.run(
                    line, env=variables, cwd=tree, seconds=seconds, on_line=on_line, pass_fds=handles
                )
            if end.timed_out:
                return end
            failed = end.exit_code or None
        feed({**about, "stepResult": "failure" if failed else "success"})
        if failed:
            feed({**about, "level": "error", "msg": f"exitcode '{failed}': failure"})
    feed({"jobID": key, "jobResult": "failure" if failed else "success"})
    return ProcessEnd(0, timed_out=False, stderr="")


def _lines(about: Mapping[str, Any], feed: Feed) -> Callable[[bytes], None]:
    def on_line(raw: bytes) -> None:
        feed({**about, "raw_output": True, "msg": raw.decode("utf-8", "replace")})

    return on_line
