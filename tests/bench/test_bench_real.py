"""`bench real` on a tiny repository that the test makes, with a scripted server in every role."""

from __future__ import annotations

import argparse
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from otto_bot.bench.live.pairs import Pair
from otto_bot.bench.options import add_parser, live_options
from otto_bot.bench.real.command import run
from otto_bot.bench.real.manifest import load_manifest
from otto_bot.bench.scenario_file import BenchError
from otto_bot.sandbox.cage import Cage, Probe

NEEDS_CAGE = pytest.mark.skipif(not Cage.probe().ok, reason=f"no cage: {Cage.probe().reason}")
TEST = '''"""The tests of words.py."""
import unittest

import words


class Words(unittest.TestCase):
    def test_count(self):
        self.assertEqual(words.count("a b"), 2)

    def test_longest(self):
        if not hasattr(words, "longest"):
            raise unittest.SkipTest("longest is not written yet")
        self.assertEqual(words.longest("a bcd ef"), "bcd", "the longest word counts letters, not words")

    def test_first(self):
        if not hasattr(words, "first"):
            raise unittest.SkipTest("first is not written yet")
        self.assertEqual(words.first("b a"), "b")

    def test_network(self):
        import socket
        with self.assertRaises(OSError):
            socket.create_connection(("192.0.2.1", 80), 0.2)


unittest.main()
'''
COUNT = "def count(text):\n    return len(text.split())\n"


def git(folder: Path, *argv: str) -> str:
    identity = ["-c", "user.name=maintainer", "-c", "user.email=maintainer@example.com"]
    return subprocess.run(["git", *identity, *argv], cwd=folder, check=True, capture_output=True, text=True).stdout


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "words"
    folder.mkdir()
    git(folder, "init", "-q", "-b", "main")
    (folder / "words.py").write_text(COUNT)
    (folder / "check.sh").write_text("#!/bin/sh\nexec python -B test_words.py\n")
    (folder / "check.sh").chmod(0o755)
    (folder / "test_words.py").write_text(TEST)
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "Count words")
    return folder


def task(number: int, name: str) -> dict[str, Any]:
    return {
        "key": f"t{number}", "title": f"Add {name}", "goal": f"Add {name}(text) to words.py.",
        "criteria": [{"id": "c1", "text": f"{name}('a bc') returns a word of the text"}],
    }  # fmt: skip


PLAN: dict[str, Any] = {
    "summary": "Two small functions.",
    "tasks": [task(1, "longest"), task(2, "first")],
    "relations": [{"a": "t1", "b": "t2", "kind": "ADDITIVE", "reason": "the same file"}],
}


BODY = "Please add longest(text) and first(text), as separate changes."
SPLIT = {
    **PLAN,
    "mode": "decomposed",
    "tasks": [{**made, "features": [f"f{number}"]} for number, made in enumerate(PLAN["tasks"], 1)],
    "domains": [
        {"kind": "asked", "name": name, "asked": "longest(text) and first(text), as separate changes"}
        for name in ("longest", "first")
    ],
    "spec": {
        "features": [
            {"id": "f1", "name": "longest", "asked": "longest(text)"},
            {"id": "f2", "name": "first", "asked": "first(text)"},
        ],
        "journeys": [
            {"id": f"j{n}", "title": "Ask", "features": ["f1", "f2"], "steps": [{"do": "longest('a bc')", "see": "bc"}]}
            for n in (1, 2, 3)
        ],
    },
}
"""What a planner answers for an issue with this body."""


def manifest(folder: Path, commit: str, /, *issues: dict[str, Any], **changes: Any) -> Path:
    one = {"name": "words", "folder": "words", "commit": commit, "setup": "test -x check.sh", "check": "./check.sh",
           "seconds": 30, "issues": list(issues) or [{"title": "Two functions", "plan": PLAN}]}  # fmt: skip
    path = folder.parent / "manifest.yml"
    path.write_text(yaml.safe_dump({"repositories": [{**one, **changes}]}))
    return path


