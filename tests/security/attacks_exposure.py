"""Attacks on the list of what CI gives away: forms that a reader skips, and a yes that was for something else."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from security_registry import attack, defence

sys.path.insert(0, str(Path(__file__).parents[1] / "core"))  # makers of plans, runs and events

import core_builders as b

from otto_bot.bench.simulate.planting import Change
from otto_bot.core import events as e
from otto_bot.core.ci_starts import Acts
from otto_bot.core.exposure import Allowed, Exposure, exposure
from otto_bot.core.run import Run
from otto_bot.github.models import WorkflowFile
from otto_bot.jobs.workflow_files import parsed

READS = "on: push\npermissions: {contents: read}\njobs: "
TESTS = READS + "{test: {runs-on: ubuntu-latest, steps: [{run: %s}]}}\n"


def told(text: str, rights: tuple[str, ...] | None = None) -> Exposure:
    """What is found in a repository whose one workflow file this is."""
    files = asyncio.run(parsed([WorkflowFile(path=".github/workflows/ci.yml", text=text, digest=text)]))
    acts = Acts(prefix="otto", default_branch="main", dispatched=("otto-verify.yml",), default_rights=rights)
    return exposure(files, acts)


def begun(found: Exposure, *before: Allowed, number: int = 1) -> Run:
    """A run whose plan is posted."""
    start = b.run_started(run_id=number, issue=3 + number, exposure_allowed=before)
    made, posted = (
        e.PlanMade(at=b.at(1), number=0, plan=b.plan("t1")),
        e.PlanPosted(at=b.at(2), revision=1, comment_id=9),
    )
    return b.fold(None, start, b.prepared(None, found), made, posted)


def starts(run: Run) -> str | None:
    """What starts although nobody was asked about it."""
    return "its code runs in CI, and nobody was asked" if run.plan_approved_by == "rule" else None


TO_THE_END = defence(
    "expressions-to-their-end",
    "An expression of a workflow is read to the braces that end it for GitHub, not to the first ones in a quoted text",
    Change(
        "otto_bot.core.ci_secrets", "_expressions", "_EXPRESSION.findall(text)",
        "re.findall(r'[$][{][{](.*?)[}][}]', text, re.DOTALL)",
    ),
)  # fmt: skip


@attack(
    "secret-behind-quoted-braces",
    point=0,
    by=TO_THE_END,
    source="https://docs.github.com/en/actions/reference/workflows-and-actions/expressions#format (`{{` and `}}` are "
    "how a format text writes braces)",
)
def secret_behind_quoted_braces(place: Path) -> str | None:
    """`format('{"key": ...}')` has braces in its text, and behind them stands the secret."""
    step = """'${{ format(''{{"key": "{0}"}}'', secrets.KEY) }} | post'"""
    return starts(begun(told(TESTS % step)))


ELSEWHERE = defence(
    "workflows-elsewhere-are-unknown",
    "A called workflow of another repository counts as exposed: on which machines and in which environments it works "
    "stands there",
    Change("otto_bot.core.exposure", "_called", "yield \"called workflow\", f\"{name}: {_said(uses)[:150]}{given} its "
           "runners and environments are not known\"", "pass"),
)  # fmt: skip


@attack(
    "machine-named-in-another-repository",
    point=0,
    by=ELSEWHERE,
    source="https://docs.github.com/en/actions/how-tos/reuse-automations/reuse-workflows (runners are the caller's)",
)
def machine_named_in_another_repository(place: Path) -> str | None:
    """CI calls `us/shared/.github/workflows/test.yml`, given no secret; that one runs on a machine of the company."""
    return starts(begun(told(READS + "{test: {uses: us/shared/.github/workflows/test.yml@v1}}\n")))


FOR_THESE_FILES = defence(
    "a-yes-is-for-these-files",
    "What somebody allowed in an earlier run counts in later ones only while the workflow files are the same",
    Change("otto_bot.core.allowing", "allowed_before", "if one.files_hash == run.exposure.files_hash", ""),
)


@attack(
    "yes-of-an-earlier-run",
    point=0,
    by=FOR_THESE_FILES,
    source="own: who was asked about one file has not been asked about the next one",
)
def yes_of_an_earlier_run(place: Path) -> str | None:
    """Somebody allowed a workflow whose publishing step has a key; before the next run the tests are given it, too."""
    allowed = b.fold(begun(told(TESTS % "'publish ${{ secrets.KEY }}'")), b.said("/otto approve r1"))
    assert starts(begun(told(TESTS % "'publish ${{ secrets.KEY }}'"), *allowed.exposure_allowed, number=2))
    return starts(begun(told(TESTS % "'pytest ${{ secrets.KEY }}'"), *allowed.exposure_allowed, number=2))


FOR_THESE_RIGHTS = defence(
    "a-yes-is-for-these-rights",
    "A yes counts for no more default rights of the token than were known when it was given",
    Change("otto_bot.core.exposure", "Allowed.covers",
           "self.rights is None or (rights is not None and set(rights) <= set(self.rights))", "True"),
)  # fmt: skip


@attack(
    "setting-raised-after-the-yes",
    point=0,
    by=FOR_THESE_RIGHTS,
    source="https://docs.github.com/en/repositories/managing-your-repositorys-settings-and-features/"
    "enabling-features-for-your-repository/managing-github-actions-settings-for-a-repository"
    "#setting-the-permissions-of-the-github_token-for-your-repository",
)
def setting_raised_after_the_yes(place: Path) -> str | None:
    """After the yes the repository's setting gives every token the right to write; no file changes by that."""
    silent = (TESTS % "'publish ${{ secrets.KEY }}'").replace("permissions: {contents: read}\n", "")
    allowed = b.fold(begun(told(silent, ())), b.said("/otto approve r1"))
    assert starts(begun(told(silent, ()), *allowed.exposure_allowed, number=2))
    return starts(begun(told(silent, ("contents: write",)), *allowed.exposure_allowed, number=2))
