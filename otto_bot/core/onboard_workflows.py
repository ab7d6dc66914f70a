"""What the workflows of a repository say of how it is tested: one to call, or the commands of a job. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from otto_bot.core.action_pins import PINS
from otto_bot.core.ci_filters import inputs_asked
from otto_bot.core.ci_jobs import Happening, Jobs, Worth
from otto_bot.core.ci_secrets import secrets_by_job
from otto_bot.core.ci_starts import Acts
from otto_bot.core.ci_steps import Scripts, steps_of
from otto_bot.core.exposure import exposure
from otto_bot.core.lanes import Workflow, started
from otto_bot.core.onboarding import Facts, Project, Tool, as_workflow

_FILE = re.compile(r"\.github/workflows/[A-Za-z0-9][A-Za-z0-9._-]*\.ya?ml")
_FOLDER = re.compile(r"(?:\./)?([^\s$/][^$\n\r]{0,200}?)/?")
_UNSAFE = re.compile(
    r"\$\{\{|GITHUB_TOKEN|[^\n\t\x20-\x7e\u00a1-\u1fff\u2010-\u2027\u2030-\u205e\u2070-\ud7ff\ue000-\ufefe\U00010000-\U0001faff]"
)
"""Expressions, the token, and characters that nobody sees."""
_LEFT_OUT = re.compile(
    r"(?:actions/(?:cache|upload-artifact|download-artifact)|codecov/|coverallsapp/|dtolnay/rust-toolchain|"
    r"actions-rs/toolchain|swatinem/rust-cache|gradle/(?:actions|wrapper-validation)|shivammathur/setup-php)",
    re.IGNORECASE,
)
"""Actions without which the commands run as well: what they bring the runner has, or it is about speed and reports."""
_INSTEAD = {
    "astral-sh/setup-uv": "python3 -m pip install --break-system-packages uv",
    "pnpm/action-setup": "npm install --global pnpm",
    "oven-sh/setup-bun": "npm install --global bun",
    "denoland/setup-deno": "npm install --global deno",
}
"""Actions of others, and what does the same without trusting them with the checkout."""
_INPUTS = re.compile(r"[a-z][a-z-]*(?:version|version-file|distribution)|distribution|global-json-file")
_TEST_NAME = re.compile(r"test|spec|ci|check|verify", re.IGNORECASE)
MOST_STEPS, MOST_SCRIPT, MOST_ENV = 12, 2_000, 12


def callable_workflow(workflows: Sequence[Workflow], repository: str, default_branch: str) -> str:
    """The path of a workflow that tests, can be called with `contents: read` alone and gives nothing away; or ""."""
    files = {one.path: one.data for one in workflows}
    given = Happening(name="workflow_dispatch", branch="otto/1-1/t1-task-a1", default_branch=default_branch,
                      repository=repository)  # fmt: skip
    reader = Jobs(given, files, Scripts())
    found = []
    for one in workflows:
        if one.data is None or not _FILE.fullmatch(one.path):
            continue
        if "workflow_call" not in one.triggers or not _asks_nothing(one):
            continue
        worth = max(reader.running(one.data, called=True).values(), default=Worth.NOTHING)
        if worth is Worth.TESTS and _gives_nothing(one, workflows, default_branch):
            found.append(one.path)
    return min(found, key=lambda path: (not _TEST_NAME.search(path.rpartition("/")[2]), path), default="")


def _asks_nothing(workflow: Workflow) -> bool:
    call = workflow.triggers["workflow_call"]
    secrets = call.get("secrets")
    wanted = secrets.values() if isinstance(secrets, dict) else ()
    return not inputs_asked(call) and not any(isinstance(one, dict) and one.get("required") for one in wanted)


def _gives_nothing(workflow: Workflow, workflows: Sequence[Workflow], default_branch: str) -> bool:
    """By Otto's own rules, with the file that would call it in its place."""
    data = workflow.data or {}
    jobs = [job for job in _mappings(data.get("jobs")).values() if isinstance(job, dict)]
    said = [one["permissions"] for one in (data, *jobs) if "permissions" in one]
    if secrets_by_job(data) or not all(_reads_code_alone(one) for one in said):
        return False
    caller = as_workflow(Facts(called=workflow.path))
    acts = Acts(prefix="otto", default_branch=default_branch, dispatched=("otto-verify.yml",), default_rights=())
    others = [one for one in workflows if one.path != caller.path]
    return not [one for one in exposure([caller, *others], acts).items if one.workflow == caller.path]


def _reads_code_alone(permissions: object) -> bool:
    """GitHub refuses a called file that asks for more than its caller has."""
    if not isinstance(permissions, dict):
        return False
    return all(level == "none" or (scope == "contents" and level == "read") for scope, level in permissions.items())


