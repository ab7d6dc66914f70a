"""Journeys as one command a step, for where only Actions can run them; and what its log shows of each."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from otto_bot.core.journeys import JourneyReport, JourneyResult, StepResult
from otto_bot.core.plan import Journey
from otto_bot.core.records import RUN, CommandRecord
from otto_bot.core.values import Frozen

INPUT_CHARS = 60_000
"""Characters of the workflow's input; GitHub takes 65,535 for all inputs together."""
STEP_SECONDS = 180
MARK = "otto-journeys"
OUTPUT_CHARS = 2_000
_STAMP = re.compile(r"^\ufeff?\d{4}-\d\d-\d\dT[\d:.]+Z ?")
_EMPTY = re.compile(r"(?:true|:|exit(?: +0)?|sleep +[\d.]+|(?:echo|printf)\b[^|&;<>$`]*)")
_STRICT = re.compile(r"^\s*set +-[a-z]*e", re.MULTILINE)
"""With it a script ends where a command fails, whatever its last line is."""
_MASKED = re.compile(r"(?:\|\| *(?:true|:|exit +0)|; *(?:true|:|exit +0)|&)\s*$")

Command = Annotated[str, Field(min_length=1, max_length=2000)]


class ScriptStep(Frozen):
    """The command that does one step, and ends with 0 exactly where the step is as it should be."""

    id: Annotated[str, Field(pattern=r"^j[1-9]\.s[1-9][0-9]?$")]
    command: Command


class Script(Frozen):
    """What Actions runs: `setup` once at the beginning, then every step."""

    setup: Annotated[tuple[Command, ...], Field(max_length=10)] = ()
    steps: tuple[ScriptStep, ...]

    def to_input(self, nonce: str) -> str:
        """The input of the workflow, as JSON on one line."""
        setup = [{"id": f"setup.{number}", "command": command} for number, command in enumerate(self.setup, 1)]
        steps = [*setup, *(step.model_dump() for step in self.steps)]
        return json.dumps({"nonce": nonce, "seconds": STEP_SECONDS, "steps": steps}, separators=(",", ":"))

    def commands(self) -> dict[str, str]:
        """Every command by its name, in the order they run in."""
        setup = {f"setup.{number}": command for number, command in enumerate(self.setup, 1)}
        return setup | {step.id: step.command for step in self.steps}


def script_problems(journeys: Sequence[Journey], script: Script) -> tuple[str, ...]:
    """Why a script shows nothing: steps missing or invented, commands that always or never say the same."""
    wanted = [name for journey in journeys for name in journey.step_ids]
    said = [step.id for step in script.steps]
    found = []
    if said != wanted:
        found.append(f"the steps are {', '.join(wanted)}: each once and in this order")
    for name, command in script.commands().items():
        last = command.strip().splitlines()[-1].strip() if command.strip() else ""
        if name.startswith("setup."):
            continue
        if _EMPTY.fullmatch(command.strip()) or not last:
            found.append(f"{name}: the command does nothing of what the step says")
        elif _MASKED.search(last) or (_EMPTY.fullmatch(last) and not _STRICT.search(command)):
            found.append(f"{name}: its exit code says nothing: `{last[-60:]}`")
    if len(script.to_input("0" * 16)) > INPUT_CHARS:
        found.append(f"all commands together have more than {INPUT_CHARS} characters")
    return tuple(found)


class _Block(Frozen):
    name: str
    lines: tuple[str, ...]
    code: int | None
    late: bool


def read_log(journeys: Sequence[Journey], script: Script, log: str, nonce: str) -> JourneyReport | str:
    """The report that a job's log gives, or in words why it gives none.

    Output of commands stands behind `| `, so that it can look like no mark. Marks that do not come each once and in
    order are not believed.
    """
    blocks = _blocks(log, nonce)
    if isinstance(blocks, str):
        return blocks
    commands = script.commands()
    failed_setup = next((b for b in blocks if b.name.startswith("setup.") and b.code != 0), None)
    if failed_setup is not None:
        return f"the set-up failed: `{commands.get(failed_setup.name, '')[:200]}` ({_how(failed_setup)})"
    records = {
        block.name: CommandRecord(
            number=number, tool=RUN, what=commands.get(block.name, ""), exit_code=block.code, timed_out=block.late,
            output="\n".join(block.lines),
        ).brief(OUTPUT_CHARS)
        for number, block in enumerate(blocks, 1)
    }  # fmt: skip
    if list(records) != list(commands):
        missing = [name for name in commands if name not in records] or ["what was asked for"]
        return f"the log does not show {missing[0]} as it was asked for"
    results = tuple(_result(journey, records) for journey in journeys)
    steps = {name: record for name, record in records.items() if not name.startswith("setup.")}
    return JourneyReport(journeys=results, records=tuple(steps.values()))


def _result(journey: Journey, records: dict[str, CommandRecord]) -> JourneyResult:
    """Every step was run: none is out of reach."""
    steps = []
    for name in journey.step_ids:
        record = records[name]
        ending = "its time limit" if record.timed_out else f"exit code {record.exit_code}"
        if record.failed:
            seen = f"its command ended with {ending}"
            steps.append(StepResult(id=name, status="failed", seen=seen, refs=(record.ref,)))
        else:
            steps.append(StepResult(id=name, status="passed", refs=(record.ref,)))
    return JourneyResult(id=journey.id, steps=tuple(steps))


def _how(block: _Block) -> str:
    return "time limit" if block.late else f"exit code {block.code}"


def _blocks(log: str, nonce: str) -> list[_Block] | str:
    begin, end, done = (f"{MARK} {nonce} {word}" for word in ("begin", "end", "done"))
    found: list[_Block] = []
    lines: list[str] = []
    name, over = "", False
    for raw in log.split("\n"):
        line = _STAMP.sub("", raw.rstrip("\r"))
        words = line.split()
        if over and line.startswith(f"{MARK} {nonce}"):
            return "the log goes on after its end"
        if line.startswith(f"{begin} ") and len(words) == 4:
            if name:
                return f"{name[:20]} has no end in the log"
            name, lines = words[3], []
        elif line.startswith(f"{end} ") and len(words) == 5:
            if words[3] != name or not re.fullmatch(r"timeout|-?\d{1,5}", words[4]):
                return "ends and beginnings in the log do not fit"
            late = words[4] == "timeout"
            found.append(_Block(name=name, lines=tuple(lines), code=None if late else int(words[4]), late=late))
            name = ""
        elif line == done:
            over = True
        elif name and line.startswith("| "):
            lines.append(line[2:])
    if name or not over:
        return "the log has no end: the job was stopped" if found or name else "the log shows no step"
    return found if len({block.name for block in found}) == len(found) else "a step stands twice in the log"
