"""What models are told of projects: exactly those of the scope, and nothing where a repository has no parts."""

from __future__ import annotations

from otto_bot.agents.coder_prompt import CodeRequest, code_prompt
from otto_bot.agents.judge import JudgeRequest, judge_prompt
from otto_bot.agents.plan_answer import MoreAnswer, PlanAnswer, ScopedAnswer
from otto_bot.agents.planner import PlanRequest, plan_prompt
from otto_bot.core.config import Project
from otto_bot.core.plan import Criterion, TaskSpec
from otto_bot.core.projects import in_scope, project_names

NONCE = "0123456789abcdef"
PROJECTS = (Project(path="web", setup="npm ci", test="npm test"), Project(path="api", test="pytest -q"))
WHOLE = (Project(setup="make setup", test="make test"),)
TASK = TaskSpec(key="t1", title="T", goal="G", criteria=(Criterion(id="c1", text="It is there"),))
WEB = TASK.model_copy(update={"projects": ("web",)})


def coder(task: TaskSpec, projects: tuple[Project, ...]) -> str:
    shown = in_scope(task.projects, projects)
    return code_prompt(CodeRequest(run="1", model="m", task=task, attempt=1, projects=shown, nonce=NONCE))


def judge(task: TaskSpec, projects: tuple[Project, ...]) -> str:
    shown = in_scope(task.projects, projects)
    return judge_prompt(
        JudgeRequest(
            run="1", model="m", task=task, attempt=1, diff="", records=(), projects=shown, nonce=NONCE, key="k"
        )
    )


def test_the_coder_has_the_scope_and_its_commands_alone() -> None:
    said = coder(WEB, PROJECTS)
    assert "the project named below alone" in said
    assert "web: set-up, run by Otto before your first command: `npm ci` · test `npm test`" in said
    assert "pytest -q" not in said
    assert "pytest -q" in coder(TASK, PROJECTS)
    assert "## Scope" not in coder(TASK, PROJECTS)


def test_the_judge_has_them_too() -> None:
    said = judge(WEB, PROJECTS)
    assert "the project named below alone" in said
    assert "web: test `npm test`" in said
    assert "pytest" not in said
    assert "api: test `pytest -q`" in judge(TASK, PROJECTS)


def test_one_project_that_is_the_repository_changes_nothing() -> None:
    assert judge(TASK, WHOLE) == judge(TASK, ())
    assert "## Scope" not in coder(TASK, WHOLE)
    request = PlanRequest(run="1", model="m", title="T", body="B", nonce=NONCE, projects=project_names(WHOLE))
    assert "## Projects" not in plan_prompt(request)
    for answer in (PlanAnswer, MoreAnswer):
        assert "projects" not in answer.model_json_schema()["$defs"]["TaskSpec"]["properties"]


def test_the_planner_is_asked_for_a_scope_where_there_are_several() -> None:
    request = PlanRequest(run="1", model="m", title="T", body="B", nonce=NONCE, projects=project_names(PROJECTS))
    assert "- web\n- api" in plan_prompt(request)
    task = ScopedAnswer.model_json_schema()["$defs"]["TaskSpec"]
    assert "projects" in task["required"]
