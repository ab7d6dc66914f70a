"""The two files that a person commits so that Otto can work: `otto-verify.yml` and `.github/otto.yml`. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

from otto_bot.core.action_pins import pinned, version_of
from otto_bot.core.config import Config
from otto_bot.core.config_schema import ID
from otto_bot.core.lanes import Workflow
from otto_bot.core.plain_yaml import Value, lines
from otto_bot.core.values import Frozen

VERIFY_PATH = ".github/workflows/otto-verify.yml"
CONFIG_PATH = ".github/otto.yml"
SCHEMA_URL = ID
"""Where editors find the schema of the file."""
TIMEOUT_MINUTES = 30
MOST_PROJECTS = 20
"""Jobs of one file: more than these are named in a comment and left to a person."""
_EMPTY_TEST = "if git ls-files | grep -qvE '^\\.|\\.(md|txt|toml|json|ya?ml)$|^[A-Z]+$'; then make test; fi"
"""For a repository without source files: green while it has none, and from then on only by `make test`."""


class Tool(Frozen):
    """An action that puts a toolchain in place, with its inputs. It must be one of `action_pins.PINS`."""

    action: str
    inputs: dict[str, str] = {}


class Project(Frozen):
    """One part of a repository: where it is, what sets it up and what tests it; commands as a shell takes them.

    `path` is a folder without a slash at either end, `.` the whole. `why` says what was seen, for people.
    """

    path: str = "."
    language: str = ""
    tools: tuple[Tool, ...] = ()
    setup: tuple[str, ...] = ()
    test: tuple[str, ...] = ()
    env: dict[str, str] = {}
    why: str = ""


class Facts(Frozen):
    """What a repository's files say of how it is tested. `called`: a workflow that tests and can be called."""

    projects: tuple[Project, ...] = ()
    called: str = ""
    workflow: str = "otto-verify.yml"
    """The name of the file, as `verify.workflow` of the repository has it."""
    empty: bool = False
    """It has no source files yet."""
    notes: tuple[str, ...] = ()
    """What a person should know of the guess, a sentence each."""
    has_verify: bool = False
    has_config: bool = False
    source: str = ""
    """Where the commands come from, for people: a job of a workflow, or empty for the files of the tree."""

    @property
    def path(self) -> str:
        """Where the workflow belongs."""
        return f".github/workflows/{self.workflow}"


def verify_workflow(facts: Facts) -> str:
    """The text of `otto-verify.yml`: started by hand only, may read the code and nothing else, no secrets."""
    body = "\n".join(_with_versions(lines(verify_document(facts))))
    return "\n".join([*_head(facts), body, ""])


def verify_document(facts: Facts) -> dict[str, Value]:
    """The same as values, for whoever asks what Otto's own rules say of it."""
    return {
        "name": facts.workflow.rpartition(".")[0],
        "run-name": "Verify ${{ github.ref_name }}",
        "on": "workflow_dispatch",
        "permissions": {"contents": "read"},
        "jobs": _jobs(facts),
    }


def as_workflow(facts: Facts) -> Workflow:
    """The file as Otto would read it."""
    return Workflow(path=facts.path, data=dict(verify_document(facts)))


def repository_file(facts: Facts) -> str:
    """The text of `.github/otto.yml`: what differs from the defaults, which is the parts of a monorepo.

    The keys that people ask for first, and the commands of a repository of one part, stand there as comments.
    """
    config = Config()
    asked = [
        (f"label: {config.label}", "the label that starts a run"),
        (f"budget: {{usd: {config.budget.usd:g}}}", "US dollars for all runs of one issue together"),
        (f"plan: {{approval: {config.plan.approval}}}", "always: a person approves each plan"),
        (f"pilot: {{approval: {config.pilot.approval}}}", "always: a person approves each retry plan"),
    ]
    text = [
        f"# yaml-language-server: $schema={SCHEMA_URL}",
        "# What Otto may do here, read on the default branch only. What is not said is the default, as in these lines:",
        *(f"# {key:<26}# {words}" for key, words in asked),
        "# All keys: docs/configure.md of Otto. An unknown key stops a run: a typo never passes for a setting.",
    ]
    projects = _told(facts)
    if projects:
        text += ["", "# The parts. Otto runs `setup` in its cage before the first command in a work tree; models are"]
        text += ["# told `test` and may run it. What is green only Actions says."]
        many = len(projects) > 1 or facts.projects[0].path != "."
        text += [line if many else f"# {line}" for line in lines({"paths": {"projects": projects}})]
    return "\n".join([*text, ""])


