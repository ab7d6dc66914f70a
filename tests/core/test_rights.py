"""What was not granted, and which required checks nothing can report."""

from pathlib import Path

import pytest
import yaml

from otto_bot.core.lanes import Workflow
from otto_bot.core.required_here import ACTIONS_APP, Demanded, sort
from otto_bot.core.rights import EVENTS, NEEDED, hindering, lacking, unheard
from otto_bot.github.verbs import APP_PERMISSIONS

MANIFEST = yaml.safe_load((Path(__file__).parents[2] / "app.yml").read_text("utf-8"))
STEPS = {"runs-on": "ubuntu-latest", "steps": [{"run": "pytest"}]}


def test_what_is_needed_is_what_the_verbs_declare_and_the_manifest_asks_for() -> None:
    assert dict(NEEDED) == dict(APP_PERMISSIONS) == MANIFEST["default_permissions"]
    assert set(MANIFEST["default_events"]) == EVENTS


@pytest.mark.parametrize(
    ("changed", "missing", "hinders"),
    [
        ({}, {}, {}),
        ({"metadata": None}, {}, {}),
        ({"issues": "admin"}, {}, {}),
        ({"checks": None}, {"checks": "write"}, {"checks": "write"}),
        ({"contents": "read"}, {"contents": "write"}, {"contents": "write"}),
        ({"actions": "read"}, {"actions": "write"}, {}),
        ({"actions": None}, {"actions": "write"}, {"actions": "read"}),
        ({"statuses": None}, {"statuses": "read"}, {}),
    ],
)
def test_what_is_missing_and_what_of_it_stops_every_run(
    changed: dict[str, str | None], missing: dict[str, str], hinders: dict[str, str]
) -> None:
    granted = {name: level for name, level in {**NEEDED, **changed}.items() if level is not None}

    assert (lacking(granted), hindering(granted)) == (missing, hinders)


def test_events_that_are_not_sent() -> None:
    assert unheard(EVENTS) == ()
    assert unheard(EVENTS - {"push", "issues"}) == ("issues", "push")


def workflow(name: str, on: object, *jobs: str) -> Workflow:
    data = {"on": on, "jobs": dict.fromkeys(jobs, STEPS)}
    return Workflow(path=f".github/workflows/{name}.yml", data=data)


@pytest.mark.parametrize(
    ("check", "app", "kind"),
    [
        ("test", None, "reported"),
        ("test (3.12)", ACTIONS_APP, "reported"),
        ("lint", ACTIONS_APP, "reported"),
        ("nightly", None, "never"),
        ("nightly (soak)", None, "never"),
        ("gone", ACTIONS_APP, "never"),
        ("license/cla", None, "others"),
        ("codecov", 254, "others"),
    ],
)
def test_a_required_check_is_reported_or_others_or_never(check: str, app: int | None, kind: str) -> None:
    files = [
        workflow("ci", {"pull_request": {}}, "test"),
        workflow("lint", "push", "lint"),
        workflow("nightly", {"schedule": [{"cron": "0 0 * * *"}]}, "nightly"),
    ]
    found = sort([Demanded(name=check, app=app)], files, "otto/1-1/t1-task-a1", "main", "octo/demo")

    assert {name: getattr(found, name) for name in found._fields} == {
        "reported": (), "others": (), "never": (), kind: (check,),
    }  # fmt: skip
