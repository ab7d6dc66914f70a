"""Every odd repository has its entry on the page about what goes wrong, its preset, and its link in comments."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from otto_bot.core.evidence import Cause, Failure, Phase
from otto_bot.core.lanes import BARRED, Lane, LaneKind
from otto_bot.core.run import Hold
from otto_bot.playground.scenario import presets
from otto_bot.text.links import Links
from otto_bot.text.moved import ENTRIES
from otto_bot.text.trouble import Trouble, of_failure, of_hold, of_lane, of_problem, see

PAGE = Path(__file__).parents[2] / "docs" / "troubleshooting.md"
ENTRY = re.compile(r"^### ([a-z0-9-]+)\n\n(.*?)(?=^### |\Z)", re.MULTILINE | re.DOTALL)
LINKS = Links("https://github.com", "octo", "app", "https://docs.example/otto/")


def entries() -> dict[str, str]:
    return dict(ENTRY.findall(PAGE.read_text().partition("## Odd repositories\n")[2]))


def test_each_preset_has_its_entry_and_each_entry_its_preset() -> None:
    assert list(entries()) == sorted(entries())
    assert set(entries()) == set(presets())
    assert set(presets()) == set(Trouble)


@pytest.mark.parametrize("name", sorted(entries()))
def test_an_entry_says_what_is_seen_and_why_and_what_to_do(name: str) -> None:
    assert re.findall(r"^\*\*([A-Za-z ]+):\*\* \S", entries()[name], re.MULTILINE) == ["You see", "Why", "Do"]


def failed(cause: Cause, **more: object) -> Failure:
    return Failure.model_validate({"task": "t1", "attempt": 1, "phase": Phase.VERIFY, "cause": cause, **more})


@pytest.mark.parametrize(
    ("failure", "trouble"),
    [
        (failed(Cause.BILLING), Trouble.BILLING_STOP),
        (failed(Cause.ACTION_REQUIRED, fingerprint="blocked:approval"), Trouble.APPROVAL_REQUIRED),
        (failed(Cause.ACTION_REQUIRED, fingerprint="blocked:environment"), Trouble.ENV_WAITING),
        (failed(Cause.ACTION_REQUIRED, detail="The deployment was rejected or …"), Trouble.ENV_WAITING),
        (failed(Cause.ACTION_REQUIRED, detail="likely failed because of a workflow file issue"), None),
        (failed(Cause.NO_CI, conclusion="no_ci:unknown@ci.yml"), Trouble.ACTIONS_DISABLED),
        (failed(Cause.NO_CI, conclusion="no_ci:workflow_disabled@ci.yml"), Trouble.ACTIONS_DISABLED),
        (failed(Cause.NO_CI, conclusion="no_ci:branch_filter@ci.yml"), Trouble.PUSH_MAIN_ONLY),
        (failed(Cause.NO_CI, conclusion="no_ci:draft_guard@ci.yml"), Trouble.DRAFT_GUARD),
        (failed(Cause.NO_CI, conclusion="no_ci:path_filter@ci.yml"), Trouble.PATH_FILTER),
        (failed(Cause.NO_CI, conclusion="no_ci:skipped@ci.yml"), None),
        (failed(Cause.PUSH_REJECTED, detail="workflow_scope: refusing to allow …"), Trouble.BASE_WORKFLOW_MOVED),
        (failed(Cause.PUSH_REJECTED, detail="protected: GH006"), None),
        (failed(Cause.CANCELLED, conclusion="cancelled:group@ci"), Trouble.STATIC_CONCURRENCY),
        (failed(Cause.CANCELLED, conclusion="cancelled:person@mona"), None),
        (failed(Cause.PERMISSION, signals=("not pinned: a/b@v1",)), Trouble.SHA_PIN_POLICY),
        (failed(Cause.PERMISSION, conclusion="startup_failure"), None),
        (failed(Cause.TEST), None),
        (None, None),
    ],
)
def test_what_a_failure_is_about(failure: Failure | None, trouble: Trouble | None) -> None:
    assert of_failure(failure) is trouble


@pytest.mark.parametrize(
    ("failure", "entry"),
    [
        (failed(Cause.BILLING), "billing-stop"),
        (failed(Cause.INFRA), "cause-infra"),
        (failed(Cause.PUSH_REJECTED, detail="protected: GH006"), "cause-push-rejected"),
        (failed(Cause.TESTS_WEAKENED), "cause-tests-weakened"),
        (failed(Cause.TEST), None),
        (failed(Cause.UNKNOWN), None),
        (None, None),
    ],
)
def test_a_question_about_the_work_leads_to_no_entry(failure: Failure | None, entry: str | None) -> None:
    """What is odd about the repository comes before the cause."""
    assert of_problem(failure) == entry


@pytest.mark.parametrize(
    ("kind", "exposure", "entry"),
    [
        ("", "", None),
        ("day", "", "rest-day"),
        ("config_unreadable", "", "rest-config-unreadable"),
        ("archived-midrun", "", "archived-midrun"),
        ("of a release to come", "", None),
        ("", "digest", "secrets-in-ci"),
    ],
)
def test_a_run_that_rests_leads_to_the_entry_of_its_kind(kind: str, exposure: str, entry: str | None) -> None:
    since = datetime(2026, 11, 1, tzinfo=UTC)
    hold = Hold(kind="needs_human", number=1, reason="x", since=since, trouble=kind, exposure=exposure)
    assert of_hold(hold) == entry


def test_a_link_names_the_page_of_the_host_and_the_entry() -> None:
    assert see(LINKS, Trouble.PR_ONLY_CI) == (
        "[More about this](https://docs.example/otto/troubleshooting.md#pr-only-ci)"
    )
    assert see(LINKS, None) == ""


@pytest.mark.parametrize("trouble", Trouble)
def test_each_link_goes_to_a_heading_of_the_page(trouble: Trouble) -> None:
    _, _, heading = LINKS.help(trouble).partition("troubleshooting.md#")
    assert f"\n### {heading}\n" in PAGE.read_text()


@pytest.mark.parametrize(("by", "trouble"), ENTRIES.items())
def test_what_shuts_a_repository_has_the_entry_of_its_name(by: str, trouble: Trouble) -> None:
    assert trouble.value.startswith(by)


@pytest.mark.parametrize(
    ("lane", "trouble"),
    [
        (Lane(kind=LaneKind.DISPATCH), Trouble.DISPATCH),
        (Lane(kind=LaneKind.PULL_REQUEST), Trouble.PR_ONLY_CI),
        (Lane(kind=LaneKind.PULL_REQUEST, skips_drafts=("test",)), Trouble.DRAFT_GUARD),
        (Lane(kind=LaneKind.PULL_REQUEST, shares="ci", skips_drafts=("test",)), Trouble.STATIC_CONCURRENCY),
        (Lane(kind=LaneKind.PUSH, calls=True), Trouble.REUSABLE_WORKFLOW),
        (Lane(kind=LaneKind.PUSH), None),
        (Lane(kind=LaneKind.PUSH, why=f"…; {BARRED}"), Trouble.NO_ACTIONS_WRITE),
    ],
)
def test_what_is_odd_about_a_lane(lane: Lane, trouble: Trouble | None) -> None:
    assert of_lane(lane) is trouble
