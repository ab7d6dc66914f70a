"""Scenario folders: what is accepted, and that every mistake is named with its file, line and place."""

from __future__ import annotations

from pathlib import Path

import pytest

from otto_bot.playground.scenario import ScenarioError, find, load, shipped

GOOD = """
description: one rule
issue: {title: Add a thing, body: Please., author: maintainer}
script:
  - when: {role: planner}
    reply: {json: {summary: s}}
  - when: {role: coder, task: t1, attempt: [1, 2], prompt_lacks: [registry]}
    reply:
      turns:
        - [{text: I write it., }, {tool: write, input: {file_path: a.py, content: x}}]
        - [{tool: finish, input: {handoff: ''}}]
people:
  - on: {comment: {contains: needs you}}
    do: {comment: /otto retry}
    as: maintainer
faults:
  - {kind: drop, event: issues}
expect:
  outcome: done
  tasks: {t1: merged, t2: {state: merged, attempts: 2}}
"""


def folder(tmp_path: Path, text: str, *, repo: bool = True) -> Path:
    """A scenario folder with this `scenario.yml`."""
    place = tmp_path / "mine"
    place.mkdir()
    if repo:
        (place / "repo").mkdir()
        (place / "repo" / "a.py").write_text("x = 1\n")
    (place / "scenario.yml").write_text(text)
    return place


def problems(place: Path) -> tuple[str, ...]:
    with pytest.raises(ScenarioError) as caught:
        load(place)
    return caught.value.problems


def test_a_good_folder_is_read(tmp_path: Path) -> None:
    scenario = load(folder(tmp_path, GOOD))
    assert scenario.name == "mine"
    assert scenario.script.issue.author == "maintainer"
    assert scenario.people[0].on.model_dump(exclude_none=True)["comment"]["contains"] == "needs you"
    assert scenario.faults[0].kind == "drop"
    assert scenario.script.script[1].when.attempt == [1, 2]


def test_every_mistake_is_named_at_once_with_its_line(tmp_path: Path) -> None:
    text = GOOD.replace("role: planner", "role: planer").replace("outcome: done", "outcom: done")
    text = text.replace("kind: drop", "kind: dropp").replace("{json: {summary: s}}", "{}")
    found = problems(folder(tmp_path, text, repo=False))
    assert len(found) == 5
    assert "repo: missing or empty" in found[0]
    lines = text.splitlines()
    for problem in found[1:]:
        file, line, place, _ = problem.split(":", 3)
        assert file.endswith("scenario.yml")
        assert place.strip().split(".")[-1].split("[")[0] in lines[int(line) - 1] + "reply faults"
    together = "\n".join(found)
    assert "script[1].when.role" in together
    assert "script[1].reply: needs exactly one of" in together
    assert "expect.outcom: is not a known key" in together
    assert "faults[1].kind" in together


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("issue: [", "scenario.yml:1: "),
        ("", "must be a mapping"),
        ("- a\n", "must be a mapping"),
        ("issue: {title: a}\nissue: {title: b}\n", "scenario.yml:2: the key 'issue' stands twice"),
        ("script: []\n", "issue: Field required"),
        ("issue: {title: a}\npeople: {on: x}\n", "people: "),
        (GOOD.replace("reply: {json: {summary: s}}", "reply: {json: {}, text: a}"), "exactly one of"),
        (GOOD.replace("reply: {json: {summary: s}}", "reply: {cut: true, error: {status: 500}}"), "breaks off words"),
        (GOOD.replace("t1: merged", "task1: merged"), "expect.tasks"),
        ("issue: &a {title: *a}\n", "scenario.yml"),
    ],
)
def test_bad_files_say_why(tmp_path: Path, text: str, part: str) -> None:
    assert part in "\n".join(problems(folder(tmp_path, text)))


def test_words_that_yaml_takes_for_booleans_stay_words(tmp_path: Path) -> None:
    text = "issue: {title: yes}\npeople: [{on: {label: off}, do: {comment: no}}]\n"
    scenario = load(folder(tmp_path, text))
    assert scenario.script.issue.title == "yes"
    assert scenario.people[0].on.label == "off"


def test_a_file_that_is_no_text_or_too_large(tmp_path: Path) -> None:
    place = folder(tmp_path, GOOD)
    (place / "scenario.yml").write_bytes(b"issue: \xff\xfe")
    assert "is not UTF-8 text" in problems(place)[0]
    (place / "scenario.yml").write_bytes(b"#" * (4 * 1024 * 1024 + 1))
    assert "larger than" in problems(place)[0]
    (place / "scenario.yml").unlink()
    assert "cannot be read" in problems(place)[0]


def test_repo_holds_plain_files_only(tmp_path: Path) -> None:
    place = folder(tmp_path, GOOD)
    (place / "repo" / "out").symlink_to("/etc/hostname")
    assert "points outside of repo/" in problems(place)[0]
    (place / "repo" / "out").unlink()
    (place / "repo" / ".git").mkdir()
    assert "plain files" in problems(place)[0]


def test_a_scenario_is_found_by_name_or_folder(tmp_path: Path) -> None:
    place = folder(tmp_path, GOOD)
    assert find(str(place)) == place
    with pytest.raises(ScenarioError, match="mixed-batch"):
        find("no-such-scenario")


@pytest.mark.parametrize("name", shipped())
def test_every_shipped_scenario_is_good(name: str) -> None:
    scenario = load(find(name))
    assert scenario.script.description
    assert scenario.script.expect.outcome


def test_the_example_of_the_documentation_is_good(tmp_path: Path) -> None:
    text = (Path(__file__).parents[2] / "docs" / "scenarios.md").read_text()
    start = text.index("# scenario.yml\ndescription:")
    scenario = load(folder(tmp_path, text[start : text.index("```", start)]))
    assert [rule.when.role for rule in scenario.script.script] == ["planner", "coder", "judge"]
    assert scenario.script.expect.outcome == "done"
