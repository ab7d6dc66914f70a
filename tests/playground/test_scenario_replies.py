"""What the shipped scenarios' models say has the shapes that the bot reads, and their stories hold in real files."""

from __future__ import annotations

import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from otto_bot.agents.toolbox import check_finish
from otto_bot.core.config import HostCaps, read_config
from otto_bot.core.decision import PilotDecision, ReplanOrder
from otto_bot.core.named_tests import Names, defined_tests, is_test_file
from otto_bot.core.plan import Criterion, Plan, TaskSpec
from otto_bot.core.plan_check import check as plan_check
from otto_bot.core.plan_growth import MorePlan, grown
from otto_bot.core.plan_problem import Intent
from otto_bot.core.records import CommandRecord
from otto_bot.core.safe_words import unsafe_words
from otto_bot.core.verdict import Verdict, assess
from otto_bot.core.verdict_check import Material, Problem, check
from otto_bot.jobs.plan_issue import KEY_FILES
from otto_bot.playground.scenario import Reply, Rule, Scenario, find, load, shipped
from otto_bot.playground.scenario_file import YamlFile

NAMES = shipped()
ABOUT_GRACE = ("gate-steered", "pause-resume")
"""People end it before its time, so it costs no time."""


@cache
def scenario_of(name: str) -> Scenario:
    """A shipped scenario, read once."""
    return load(find(name))


def rules(name: str, role: str) -> list[Rule]:
    """The rules of a scenario for one role."""
    return [rule for rule in scenario_of(name).script.script if rule.when.role == role]


def plans(name: str) -> list[Plan]:
    """What its planner says, one after the other; in mid-run that is what the plan is to get in addition."""
    made: list[Plan] = []
    for rule in rules(name, "planner"):
        if rule.when.attempt == 1:
            more = MorePlan.model_validate(rule.reply.json_)
            made.append(grown(made[-1], more, [f"t{len(made[-1].tasks) + n}" for n in range(1, len(more.tasks) + 1)]))
        else:
            made.append(Plan.model_validate(rule.reply.json_))
    return made


GROWING = frozenset({"journeys-replan"})
"""Plans that get more tasks in mid-run."""
MENDED = {"journeys-fix": {"t4"}, "journeys-scope": {"t4"}, "journeys-actions": {"t3"},
          "review-feedback": {"t3"}}  # fmt: skip
"""Tasks that no plan has: they mend what journeys or people found."""


IMPROVED = {"improve": {"t1"}}
"""Tasks of a run that only takes up a review, beside one of the same key that a planner made."""


def mending(verdict: Verdict) -> TaskSpec:
    """Such a task: one criterion a point."""
    ids = sorted({item.id for item in verdict.items})
    return TaskSpec(key="t9", title="mend", goal="mend", criteria=tuple(Criterion(id=key, text="it is") for key in ids))


CUT_WRONG = frozenset({"cohesive-issue"})
"""Plans that are refused twice: that they become one task is their subject."""


@pytest.mark.parametrize("name", NAMES)
def test_plans_break_no_rule(name: str) -> None:
    """Those that were sent are taken as they are, or the scenario would tell another story."""
    made, scenario = plans(name), scenario_of(name)
    expected = set(scenario.script.expect.tasks) - MENDED.get(name, set())
    if not made or scenario.script.issue.says is not None:
        assert expected == set()
        return
    repo = find(name) / "repo"
    paths = tuple(path.relative_to(repo).as_posix() for path in repo.rglob("*") if path.is_file())
    manifests = tuple((path, (repo / path).read_text()) for path in paths if path in KEY_FILES)
    issue = scenario.script.issue
    found = plan_check(made[0], Intent(title=issue.title, body=issue.body, paths=paths, manifests=manifests), 8)
    assert bool(found) is (name in CUT_WRONG), [problem.line for problem in found]
    assert expected == ({"t1"} if found else set(made[0].keys if name not in GROWING else made[-1].keys))


NOT_BELIEVED = frozenset({("verdict-contradicts", 1), ("verdict-contradicts", 2)})
"""Verdicts that contradict themselves: that they are not believed is their subject."""
FAILING = frozenset({("judge-runs", "it tries what no test tries"), ("certify", "a criterion does not hold")})
OWN = 2
"""Records of the harness itself: Actions, and the tests of a report."""


def answered(reply: Reply) -> tuple[object, int]:
    """A judge's last words, and how many tools it used before."""
    if reply.turns is None:
        return reply.json_, 0
    *calls, last = [call for turn in reply.turns for call in turn if call.text is None]
    return last.json_, len(calls)