def tested_by(workflows: Sequence[Workflow], repository: str, default_branch: str) -> list[Project]:
    """What the jobs that test on a push or pull request do, one for each folder; of jobs that can be taken over."""
    files = {one.path: one for one in workflows}
    known = {
        one.path
        for event, branch in (("pull_request", default_branch), ("push", default_branch))
        for one in started(list(files.values()), event, branch, default_branch, repository)  # type: ignore[arg-type]
    }
    found: dict[str, Project] = {}
    for path in sorted(known):
        data, scripts = files[path].data or {}, Scripts()
        jobs = [(key, job) for key, job in _mappings(data.get("jobs")).items() if isinstance(job, dict)]
        for key, job in sorted(jobs, key=lambda one: not _TEST_NAME.search(one[0])):
            project = _taken_over(path, key, job, data, scripts)
            if project is not None:
                found.setdefault(project.path, project)
    return sorted(found.values(), key=lambda one: (one.path != ".", one.path))


def _taken_over(
    path: str, key: str, job: Mapping[str, Any], data: Mapping[str, Any], scripts: Scripts
) -> Project | None:
    """A job as a project; None where it does not test, or needs what cannot be taken over."""
    if any(name in job for name in ("uses", "container", "services", "environment")) or not _hosted(job):
        return None
    tools: list[Tool] = []
    setup: list[str] = []
    test: list[str] = []
    places: set[str] = set()
    steps = list(steps_of(job))
    environment = _environment((data, job, *steps))
    if environment is None or len(steps) > 2 * MOST_STEPS:
        return None
    for step in steps:
        tests = scripts.tests(step)
        if (test and not tests) or ("if" in step and not tests):
            continue  # what comes after the tests reports on them
        if not _one(step, tools, test if tests else setup):
            return None
        if "run" in step:
            places.add(_place(step, job, data))
    if not test or len(places) != 1 or "" in places or len(setup) + len(test) > MOST_STEPS:
        return None
    why = f"job {key} of {path.rpartition('/')[2]}"
    return Project(path=places.pop(), tools=tuple(tools), setup=tuple(setup), test=tuple(test), why=why,
                   env=environment)  # fmt: skip


def _hosted(job: Mapping[str, Any]) -> bool:
    """On GitHub's own Linux, or on whatever a matrix says, of which Linux is one."""
    label = job.get("runs-on")
    label = label[0] if isinstance(label, list) and len(label) == 1 else label
    return isinstance(label, str) and (label.startswith("ubuntu-") or "matrix." in label)


def _one(step: Mapping[str, Any], tools: list[Tool], commands: list[str]) -> bool:
    """Takes one step over; False where that cannot be done."""
    uses, run = step.get("uses"), step.get("run")
    if isinstance(uses, str):
        return _action(uses.partition("@")[0], step.get("with"), tools, commands)
    if not isinstance(run, str) or step.get("shell") not in (None, "bash") or len(run) > MOST_SCRIPT:
        return False
    script = "\n".join(line.rstrip() for line in run.strip().splitlines()).replace("\t", "    ")
    if not script or _UNSAFE.search(script):
        return False
    commands.append(script)
    return True


def _action(action: str, inputs: object, tools: list[Tool], commands: list[str]) -> bool:
    given = {str(name): value for name, value in inputs.items()} if isinstance(inputs, dict) else {}
    if action == "actions/checkout":
        return not {"repository", "ref", "path", "submodules", "lfs", "token", "ssh-key"} & set(given)
    if action in PINS:
        kept = {
            name: str(value)
            for name, value in given.items()
            if _INPUTS.fullmatch(name) and isinstance(value, str | int | float) and not _UNSAFE.search(str(value))
        }
        tools.append(Tool(action=action, inputs=kept))
        return True
    if action == "ruby/setup-ruby":
        commands += (
            ["bundle config set --local path vendor/bundle", "bundle install"] if given.get("bundler-cache") else []
        )
        return True
    if action in _INSTEAD:
        commands.append(_INSTEAD[action])
        return True
    return _LEFT_OUT.match(action) is not None


def _environment(parts: Sequence[Mapping[str, Any]]) -> dict[str, str] | None:
    """What the job's variables are set to; None where one is not known from the file."""
    found: dict[str, str] = {}
    for part in parts:
        for name, value in _mappings(part.get("env")).items():
            said = str(value).lower() if isinstance(value, bool) else str(value)
            if not re.fullmatch(r"[A-Za-z_]\w{0,60}", name) or isinstance(value, dict | list) or "\n" in said:
                return None
            if _UNSAFE.search(said) or len(said) > 200:
                return None
            found[name] = said
    return found if len(found) <= MOST_ENV else None


def _place(step: Mapping[str, Any], job: Mapping[str, Any], data: Mapping[str, Any]) -> str:
    """The folder in which a command runs; empty where it is not known, or lies elsewhere."""
    for said in (step.get("working-directory"), *_defaults((job, data))):
        if said is None:
            continue
        match = _FOLDER.fullmatch(said) if isinstance(said, str) else None
        inside = match is not None and ".." not in match[1].split("/")
        return match[1] if match is not None and inside and not _UNSAFE.search(match[1]) else ""
    return "."


def _defaults(parts: Sequence[Mapping[str, Any]]) -> Iterator[object]:
    for part in parts:
        yield _mappings(_mappings(part.get("defaults")).get("run")).get("working-directory")


def _mappings(value: object) -> dict[str, Any]:
    return {str(key): one for key, one in value.items()} if isinstance(value, dict) else {}