def _told(facts: Facts) -> list[Value]:
    """Set-ups run in the cage: what asks for root there is left out."""
    found: list[Value] = []
    for one in [one for one in facts.projects if one.test][:MOST_PROJECTS]:
        setup = [command for command in one.setup if not command.startswith("sudo ")]
        said = {"setup": " && ".join(setup)} if setup else {}
        found.append({"path": one.path, **said, "test": " && ".join(one.test)})
    return found


def _head(facts: Facts) -> Iterator[str]:
    yield "# Otto starts this file on its branches to verify them. Nothing else starts it."
    yield "# It may read the code and nothing more; keep it without secrets, and Otto never has to ask about it."
    if facts.called:
        yield "# It calls the workflow that tests here already."
    elif facts.empty:
        yield "# There is no code yet: it is green until there is some, then it calls `make test`."
    elif not facts.projects:
        yield "# No test command was found: put yours in the place of `make test`."
    else:
        yield (
            f"# The commands are those of {_comment(facts.source)}."
            if facts.source
            else ("# The commands were guessed from the files of the repository: read them before you commit.")
        )
    for note in facts.notes:
        yield f"# {_comment(note)}"


def _comment(text: str) -> str:
    """Text on one line of printable characters, so that it stays a comment."""
    return "".join(one if one.isprintable() else " " for one in text)[:300]


def _jobs(facts: Facts) -> dict[str, Value]:
    if facts.called:
        return {"verify": {"uses": f"./{facts.called}"}}
    found = [one for one in facts.projects if one.test][:MOST_PROJECTS]
    if not found:
        command = _EMPTY_TEST if facts.empty else "make test"
        return {"verify": _job(Project(test=(command,)), alone=True)}
    keys: dict[str, Project] = {}
    for one in found:
        keys[_free(_key(one), keys)] = one
    return {key: _job(one, alone=len(found) == 1) for key, one in keys.items()}


def _job(project: Project, alone: bool) -> dict[str, Value]:
    steps: list[Value] = [{"uses": pinned("actions/checkout"), "with": {"persist-credentials": False}}]
    for tool in project.tools:
        inputs: dict[str, Value] = dict(tool.inputs)
        steps.append({"uses": pinned(tool.action), **({"with": inputs} if inputs else {})})
    if project.setup:
        steps.append({"name": "Set up", "run": "\n".join(project.setup)})
    steps.append({"name": "Test", "run": "\n".join(project.test)})
    env: dict[str, Value] = {"env": dict(project.env)} if project.env else {}
    at: dict[str, Value] = {"defaults": {"run": {"working-directory": project.path}}} if project.path != "." else {}
    named: dict[str, Value] = {} if alone else {"name": f"Test {project.path}"}
    return {**named, "runs-on": "ubuntu-latest", "timeout-minutes": TIMEOUT_MINUTES, **env, **at, "steps": steps}


def _key(project: Project) -> str:
    """A job's key: GitHub takes letters, digits, `-` and `_`, and a letter or `_` first."""
    if project.path == ".":
        return "verify"
    words = re.sub(r"[^a-z0-9]+", "-", project.path.lower()).strip("-")[:60].strip("-")
    return f"verify-{words}" if words else "verify-part"


def _free(key: str, taken: dict[str, Project]) -> str:
    return next(name for name in (key, *(f"{key}-{n}" for n in range(2, MOST_PROJECTS + 2))) if name not in taken)


def _with_versions(text: Iterator[str]) -> Iterator[str]:
    """Each pinned action with its version behind it, and `on:` as everybody writes it."""
    for line in text:
        before, uses, after = line.partition("uses: ")
        version = version_of(after) if uses and before.strip() in ("", "-") else ""
        plain = "on: workflow_dispatch" if line == '"on": workflow_dispatch' else line
        yield f"{plain}  # {version}" if version else plain
