"""Why CI logs failed, as plain lines for a terminal: the sentence, the quoted lines, what Otto would do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from otto_bot.core.decision import Action, Move
from otto_bot.core.evidence import CLASS_OF, Cause, FailingTest, Failure, FailureClass
from otto_bot.text.decision_why import telling
from otto_bot.text.screen import Look, fitted, shown, wrapped
from otto_bot.text.words import CAUSES, CLASSES, count, several

TESTS_SHOWN = 20
NAMES_SHOWN = 12
FILES_SHOWN = 8
SIGNALS_SHOWN = 3

FIX: dict[FailureClass | None, str] = {
    FailureClass.CODE: "fix the code: a new attempt starts from these lines",
    FailureClass.ENVIRONMENT: (
        "mend the set-up in a new attempt where files of the repository say it; ask a person for the rest"
    ),
    FailureClass.INFRASTRUCTURE: "run the failed jobs again on the same commit",
    FailureClass.SPEC: "ask a person what is wanted",
    None: "have the pilot read these lines; ask a person if they do not tell either",
}
"""What is next where no rule has a single move for the cause."""
FIX_MOVES: dict[FailureClass | None, str] = {
    FailureClass.CODE: "fix",
    FailureClass.ENVIRONMENT: "fix",
    FailureClass.INFRASTRUCTURE: "rerun",
    FailureClass.SPEC: "ask",
    None: "ask",
}
"""The same in a word, for scripts."""


class Told(NamedTuple):
    """One log with its diagnosis.

    `ended` says by what it counts as failed, `move` is the rules' only move, `numbers` are those of the lines of each
    excerpt, `job_alone` is the source that goes without saying, `step` the failed step's name where it is known.
    """

    name: str
    ended: str
    failure: Failure
    move: Move | None = None
    numbers: Sequence[Sequence[int]] = ()
    job_alone: str = ""
    step: str = ""


Group = Sequence[Told]
"""Logs that failed for one reason; the first one is shown in full."""


def class_of(failure: Failure) -> FailureClass | None:
    """Whose problem it is; None where the log does not tell."""
    return failure.class_hint or CLASS_OF[failure.cause]


def step_of(failure: Failure) -> str:
    """The first quoted step; empty where steps are not known."""
    for excerpt in failure.excerpts:
        job, _, step = excerpt.source.partition(" · ")
        if excerpt.kind == "log" and step and job:
            return step
    return ""


def sentence(told: Told) -> str:
    """Cause, job, step and what: one sentence without a full stop."""
    failure = told.failure
    step = shown(told.step, 80)
    code = f" (exit code {failure.exit_code})" if failure.exit_code is not None else ""
    if failure.cause is Cause.UNKNOWN:
        return f"{f'Step {step}' if step else 'It'} failed, and the log does not tell why{code}"
    what, said = _what(failure), CAUSES[failure.cause]
    where = f", in step {step}" if step else ""
    return f"{said[:1].upper()}{said[1:]}{where}{f': {what}' if what else ''}{code}"


def _what(failure: Failure) -> str:
    tests = failure.failing_tests
    if tests:
        first = f"{shown(tests[0].id, 120)}{_said(tests[0])}"
        return first if len(tests) == 1 else f"{count(len(tests), 'test')}, first {first}"
    return shown(failure.detail or telling("\n".join(excerpt.text for excerpt in failure.excerpts)), 300)


def _said(test: FailingTest) -> str:
    message = next((line for line in test.message.splitlines() if line.strip()), "")
    return f": {shown(message, 200)}" if message else ""


def next_move(told: Told) -> tuple[str, str]:
    """What Otto would try: a word for scripts (rerun, fix, ask, hold), and a sentence without a full stop."""
    move, class_ = told.move, class_of(told.failure)
    if move is None:
        return FIX_MOVES[class_], FIX[class_]
    if move.action is Action.RERUN:
        return "rerun", "run the failed jobs again on the same commit"
    if move.action is Action.ASK:
        return "ask", f'ask a person: "{shown(move.question, 300)}"'
    if move.action is Action.HOLD:
        return "hold", "wait until the base commit is green"
    return "fix", f"start again: {shown(move.reason, 200)}"


def one_log(told: Told, look: Look, others: Sequence[str] = ()) -> list[str]:
    """A log's whole story. `others` are logs that failed for the same reason."""
    failure = told.failure
    class_ = class_of(failure)
    lines = [*wrapped(look.bold(shown(told.name, 300)), look), *wrapped(look.red(sentence(told)), look)]
    lines += _quotes(told, look)
    lines += _tests(failure.failing_tests, look)
    reasons = "; ".join(shown(signal, 120) for signal in failure.signals[:SIGNALS_SHOWN])
    word = CLASSES[class_] if class_ else "unknown"
    lines += ["", *_field("class", f"{word}{f', because {reasons}' if reasons else ''}", look)]
    if failure.suspected_files:
        files = [shown(file, 120) for file in failure.suspected_files[:FILES_SHOWN]]
        lines += _field("files", ", ".join(files) + _more(len(failure.suspected_files) - len(files)), look)
    lines += _field("next", f"Otto would {next_move(told)[1]}", look)
    lines += _field("ended", shown(told.ended, 200), look) if told.ended else []
    lines += _field("fingerprint", shown(failure.fingerprint, 40), look)
    if others:
        names = [shown(name, 200) for name in others[:NAMES_SHOWN]]
        lines += ["", f"The same in {count(len(others), 'other log')}:"]
        lines += [line for name in names for line in wrapped(f"  {name}", look, indent=4)]
        lines += [f"  {_more(len(others) - len(names)).strip(', ')}"] if len(others) > len(names) else []
    return lines


