"""The repository's configuration: defaults, refusals with their place, and the host's caps."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from otto_bot.core.config import Config, ConfigError, HostCaps, read_config

CAPS = HostCaps(usd=20, minutes=120, attempts=5)


def test_nothing_means_the_defaults_within_the_caps() -> None:
    config = read_config(None, HostCaps())
    assert config == Config() == read_config({}, HostCaps())
    assert (config.label, config.attempts.per_task, config.budget.usd, config.verify.via) == ("otto", 3, 10, "auto")
    assert config.models.for_pilot == config.models.planner


def test_a_full_file_is_read() -> None:
    config = read_config(
        {
            "label": "bot",
            "plan": {"approval": "always", "max_tasks": 3, "auto_if_under_usd": 1.5},
            "verify": {"via": "push", "required": ["ci"], "settle_seconds": 0.2, "timeout_minutes": 0.5},
            "qa": {"enabled": False},
            "pilot": {"grace_minutes": 0, "mode": "shadow"},
            "models": {"planner": "a", "pilot": "b"},
            "paths": {"protected": ["x/**"], "projects": [{"path": "web", "test": "npm test"}]},
            "triggers": {"allow_bots": ["renovate[bot]"]},
            "branches": {"prefix": "auto"},
            "mark_ready": True,
        },
        CAPS,
    )
    assert (config.label, config.plan.max_tasks, config.verify.settle_seconds) == ("bot", 3, 0.2)
    assert (config.qa.enabled, config.pilot.enabled, config.models.for_pilot) == (False, True, "b")
    assert (config.paths.projects[0].test, config.branches.prefix, config.mark_ready) == ("npm test", "auto", True)


@pytest.mark.parametrize("value", [False, {"enabled": False}])
def test_the_pilot_can_be_switched_off_in_two_ways(value: object) -> None:
    assert read_config({"pilot": value}, CAPS).pilot.enabled is False


@pytest.mark.parametrize(
    ("budget", "attempts", "expected"),
    [
        ({"usd": 500, "minutes": 9999}, 9, (20, 120, 5)),
        ({"usd": 1.5, "minutes": 10}, 2, (1.5, 10, 2)),
    ],
)
def test_the_host_caps_and_the_repository_may_go_lower(
    budget: dict[str, float], attempts: int, expected: tuple[float, float, int]
) -> None:
    config = read_config({"budget": budget, "attempts": {"per_task": attempts}}, CAPS)
    assert (config.budget.usd, config.budget.minutes, config.attempts.per_task) == expected


@pytest.mark.parametrize(
    ("data", "place"),
    [
        ({"lable": "otto"}, "lable"),
        ({"plan": {"aproval": "auto"}}, "plan.aproval"),
        ({"plan": {"approval": "sometimes"}}, "plan.approval"),
        ({"plan": {"max_tasks": 0}}, "plan.max_tasks"),
        ({"plan": None}, "plan"),
        ({"verify": {"workflow": "../x.yml"}}, "verify.workflow"),
        ({"verify": {"timeout_minutes": 0}}, "verify.timeout_minutes"),
        ({"verify": {"required": "ci"}}, "verify.required"),
        ({"budget": {"usd": -1}}, "budget.usd"),
        ({"budget": {"usd": "lots"}}, "budget.usd"),
        ({"attempts": {"per_task": 11}}, "attempts.per_task"),
        ({"triggers": {"allow_bots": ["*"]}}, "triggers.allow_bots"),
        ({"branches": {"prefix": "../main"}}, "branches.prefix"),
        ({"branches": {"prefix": "a/b/c/d"}}, "branches.prefix"),
        ({"branches": {"prefix": "a//b"}}, "branches.prefix"),
        ({"branches": {"prefix": ""}}, "branches.prefix"),
        ({"paths": {"projects": [{"pth": "."}]}}, "paths.projects.0.pth"),
        ({"label": ""}, "label"),
        ([], "file"),
        ("otto", "file"),
        (3, "file"),
    ],
)
def test_a_mistake_is_named_with_its_place(data: Any, place: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read_config(data, CAPS)
    assert place in [found for found, _ in caught.value.problems]
    assert place in str(caught.value)


def test_every_mistake_is_named_at_once() -> None:
    with pytest.raises(ConfigError) as caught:
        read_config({"lable": 1, "budget": {"usd": -1}, "mark_ready": "perhaps"}, CAPS)
    assert {place for place, _ in caught.value.problems} == {"lable", "budget.usd", "mark_ready"}


def test_a_configuration_does_not_change() -> None:
    with pytest.raises(ValidationError):
        Config().label = "other"  # type: ignore[misc]


yaml_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from([*Config.model_fields, "other"]), yaml_values) | yaml_values)
def test_whatever_the_file_holds_the_caps_hold(data: Any) -> None:
    try:
        config = read_config(data, CAPS)
    except ConfigError:
        return
    assert config.budget.usd <= CAPS.usd
    assert config.budget.minutes <= CAPS.minutes
    assert config.attempts.per_task <= CAPS.attempts


@pytest.mark.parametrize(
    ("data", "approval", "grace", "ignore", "usd"),
    [
        (None, "always", 7, ["cla"], 20),
        ({"pilot": {"grace_minutes": 1}}, "always", 1, ["cla"], 20),
        ({"pilot": True, "verify": {"ignore": []}}, "auto", 2, [], 20),
        ({"pilot": {"approval": "auto"}, "budget": {"usd": 3}}, "auto", 7, ["cla"], 3),
    ],
)
def test_the_repository_counts_more_than_the_hosts_defaults_and_the_caps_more_than_both(
    data: Any, approval: str, grace: float, ignore: list[str], usd: float
) -> None:
    under = {"pilot": {"approval": "always", "grace_minutes": 7}, "verify": {"ignore": ["cla"]}, "budget": {"usd": 40}}
    config = read_config(data, CAPS.model_copy(update={"defaults": under}))
    assert (config.pilot.approval, config.pilot.grace_minutes) == (approval, grace)
    assert (list(config.verify.ignore), config.budget.usd) == (ignore, usd)
    assert under["pilot"] == {"approval": "always", "grace_minutes": 7}
