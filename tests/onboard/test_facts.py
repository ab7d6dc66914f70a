"""What is seen in a repository's files, and what Otto's own rules say of the workflow that is made of it."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from onboard_trees import CASES, CI, Case, facts, package, workflow, workflows

from otto_bot.core.action_pins import AS_OF, PINS, version_of
from otto_bot.core.ci_starts import Acts
from otto_bot.core.config import HostCaps, VerifyConfig, read_config
from otto_bot.core.exposure import exposure
from otto_bot.core.lanes import LaneKind, Workflow, choose
from otto_bot.core.onboard_facts import facts_of
from otto_bot.core.onboard_tree import MOST_TEXTS, texts_wanted
from otto_bot.core.onboarding import (
    MOST_PROJECTS,
    Facts,
    Project,
    Tool,
    repository_file,
    verify_document,
    verify_workflow,
)
from otto_bot.core.plain_yaml import lines, scalar
from otto_bot.github.safe_yaml import load

BIN = Path(sys.executable).parent
ROOT = Path(__file__).resolve().parents[2]


def read(text: str) -> dict[str, Any]:
    """A workflow as Otto reads it."""
    return {("on" if key is True else key): value for key, value in load(text).items()}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_commands_are_seen_in_a_tree(case: Case) -> None:
    found = facts(case.files)

    seen = {one.path: (" && ".join(one.setup), " && ".join(one.test)) for one in found.projects}
    assert seen == case.wanted
    assert found.called == case.called
    assert all(any(words in note for note in found.notes) for words in case.notes)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_the_workflow_made_of_a_tree_is_chosen_and_gives_nothing_away(case: Case) -> None:
    """By Otto's own rules: the dispatch lane, and nothing that its exposure names."""
    made = verify_workflow(facts(case.files))
    data = read(made)
    ours = Workflow(path=".github/workflows/otto-verify.yml", data=data)
    every = [ours, *workflows(case.files)]

    lane = choose(every, "otto/1-1/t1-a-a1", "main", VerifyConfig(), "acme/widgets")
    acts = Acts(prefix="otto", default_branch="main", dispatched=("otto-verify.yml",), default_rights=None)
    items = [one for one in exposure(every, acts).items if one.workflow == ours.path]

    assert (lane.kind, lane.workflows) == (LaneKind.DISPATCH, (ours.path,))
    assert items == []
    assert data == verify_document(facts(case.files))
    assert (data["on"], data["permissions"]) == ("workflow_dispatch", {"contents": "read"})
    assert "secrets" not in made.replace("without secrets", "")
    for job in data["jobs"].values():
        steps = job.get("steps", [])
        assert all(step["uses"].startswith("actions/") for step in steps if "uses" in step)
        assert all(step["with"] == {"persist-credentials": False} for step in steps[:1])
        assert "uses" in job or job["timeout-minutes"] > 0
    assert read_config(load(repository_file(facts(case.files))), HostCaps())


@pytest.mark.slow
def test_linters_of_workflows_find_nothing_in_any_of_them(tmp_path: Path) -> None:
    """actionlint knows expressions and shell, zizmor weaknesses; both without the network, each in one go."""
    folder = tmp_path / ".github" / "workflows"
    folder.mkdir(parents=True)
    (tmp_path / ".git").mkdir()
    for number, case in enumerate(CASES.values()):
        made = facts(case.files)
        if not made.called:  # a called file would have to lie beside it
            (folder / f"case-{number}.yml").write_text(verify_workflow(made))
    files = sorted(folder.iterdir())

    lint = subprocess.run([BIN / "actionlint", *files], cwd=tmp_path, capture_output=True, text=True)
    # A package manager that no lock file holds has to come from somewhere: only actions of GitHub's own are used.
    (tmp_path / "zizmor.yml").write_text("rules: {adhoc-packages: {disable: true}}\n")
    zizmor = [BIN / "zizmor", "--offline", "--config", "zizmor.yml", *files]
    weak = subprocess.run(zizmor, cwd=tmp_path, capture_output=True, text=True)

    assert len(files) > 25
    assert lint.returncode == 0, lint.stdout
    assert weak.returncode == 0, weak.stdout


