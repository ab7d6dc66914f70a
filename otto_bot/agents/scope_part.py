"""What planners, coders and judges are told of the projects of a repository; nothing where it has no parts."""

from __future__ import annotations

from collections.abc import Sequence

from otto_bot.agents.fence import fence
from otto_bot.agents.packing import bullets, clip
from otto_bot.core.config import Project
from otto_bot.core.projects import divided

PROJECTS_CHARS = 8_000
COMMANDS_CHARS = 4_000

_PLAN = """\
## Projects
The repository has several projects. `projects` of each task is its scope: the paths of those in which it changes \
files, copied from the list; empty for the whole repository. The fewest that it can be done in: commands of these \
alone are set up and told to its coder, and what is changed outside of them is shown to people. The deepest project \
that a file lies in has it."""
_SCOPE = """\
## Scope
This task is about {what} alone: change files there. Where something outside has to change all the same, change as \
little as can be and say which file and why in the summary; people are shown it."""
_JUDGE = """\
## Scope
The task is about {what} alone. Its commands are to be run in its own folder."""


def projects_part(projects: Sequence[str], nonce: str) -> list[str]:
    """For the planner: which projects there are, and what a scope is."""
    return [f"{_PLAN}\n{fence('projects', bullets(projects, PROJECTS_CHARS), nonce)}"] if projects else []


def scope_part(scope: Sequence[str], nonce: str) -> list[str]:
    """For the coder: what its task is about."""
    return [_said(_SCOPE, scope, nonce)] if scope else []


def judge_part(scope: Sequence[str], projects: Sequence[Project], nonce: str) -> list[str]:
    """For the judge: the scope, and how its projects are set up and tested. Nothing where the repository is one."""
    if not divided(projects):
        return []
    lines = [f"{one.path}: test `{one.test}`" for one in projects if one.test]
    told = fence("commands of the projects", bullets(lines, COMMANDS_CHARS), nonce) if lines else ""
    return [part for part in (_said(_JUDGE, scope, nonce) if scope else "", told) if part]


def _said(words: str, scope: Sequence[str], nonce: str) -> str:
    what = "the project" if len(scope) == 1 else "the projects"
    return f"{words.format(what=f'{what} named below')}\n{fence('scope', clip(', '.join(scope), 2000), nonce)}"