def defined(name: str) -> dict[str, str]:
    """Every test that the scenario's repository or one of its coders defines."""
    root = find(name) / "repo"
    files = {str(path.relative_to(root)): path.read_text() for path in root.rglob("*.py")}
    calls = [call for rule in rules(name, "coder") for turn in rule.reply.turns or [] for call in turn]
    for call in calls:
        path, text = call.input.get("file_path"), call.input.get("content") or call.input.get("new_string")
        if path and text:
            files[path] = f"{files.get(path, '')}\n{text}"
    return defined_tests({path: text for path, text in files.items() if is_test_file(path)})


def held(verdict: Verdict, task: TaskSpec, used: int, tests: dict[str, str]) -> tuple[Problem, ...]:
    """Why the verdict would not be believed if what it quotes stood in every record."""
    quotes = "\n".join(quote for item in verdict.items for quote in item.evidence.split('"'))
    records = [CommandRecord(number=n, tool="read", what="x", output=quotes) for n in range(1, used + OWN + 1)]
    return check(verdict, records, Material(task=task, defined=tests, defined_names=Names(tests)))


@pytest.mark.parametrize("name", NAMES)
def test_verdicts_are_believed(name: str) -> None:
    """Where a plan is revised, by the plan that the judge reads."""
    made = plans(name)
    tests = defined(name)
    for rule in rules(name, "judge"):
        key, (said, used) = rule.when.task, answered(rule.reply)
        assert isinstance(key, str)
        verdict = Verdict.model_validate(said)
        tasks = [one.task(key) for one in made if key in one.keys]
        tasks += [mending(verdict)] if key in MENDED.get(name, IMPROVED.get(name, ())) else []
        found = min(((held(verdict, task, used, tests), task) for task in tasks), key=lambda pair: len(pair[0]))
        assert bool(found[0]) is ((name, rule.when.try_) in NOT_BELIEVED), found[0]
        if not found[0]:
            assert assess(found[1], verdict).passed is ((name, rule.name) not in FAILING)


@pytest.mark.parametrize("name", NAMES)
def test_decisions_can_be_read_and_are_safe(name: str) -> None:
    for rule in rules(name, "pilot"):
        if rule.reply.text is not None:
            assert name == "pilot-nonsense"  # words that are no decision are its subject
            continue
        decision = PilotDecision.model_validate(rule.reply.json_)
        words = [strategy.guidance for strategy in decision.retry_strategies]
        words += [fact.context for fact in decision.routed_context] + [fact.text for fact in decision.new_learnings]
        assert [unsafe_words(text, (".github/**", "CODEOWNERS")) for text in words] == [None] * len(words)
    for rule in rules(name, "replan"):
        ReplanOrder.model_validate(rule.reply.json_)


@pytest.mark.parametrize("name", NAMES)
def test_coders_end_with_a_finish_that_is_taken(name: str) -> None:
    for rule in rules(name, "coder"):
        assert rule.reply.turns is not None
        last = rule.reply.turns[-1][-1]
        if last.tool != "finish":
            assert rule.name == "the money ends before this one finishes"  # that it never gets to finish is its subject
            continue
        assert not check_finish(last.input).is_error


@pytest.mark.parametrize("name", NAMES)
def test_configurations_are_valid(name: str) -> None:
    config = read_config(YamlFile(find(name) / "repo" / ".github" / "otto.yml").data, HostCaps())
    assert config.verify.settle_seconds <= 1
    assert config.pilot.grace_minutes <= 0.05 or name in ABOUT_GRACE


STORIES = [
    ("single-task", [1], True),
    ("all-green", [1, 2], True),
    ("mixed-batch", [1, 3], False),
    ("mixed-batch", [1, 3, 4], False),
    ("mixed-batch", [1, 3, 2, 5], True),
    ("mixed-batch", [1, 6], False),
    ("hidden-convention", [2], False),
    ("hidden-convention", [2, 3], False),
    ("hidden-convention", [2, 1], True),
    ("env-mismatch", [2], False),
    ("env-mismatch", [2, 1, 3], True),
    ("api-contract", [1, 3], False),
    ("api-contract", [1, 3, 2], True),
]


@pytest.mark.slow
@pytest.mark.parametrize(("name", "picks", "green"), STORIES)
def test_a_story_holds_in_real_files(tmp_path: Path, name: str, picks: list[int], green: bool) -> None:
    scenario = scenario_of(name)
    folder = tmp_path / "repo"
    shutil.copytree(scenario.repo, folder)
    for pick in picks:
        play(scenario.script.script[pick].reply, folder)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60)
    assert (done.returncode == 0) is green, done.stdout


def play(reply: Reply, folder: Path) -> None:
    """Carries out the writes and edits of a coder's turns."""
    for call in (call for turn in reply.turns or [] for call in turn):
        if call.tool not in ("write", "edit"):
            continue
        file = folder / call.input["file_path"]
        if call.tool == "write":
            file.write_text(call.input["content"])
            continue
        text = file.read_text()
        assert text.count(call.input["old_string"]) == 1, (file, call.input["old_string"])
        file.write_text(text.replace(call.input["old_string"], call.input["new_string"]))
