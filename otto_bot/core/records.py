"""What the harness saw itself while a model looked at a commit: a numbered record for each thing it did or was told."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Annotated

from pydantic import Field

from otto_bot.core.values import Frozen

RUN = "run"
"""The tool whose records are commands."""
STATE_CHARS = 2_000
"""Characters of a record's output that stay in the state of a run; the whole stands in the journal."""
_NAME = re.compile(r"(?<![A-Za-z0-9_])R([1-9][0-9]{0,3})(?![A-Za-z0-9_])")


class CommandRecord(Frozen):
    """One record; `number` counts from 1 within one examination. `what` is the command, path or pattern.

    `exit_code` is that of a command; None = it was killed, or this is no command. `error`: the tool gave no answer.
    `output` is redacted and bounded, exactly as the model saw it.
    """

    number: Annotated[int, Field(ge=1)]
    tool: Annotated[str, Field(max_length=64)]
    what: str
    exit_code: int | None = None
    output: str = ""
    timed_out: bool = False
    error: bool = False

    @property
    def ref(self) -> str:
        """How it is cited: `R3`."""
        return f"R{self.number}"

    @property
    def failed(self) -> bool:
        """Whether it shows only that something did not work: no exit code 0, or no answer at all."""
        if self.error or self.timed_out:
            return True
        return self.exit_code != 0 if self.tool == RUN else self.exit_code not in (None, 0)

    @property
    def ending(self) -> str:
        """How it ended, in a few words; empty where there is nothing to say."""
        if self.timed_out:
            return "stopped at its time limit"
        if self.exit_code is not None:
            return f"exit code {self.exit_code}"
        if self.error:
            return "gave no answer"
        return "killed" if self.tool == RUN else ""

    def brief(self, limit: int = STATE_CHARS) -> CommandRecord:
        """The record with at most about `limit` characters of output: head and tail stay, the cut is said."""
        return self.model_copy(update={"output": middle_cut(self.output, limit), "what": middle_cut(self.what, limit)})


def middle_cut(text: str, limit: int) -> str:
    """Text of at most about `limit` characters: head and tail stay, the cut is said."""
    if len(text) <= limit:
        return text
    head, tail = limit * 2 // 3, limit // 3
    return f"{text[:head]}\n[… {len(text) - head - tail} characters cut …]\n{text[-tail:]}"


def numbers_in(text: str) -> tuple[int, ...]:
    """Numbers of the records that a sentence names (`R3`), each once, in order."""
    return tuple(dict.fromkeys(int(number) for number in _NAME.findall(text)))


def by_number(records: Iterable[CommandRecord]) -> dict[int, CommandRecord]:
    """Records by their numbers."""
    return {record.number: record for record in records}
