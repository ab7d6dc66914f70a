"""Presets: laid over their base, checked as one, every mistake told in the file where it stands."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from otto_bot.playground.demo.seed import with_files
from otto_bot.playground.scenario import find, load, presets
from otto_bot.playground.scenario_file import ScenarioError
from otto_bot.playground.scenario_preset import PresetFile


def written(folder: Path, text: str) -> Path:
    path = folder / "odd.yml"
    path.write_text(text)
    return path


def test_a_preset_is_its_base_but_for_what_it_says(tmp_path: Path) -> None:
    text = """\
description: Odd.
base: two
files: {README.md: "# Odd\\n", check.sh: null}
github: {refuse_drafts: true, actions: {arch: x}}
script:
  - {name: mine, when: {role: judge}, reply: {text: no}}
expect:
  gates: 2
  tasks: null
"""
    base = load(written(tmp_path, "description: As it is.\nbase: two\n"))
    scenario = load(written(tmp_path, text))
    assert (scenario.name, scenario.file, scenario.source) == ("odd", tmp_path / "odd.yml", tmp_path / "odd.yml")
    assert scenario.folder == base.folder
    assert (scenario.script.github.name, scenario.script.github.refuse_drafts) == ("texts", True)
    assert scenario.script.github.actions == {"runner": "shell", "arch": "x"}
    assert [rule.name for rule in scenario.script.script][:2] == ["mine", ""]
    assert scenario.script.script[1:] == base.script.script
    assert (scenario.script.expect.gates, scenario.script.expect.tasks) == (2, {})
    assert scenario.script.expect.outcome == "done"
    assert scenario.files == {"README.md": "# Odd\n", "check.sh": None}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[]", "odd.yml:1: file: must be a mapping"),
        ("base: one\n", "odd.yml:1: description: Field required"),
        ("description: x\nbase: three\n", "odd.yml:2: base: "),
        ("description: x\nprivate: true\n", "odd.yml:2: private: is not a known key"),
        ("description: x\ngithub:\n  name: a/b\n", "odd.yml:3: github.name: "),
        ("description: x\ngithub:\n  drafts: no\n", "odd.yml:3: github.drafts: is not a known key"),
        ("description: x\nexpect:\n  tasks:\n    t9: {stat: merged}\n", "odd.yml:4: expect.tasks.t9.stat"),
        ("description: x\nscript:\n  - reply: {}\n", "odd.yml:3: script[1].reply: needs exactly one of"),
        ("description: x\nfaults:\n  - {kind: bad}\n", "odd.yml:3: faults[1].kind: "),
        ("description: x\nfiles: {../x: y}\n", "odd.yml:2: files: '../x' is no file within the repository"),
        ("description: x\nfiles: {/etc/x: y}\n", "'/etc/x' is no file"),
        ("description: x\nfiles: {.git/config: y}\n", "'.git/config' is no file"),
        ("description: x\nissue: null\n", "odd.yml:2: issue: "),
        ("description: x\nissue: {title: ''}\n", "odd.yml:2: issue.title: "),
    ],
)
def test_a_mistake_is_told_where_it_stands(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        load(written(tmp_path, text))
    assert told in str(caught.value)


def test_a_mistake_of_the_base_is_told_in_the_base(tmp_path: Path) -> None:
    (tmp_path / "one.yml").write_text("issue: {title: x}\nscript:\n  - {when: {}}\n  - {when: {}}\n")
    own = written(tmp_path, "description: x\nscript:\n  - {when: {}}\nissue: {body: y}\n")
    both = PresetFile(own, tmp_path)
    assert both.data["issue"] == {"title": "x", "body": "y"}
    places = [("script", 0, "when"), ("script", 2, "when"), ("issue", "title"), ("issue", "body"), ("script",)]
    told = [both.problem(place, "no").rpartition("/")[2].split(": ")[0] for place in places]
    assert told == ["odd.yml:3", "one.yml:4", "one.yml:1", "odd.yml:4", "odd.yml:2"]


@pytest.mark.parametrize("name", presets())
def test_a_shipped_preset_is_sound_and_needs_no_settings(name: str) -> None:
    scenario = load(find(name))
    assert scenario.name == name
    assert scenario.script.description
    assert not any(path.endswith("otto.yml") for path in scenario.files)
    assert not (scenario.repo / ".github" / "otto.yml").exists()
    assert scenario.script.time_limit <= 150


def test_each_preset_stands_in_the_docs() -> None:
    table = (Path(__file__).parents[2] / "docs" / "scenarios.md").read_text()
    rows = table.partition("| preset | shows |")[2].partition("\n\n")[0]
    assert sorted(re.findall(r"^\| `([a-z0-9-]+)` \|", rows, re.MULTILINE)) == sorted(presets())


def test_its_files_are_laid_over_a_copy(tmp_path: Path) -> None:
    source = tmp_path / "source"
    (source / "docs").mkdir(parents=True)
    (source / "a.txt").write_text("a")
    (source / "docs" / "b.txt").write_text("b")
    made = with_files(source, {"docs/b.txt": None, "new/c.txt": "c", "a.txt": "A", "none.txt": None}, tmp_path / "made")
    found = {str(file.relative_to(made)): file.read_text() for file in made.rglob("*") if file.is_file()}
    assert found == {"a.txt": "A", "new/c.txt": "c"}
    assert (source / "docs" / "b.txt").exists()