def test_pins_are_commits_of_githubs_own_actions_and_dated() -> None:
    for action, (sha, version) in PINS.items():
        assert re.fullmatch(r"actions/[a-z-]+", action)
        assert re.fullmatch(r"[0-9a-f]{40}", sha)
        assert re.fullmatch(r"v\d+\.\d+\.\d+", version)
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", AS_OF)


def test_every_action_that_is_used_is_pinned_with_its_version_behind_it() -> None:
    used = [
        line for case in CASES.values() for line in verify_workflow(facts(case.files)).splitlines() if "uses:" in line
    ]
    remote = [line for line in used if "uses: ./" not in line]

    assert {re.search(r"uses: ([\w./-]+)@", line)[1] for line in remote} == set(PINS)  # type: ignore[index]
    assert all(re.search(r"@[0-9a-f]{40}  # v\d+\.\d+\.\d+$", line) for line in remote)
    assert version_of("actions/checkout@main") == ""


def test_a_called_workflow_is_called_and_not_copied() -> None:
    made = read(verify_workflow(facts(CASES["CI that can be called"].files)))

    assert made["jobs"] == {"verify": {"uses": f"./{CI}"}}


def test_the_version_of_a_tool_is_what_the_files_say() -> None:
    def tools(files: dict[str, str]) -> dict[str, str]:
        return facts(files).projects[0].tools[0].inputs

    assert tools({"api/go.mod": ""}) == {"go-version-file": "api/go.mod"}
    assert tools({"package.json": package(), ".nvmrc": "22"}) == {"node-version-file": ".nvmrc"}
    assert tools({"package.json": package(engines={"node": ">=20"})}) == {"node-version-file": "package.json"}
    assert tools(CASES["what CI runs"].files) == {"python-version-file": "pyproject.toml"}
    assert tools(CASES["maven with a wrapper"].files) == {"distribution": "temurin", "java-version": "17"}
    literal = workflow(
        '{uses: actions/setup-node@v4, with: {node-version: 20, token: "${{ github.token }}"}}', "run: npm test"
    )
    assert tools({"package.json": package(), CI: literal}) == {"node-version": "20"}
    java = workflow(
        '{uses: actions/setup-java@v4, with: {distribution: zulu, java-version: "${{ matrix.j }}"}}', "run: mvn test"
    )
    assert tools({CI: java}) == {"distribution": "temurin", "java-version": "21"}


def test_variables_of_a_job_come_along_where_they_are_known_from_the_file() -> None:
    known = workflow("run: make test", job="    env: {MODE: fast, N: 2}")
    asked = workflow("run: make test", job="    env: {MODE: '${{ vars.MODE }}'}")

    assert facts({CI: known}).projects[0].env == {"MODE": "fast", "N": "2"}
    assert facts({CI: asked}).projects == ()


def test_of_a_monorepo_the_parts_stand_in_otto_yml_and_of_one_part_only_as_a_comment() -> None:
    many = read_config(load(repository_file(facts(CASES["a monorepo"].files))), HostCaps())
    one = repository_file(facts(CASES["npm"].files))

    assert [(part.path, part.test) for part in many.paths.projects] == [
        ("api", "python -m pytest"),
        ("web", "yarn test"),
    ]
    assert load(one) is None
    assert '#     - path: "."\n#       setup: npm ci\n#       test: npm test' in one
    assert one.startswith("# yaml-language-server: $schema=https://")


def test_very_many_parts_are_cut_and_it_is_said() -> None:
    made = facts({f"m{n:03}/go.mod": "" for n in range(90)})
    text = verify_workflow(made)

    assert len(read(text)["jobs"]) == len(made.projects) == MOST_PROJECTS
    assert "90 parts were found" in text