def options(path: Path, *words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_parser(parser.add_subparsers())
    given = parser.parse_args(["bench", "real", str(path), "--jobs", "1", *words])
    from datetime import UTC, datetime

    return live_options(given, datetime(2026, 11, 2, tzinfo=UTC))


def turns(text: str) -> dict[str, Any]:
    """Append to words.py."""
    write = {"tool": "write", "input": {"file_path": "words.py", "content": COUNT + text}}
    return {"turns": [[write, {"tool": "finish", "input": {"summary": "done"}}]]}


LONGEST = "\n\ndef longest(text):\n    return max(text.split(), key=len)\n"
FIRST = "\n\ndef first(text):\n    return text.split()[0]\n"


def model() -> list[dict[str, Any]]:
    """A model whose first longest() is wrong and whose pilot knows why."""
    told = "counts letters, not words"
    met = {"summary": "read", "items": [{"id": "c1", "status": "met", "evidence": "test_count passes"}]}
    answer = {
        "class": "code", "summary": "It takes the last word.", "quotes": [told], "action": "retry_different",
        "guidance": f"max() with key=len: it {told}.", "reason": "The cause is known.",
    }  # fmt: skip
    return [
        {"when": {"role": "planner"}, "reply": {"json": SPLIT}},
        {"when": {"role": "coder", "task": "t1", "prompt_contains": ["max() with key=len"]}, "reply": turns(LONGEST)},
        {
            "when": {"role": "coder", "task": "t1"},
            "reply": turns("\n\ndef longest(text):\n    return text.split()[-1]\n"),
        },
        {"when": {"role": "coder", "task": "t2"}, "reply": turns(FIRST)},
        {"when": {"role": "judge"}, "reply": {"json": met}},
        {"when": {"role": "pilot"}, "reply": {"pilot": {"right": {"t1": answer}}}},
        {"when": {"role": "replan"}, "reply": {"order": "auto"}},
    ]


MISTAKES: list[tuple[dict[str, Any], str]] = [
    ({"commit": "main"}, "repositories[1].commit: String should match"),
    ({"issues": []}, "repositories[1].issues: "),
    ({"chek": "x"}, "repositories[1].chek: is not a known key"),
    ({"otto": {"qa": "maybe"}}, "words: otto.qa"),
    ({"readonly": ["no-such-folder"]}, "there is no such folder"),
    ({"readonly": ["."]}, "holds the repository, which is hidden"),
    ({"issues": [{"title": "x", "plan": {**PLAN, "relations": [{"a": "t1", "b": "t9", "kind": "ADDITIVE"}]}}]},
     "words: issues[1].plan: "),
]  # fmt: skip


@pytest.mark.parametrize(("change", "said"), MISTAKES, ids=[row[1] for row in MISTAKES])
def test_every_mistake_of_a_manifest_is_named(tmp_path: Path, change: dict[str, Any], said: str) -> None:
    path = manifest(tmp_path / "words", "0" * 40, **change)
    with pytest.raises(BenchError) as caught:
        load_manifest(path)
    assert said in str(caught.value)
    assert str(caught.value).startswith(f"{path}: ")


def refused(path: Path, capsys: pytest.CaptureFixture[str]) -> str:
    assert run(options(path, "--out", str(path.parent / "out"))) == 2
    assert not (path.parent / "out").exists()
    return capsys.readouterr().err


@pytest.fixture
def address(stand_in: Any, monkeypatch: pytest.MonkeyPatch) -> str:
    found: str = stand_in.write("live", model())
    monkeypatch.setenv("ANTHROPIC_BASE_URL", found)
    return found


def test_a_folder_elsewhere_or_changed_is_refused(
    repository: Path, address: str, capsys: pytest.CaptureFixture[str]
) -> None:
    head = git(repository, "rev-parse", "HEAD").strip()
    assert f"is at {head}, not at {'0' * 40}: run `git checkout" in refused(manifest(repository, "0" * 40), capsys)
    (repository / "note.txt").write_text("mine")
    assert "is not as its commit (?? note.txt)" in refused(manifest(repository, head), capsys)
    (repository / "src").mkdir()
    assert "lies inside the repository" in refused(manifest(repository, head, folder="words/src"), capsys)
    assert "there is no folder" in refused(manifest(repository, head, folder="nowhere"), capsys)


@NEEDS_CAGE
def test_a_check_that_fails_at_the_pin_is_refused_before_anything_is_asked(
    stand_in: Any, repository: Path, address: str, capsys: pytest.CaptureFixture[str]
) -> None:
    head = git(repository, "rev-parse", "HEAD").strip()
    said = refused(manifest(repository, head, setup="echo no such tool; exit 3"), capsys)
    assert "set-up and check must pass" in said
    assert "no such tool" in said
    assert stand_in.calls(address) == []


def test_without_a_cage_it_is_refused(
    repository: Path, address: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Cage, "probe", classmethod(lambda cls: Probe(False, "no user namespaces", None)))
    path = manifest(repository, git(repository, "rev-parse", "HEAD").strip())
    assert "only in the cage, and there is none here: no user namespaces" in refused(path, capsys)


@NEEDS_CAGE
@pytest.mark.slow
def test_issues_are_played_in_pairs_and_a_plan_is_asked_for_once(
    stand_in: Any, repository: Path, address: str, capsys: pytest.CaptureFixture[str]
) -> None:
    head = git(repository, "rev-parse", "HEAD").strip()
    given, planned = {"title": "Two functions", "plan": PLAN}, {"title": "Two functions", "body": BODY}
    words = ("--repeats", "1", "--out", str(repository.parent / "out"))
    path = manifest(repository, head, given, planned)
    assert run(options(path, *words)) == 0
    out = repository.parent / "out"
    found = [Pair.model_validate_json(line) for line in (out / "pairs.jsonl").read_text().splitlines()]
    assert [(one.scenario, one.group, one.dropped) for one in found] == [
        ("words-1", "words", None), ("words-2", "words", None),
    ]  # fmt: skip
    for one in found:
        pilot, plain = one.runs["pilot"].measured, one.runs["replan"].measured
        assert (pilot.recovered, pilot.recoverable, pilot.problems, plain.problems) == (2, 2, (), ())
        assert plain.recovered < 2
        assert "key=len" in one.runs["pilot"].diffs["t1/a2"]
        assert {call.role for call in one.runs["pilot"].calls} == {"coder", "judge", "pilot"}
    last = stand_in.calls(address)[-1]["seq"]
    paid = [json.loads(line) for line in (out / "purse.jsonl").read_text().splitlines()]
    assert sum("words-2/plan/" in entry.get("call", "") for entry in paid) == 1
    assert sum("reserve" in entry for entry in paid) == last
    assert list(json.loads((out / "plans.json").read_text())) == ["words-2"]
    assert "Not shown that the pilot helps: 1 repositories are too few" in capsys.readouterr().out

    assert run(options(path, *words)) == 0
    assert stand_in.calls(address)[-1]["seq"] == last