def summary(groups: Sequence[Group], left_out: Sequence[str], look: Look) -> list[str]:
    """Several logs at a glance, the most frequent reason first, then what was left out."""
    logs = sum(len(group) for group in groups)
    lines: list[str] = []
    if logs > 1:
        ways = "for one reason" if len(groups) == 1 else f"for {len(groups)} reasons"
        lines += [look.bold(f"{count(logs, 'log')} failed {ways}."), ""]
        for number, group in enumerate(groups, 1):
            class_ = class_of(group[0].failure)
            word = CLASSES[class_] if class_ else "unknown"
            text = f"{number}. {count(len(group), 'log')}, {word}: {sentence(group[0])}"
            lines += [fitted(text, look)]
        lines += [""] if left_out else []
    return [*lines, *(line for note in left_out for line in wrapped(look.dim(note), look))]


def nothing_failed(passed: int, look: Look) -> list[str]:
    """No log of a failure was among those given."""
    return wrapped(
        f"Nothing failed: {count(passed, 'log')} of {'a passed job' if passed == 1 else 'passed jobs'}.", look
    )


def left_out(passed: Sequence[str], cancelled: Sequence[str], notes: Sequence[str]) -> list[str]:
    """What is not explained, and why not."""
    said: list[str] = []
    if passed:
        said.append(f"Left out: {count(len(passed), 'job')} that passed.")
    if cancelled:
        names = several([shown(name.rpartition(" · ")[2], 80) for name in cancelled[:4]])
        said.append(
            f"Left out: {count(len(cancelled), 'job')} that the run cancelled when another one failed ({names}"
            f"{_more(len(cancelled) - 4)})."
        )
    return [*said, *(f"Note: {shown(note, 400)}" for note in notes[:NAMES_SHOWN])]


def _tests(tests: Sequence[FailingTest], look: Look) -> list[str]:
    if not tests:
        return []
    lines = ["", look.bold(f"{count(len(tests), 'failing test')}:")]
    for test in tests[:TESTS_SHOWN]:
        place = f"({shown(test.file, 160)}{f':{test.line}' if test.line else ''})" if test.file else ""
        lines += wrapped(f"  {shown(test.id, 300)} {look.dim(place)}".rstrip(), look, indent=4)
        message = _said(test).removeprefix(": ")
        frames = [frame for frame in test.frames if frame != f"{test.file}:{test.line}"]
        said = [message, *(look.dim(f"at {shown(frame, 200)}") for frame in frames)]
        lines += [line for part in said if part for line in wrapped(f"      {part}", look, indent=8)]
    left = len(tests) - TESTS_SHOWN
    return [*lines, f"  {_more(left).strip(', ')}"] if left > 0 else lines


def _quotes(told: Told, look: Look) -> Iterator[str]:
    """Each line behind its number in the original; a head line where a quote comes from somewhere else."""
    gutter = max((len(str(number)) for numbers in told.numbers for number in numbers), default=1)
    source = None
    for place, excerpt in enumerate(told.failure.excerpts):
        where = excerpt.source if excerpt.kind == "log" else excerpt.place
        if where != source:
            yield ""
            source = where
            if source != told.job_alone:
                yield from wrapped(look.dim(f"{shown(source, 200)}:"), look)
        else:
            yield look.dim(f"  {'…':>{gutter}}")
        numbers = told.numbers[place] if place < len(told.numbers) else ()
        for line, text in enumerate(excerpt.text.split("\n")):
            number = str(numbers[line]) if line < len(numbers) else ""
            yield from look.quoted(f"  {number:>{gutter}} | ", shown(text, 2000, keep_spaces=True))


def _field(name: str, text: str, look: Look) -> list[str]:
    return wrapped(f"{look.dim(f'{name}:')} {text}", look, indent=2)


def _more(left: int) -> str:
    return f", and {left} more" if left > 0 else ""