def test_very_long_commands_are_cut_and_it_is_said() -> None:
    step = "run: pytest -k " + "a" * 1_900
    made = facts(
        {
            f".github/workflows/w{n:02}.yml": workflow(
                *[step] * 5, job=f"    defaults: {{run: {{working-directory: d{n}}}}}"
            )
            for n in range(9)
        }
    )

    assert [one.path for one in made.projects] == ["d0"]
    assert "9 parts were found; 1 have" in made.notes[0]


def test_what_nobody_sees_in_a_command_is_not_taken_over() -> None:
    def taken(command: str) -> bool:
        return bool(facts({CI: workflow(f'run: "{command}"')}).projects)

    assert taken("cargo test store::links && echo ✓ 🎉")
    odd_ones = (r"\u202e", r"\u200b", "${{ inputs.x }}", "$GITHUB_TOKEN", r"\e[2J")
    assert not any(taken(f"pytest {odd}") for odd in odd_ones)


def test_folders_whose_names_give_the_same_key_have_a_job_each() -> None:
    made = read(verify_workflow(facts({"a-b/go.mod": "", "a_b/go.mod": "", "ä/go.mod": ""})))

    assert set(made["jobs"]) == {"verify-a-b", "verify-a-b-2", "verify-part"}


def test_few_texts_are_asked_for_however_large_the_tree_is() -> None:
    paths = [f"p{n}/package.json" for n in range(1_000)] + [f"x{n}/y/z.c" for n in range(5_000)]

    assert len(texts_wanted(paths)) == MOST_TEXTS
    assert texts_wanted(["package.json", "a/package.json", "a/readme"])[0] == "package.json"


def test_this_repository_is_tested_by_make_test() -> None:
    paths = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    texts = {path: (ROOT / path).read_text() for path in texts_wanted(paths)}
    every = workflows({path: (ROOT / path).read_text() for path in paths if path.startswith(".github/workflows/")})

    (part,) = facts_of(paths, texts, every).projects

    assert (part.path, part.test) == (".", ("make test",))
    assert part.tools == (Tool(action="actions/setup-python", inputs={"python-version-file": "pyproject.toml"}),)


words = st.text(max_size=40) | st.sampled_from(
    ["on", "~", "- a", "a: b", "a #b", "'", '"', "1e3", "0o7", "2026-11-29", "=", "|", "\u2028", "${{ x }}", "\\n", ""]
)


def kept(text: str) -> str:
    return "".join("\ufffd" if one == "\0" or "\ud800" <= one <= "\udfff" else one for one in text)


@settings(max_examples=30, deadline=None)
@given(words, st.dictionaries(words, words, max_size=3))
def test_strange_words_come_back_as_they_were(word: str, more: dict[str, str]) -> None:
    """Names and commands are data: no reader takes them for anything else, whatever they are."""
    data = {"run": word, "list": [word, [word]], "map": {kept(key): value for key, value in more.items()}}
    text = "\n".join(lines(data))
    wanted = {
        "run": kept(word), "list": [kept(word), [kept(word)]], "map": {kept(k): kept(v) for k, v in more.items()},
    }  # fmt: skip

    assert load(text) == wanted
    assert yaml.safe_load(scalar(word)) == kept(word)


@settings(max_examples=20, deadline=None)
@given(st.text(min_size=1, max_size=20), st.lists(words, min_size=1, max_size=3))
def test_a_workflow_of_strange_folders_and_commands_is_read_back(folder: str, commands: list[str]) -> None:
    project = Project(path=folder, setup=tuple(commands), test=("make test",), why=folder)
    made = Facts(projects=(project,), notes=(folder,), source=folder)

    (job,) = read(verify_workflow(made))["jobs"].values()

    assert job["steps"][1]["run"] == kept("\n".join(commands))
    assert job.get("defaults", {}).get("run", {}).get("working-directory", ".") == kept(folder)


def test_the_page_about_it_names_the_day_of_the_pins() -> None:
    assert f"as of {AS_OF};" in (ROOT / "docs" / "onboarding.md").read_text()
