"""The room's real functions in the shapes that measurements call: text in, text out, nothing else."""

from __future__ import annotations

from otto_bot.diagnosis.classify import class_of_text
from otto_bot.diagnosis.diagnose import ranked, read
from otto_bot.diagnosis.extract import excerpts
from otto_bot.diagnosis.fingerprint import fingerprint_of
from otto_bot.diagnosis.models import CheckedJob


def _job(text: str) -> CheckedJob:
    return CheckedJob(id=0, name="", conclusion="failure", log=text.encode("utf-8", "replace"))


def extract(text: str, budget: int) -> str:
    """The lines that say why the job failed, at most `budget` characters in all."""
    job = _job(text)
    return "\n".join(item.text for item in excerpts([(job, one) for one in ranked(job)], budget))[:budget]


def extract_with_pass(text: str, passing: str, budget: int) -> str:
    """The same, with the log of a passing run of the job to compare with."""
    job = _job(text).model_copy(update={"passing": passing.encode("utf-8", "replace")})
    return "\n".join(item.text for item in excerpts([(job, one) for one in ranked(job)], budget))[:budget]


def classify(text: str) -> str:
    """`code`, `environment` or `infrastructure`."""
    return class_of_text(text.encode("utf-8", "replace")).value


def fingerprint(text: str) -> str:
    """Equal for equal causes."""
    return fingerprint_of([read(_job(text))])
