"""Projects: which paths may be one, whose a file is, what lies outside of a scope, and what follows for a plan."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from otto_bot.core.config import Config, ConfigError, HostCaps, PathsConfig, Project, read_config
from otto_bot.core.drift import MOST_DRIFT, Changed, drift, findings, refused
from otto_bot.core.plan import Plan, batches
from otto_bot.core.plan_check import check
from otto_bot.core.plan_problem import Intent, PlanRule
from otto_bot.core.plan_projects import with_known
from otto_bot.core.projects import (
    MOST_PROJECTS,
    disjoint,
    in_scope,
    outside,
    owner,
    project_path,
    project_problems,
    touched,
)

WEB, API, ADMIN = Project(path="web", test="npm test"), Project(path="api"), Project(path="web/admin")
NESTED = (WEB, API, ADMIN)
WITH_ROOT = (Project(), *NESTED)


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("../secrets", "`..`"),
        ("web/../../etc", "`..`"),
        ("/etc", "absolute path"),
        ("~/web", "absolute path"),
        ("C:/web", "absolute path"),
        ("services/*", "a pattern"),
        ("{a,b}", "a pattern"),
        ("web\\admin", "backslash"),
        ("web\nadmin", "shows nothing"),
        ("we\u200bb", "shows nothing"),
        (".git/hooks", "git's own folder"),
        (".GIT", "git's own folder"),
        ("a" * 300, "300 characters"),
    ],
)
def test_hostile_paths_of_projects_are_refused_with_words(said: str, why: str) -> None:
    with pytest.raises(ConfigError, match=r"paths\.projects\.0\.path") as refusal:
        read_config({"paths": {"projects": [{"path": said}]}}, HostCaps())
    assert why in str(refusal.value)


def test_a_thousand_projects_and_the_same_one_twice_are_refused() -> None:
    many = [{"path": f"p{n}"} for n in range(1000)]
    with pytest.raises(ConfigError, match=f"1000 projects; at most {MOST_PROJECTS}"):
        read_config({"paths": {"projects": many}}, HostCaps())
    with pytest.raises(ConfigError, match="there twice"):
        read_config({"paths": {"projects": [{"path": "web"}, {"path": "./Web/"}]}}, HostCaps())
    assert project_problems(["web", "web/admin", "."]) == ()


def test_paths_get_one_form_and_old_ledgers_keep_theirs() -> None:
    config = read_config({"paths": {"projects": [{"path": "./web//admin/"}, {"path": ""}]}}, HostCaps())
    assert [one.path for one in config.paths.projects] == ["web/admin", "."]
    # A run that began before reads what was allowed then.
    assert Config.model_validate({"paths": {"projects": [{"path": "../x/"}]}}).paths.projects[0].path == "../x/"
    assert PathsConfig().drift == "report"


@pytest.mark.parametrize(
    ("path", "projects", "whose"),
    [
        ("web/a.ts", NESTED, "web"),
        ("web/admin/a.ts", NESTED, "web/admin"),
        ("web/administer/a.ts", NESTED, "web"),
        ("web", NESTED, None),
        ("website/a.ts", NESTED, None),
        ("README.md", NESTED, None),
        ("README.md", WITH_ROOT, "."),
        ("web/admin/x/y/z", WITH_ROOT, "web/admin"),
    ],
)
def test_the_deepest_project_has_a_file(path: str, projects: tuple[Project, ...], whose: str | None) -> None:
    assert owner(path, frozenset(one.path for one in projects)) == whose


@pytest.mark.parametrize(
    ("scope", "projects", "drifts"),
    [
        ((), NESTED, ()),
        (("web",), NESTED, ("README.md", "api/b", "web/admin/c")),
        (("web/admin",), NESTED, ("README.md", "api/b", "web/a")),
        (("web", "web/admin"), NESTED, ("README.md", "api/b")),
        ((".",), WITH_ROOT, ("api/b", "web/a", "web/admin/c")),
        (("gone",), NESTED, ()),
        ((".",), (Project(),), ()),
    ],
)
def test_what_lies_outside_of_a_scope(scope: tuple[str, ...], projects: Any, drifts: tuple[str, ...]) -> None:
    assert outside(["web/a", "api/b", "web/admin/c", "README.md", "web/a"], scope, projects) == drifts


def test_commands_are_of_the_scope_alone() -> None:
    assert in_scope(["web"], NESTED) == (WEB,)
    assert in_scope([], NESTED) == NESTED
    assert in_scope(["gone"], NESTED) == NESTED
    assert touched(["web/admin/x", "README.md"], NESTED) == (ADMIN,)


NAMES = st.sampled_from(["a", "b", "c", "aa"])
PATHS = st.lists(NAMES, min_size=1, max_size=4).map("/".join)


@settings(max_examples=60, deadline=None)
@given(st.lists(PATHS, min_size=1, max_size=5, unique=True), st.lists(PATHS, max_size=8), st.data())
def test_each_file_is_in_the_scope_of_its_owner_and_in_no_other(
    paths: list[str], files: list[str], data: st.DataObject
) -> None:
    projects = [Project(path=path) for path in paths]
    scope = data.draw(st.lists(st.sampled_from(paths), min_size=1, unique=True))
    drifts = outside(files, scope, projects)
    for file in files:
        # Said anew, without the way up: the longest project that it begins with.
        inside = [path for path in paths if file.startswith(f"{path}/")]
        assert (file in drifts) is (max(inside, key=len, default=None) not in scope)
    assert set(outside(files, paths, projects)) <= set(drifts)
    assert drifts == tuple(sorted(set(drifts)))


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=30))
def test_one_form_is_stable_and_a_good_path_stays_in_the_repository(said: str) -> None:
    if not project_problems([said]):
        plain = project_path(said)
        assert project_path(plain) == plain
        assert ".." not in plain.split("/")
        assert not plain.startswith("/")


def task(key: str, **more: Any) -> dict[str, Any]:
    return {"key": key, "title": key, "goal": "Do it.", "criteria": [{"id": "c1", "text": "3 rows"}], **more}


def plan(*tasks: dict[str, Any], kind: str = "ADDITIVE") -> Plan:
    relations = [{"a": "t1", "b": "t2", "kind": kind, "reason": "both"}] if len(tasks) > 1 else []
    return Plan.model_validate({"summary": "Two.", "tasks": list(tasks), "relations": relations})


@pytest.mark.parametrize(
    ("one", "other", "kind", "apart"),
    [
        (["web"], ["api"], "ADDITIVE", False),
        (["web"], ["web/admin"], "ADDITIVE", True),
        (["web"], ["web"], "ADDITIVE", True),
        ([], ["api"], "ADDITIVE", True),
        (["."], ["api"], "ADDITIVE", True),
        (["web"], ["api"], "CONTRADICTORY", True),
        (["web"], ["api"], "UNCERTAIN", True),
        (["web"], ["api"], "DEPENDENT", True),
    ],
)
def test_tasks_of_different_projects_run_side_by_side(one: list[str], other: list[str], kind: str, apart: bool) -> None:
    made = plan(task("t1", projects=one), task("t2", projects=other), kind=kind)
    assert (len(batches(made)) == 2) is apart
    shared = plan(task("t1", projects=one, files=["x"]), task("t2", projects=other, files=["x"]), kind=kind)
    assert len(batches(shared)) == 2
    assert not disjoint(["web"], [])


def projects_of(made: Plan, known: tuple[str, ...] = ("web", "api", "web/admin")) -> list[str]:
    found = check(made, Intent(title="x", projects=known), 8)
    return [one.reason for one in found if one.rule is PlanRule.PROJECTS]


def test_a_plan_names_projects_that_there_are_and_files_that_lie_in_them() -> None:
    assert projects_of(plan(task("t1", projects=["web"], files=["web/a.ts"]))) == []
    assert projects_of(plan(task("t1", files=["anywhere"]))) == []
    unknown = projects_of(plan(task("t1", projects=["wbe"], files=["web/a.ts"])))
    assert len(unknown) == 1
    assert "wbe is no project; the projects are web, api, web/admin" in unknown[0]
    assert (
        "which is of the project web/admin" in projects_of(plan(task("t1", projects=["web"], files=["web/admin/x"])))[0]
    )
    assert "which is of no project" in projects_of(plan(task("t1", projects=["web"], files=["pnpm-lock.yaml"])))[0]
    # A repository without parts has no such rule.
    assert projects_of(plan(task("t1", projects=["wbe"])), ()) == []


def test_what_cannot_be_mended_becomes_the_whole_repository() -> None:
    made = with_known(
        plan(task("t1", projects=["./web/", "nope"]), task("t2", projects=["api/", "api"])), ("web", "api")
    )
    assert [one.projects for one in made.tasks] == [(), ("api",)]
    assert with_known(plan(task("t1")), ()).tasks[0].projects == ()


def test_drift_is_counted_named_up_to_a_limit_and_bound_to_its_content() -> None:
    files = [f"f{n:03d}" for n in range(MOST_DRIFT + 7)]
    found = drift(files)
    assert (len(found.files), found.count, found.more) == (MOST_DRIFT, MOST_DRIFT + 7, 7)
    changed = [Changed("x", "100644 a"), Changed("y", "gone")]
    one, other = findings(changed, ["x", "y"], ["web"])
    again = findings([Changed("x", "100644 b")], ["x"], ["web"])[0]
    assert len({one.name, other.name, again.name}) == 3
    failure = refused("t1", 1, "s" * 40, drift(["x"]), ["web"])
    assert (failure.hits, failure.suspected_files) == ((), ("x",))
