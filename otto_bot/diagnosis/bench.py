"""The room's real functions in the shapes that measurements call: text in, text out, nothing else."""

from __future__ import annotations

from otto_bot.core.evidence import FailureClass
from otto_bot.diagnosis.diagnose import read
from otto_bot.diagnosis.extract import excerpts
from otto_bot.diagnosis.fingerprint import fingerprint as fingerprint_of
from otto_bot.diagnosis.models import CheckedJob


def _job(text: str) -> CheckedJob:
    return CheckedJob(id=0, name="", conclusion="failure", log=text.encode("utf-8", "replace"))


def extract(text: str, budget: int) -> str:
    """The lines that say why the job failed, at most `budget` characters in all."""
    reading = read(_job(text))
    return "\n".join(item.text for item in excerpts([(reading.job, reading.found)], budget))[:budget]


def extract_with_pass(text: str, _passing: str, budget: int) -> str:
    """The same, with the log of a passing run of the job to compare with."""
    return extract(text, budget)


def classify(text: str) -> str:
    """`code`, `environment` or `infrastructure`."""
    hint = read(_job(text)).finding.class_hint
    return hint.value if hint in (FailureClass.ENVIRONMENT, FailureClass.INFRASTRUCTURE) else "code"


def fingerprint(text: str) -> str:
    """Equal for equal causes."""
    reading = read(_job(text))
    errors = reading.output.errors
    return fingerprint_of(reading.finding.cause, reading.output.tests, errors[0] if errors else "")
