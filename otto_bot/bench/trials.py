"""Tries every coder rule of a scenario for real: its files, the check on them, and what a log would then say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from otto_bot.agents.coder_prompt import CodeRequest, code_prompt, code_system
from otto_bot.bench.answers import Answered, of_check, of_record
from otto_bot.bench.checks import Checked, Checks, files_of
from otto_bot.bench.history import failure_of
from otto_bot.bench.place import BEGUN
from otto_bot.bench.scenario import BenchScenario, Coded
from otto_bot.bench.world import fact_at
from otto_bot.core.config import Config, HostCaps, read_config
from otto_bot.core.evidence import Excerpt
from otto_bot.core.plan import batches

NONCE = "0123456789abcdef"
MARK = "\N{REPLACEMENT CHARACTER}"
"""Stands for text that an attempt may be given: no scenario's."""


class NotApplicable(ValueError):
    """A rule's edit does not fit the tree it would be applied to."""


class Trial(NamedTuple):
    """One rule on the tree its task is judged on. `done`: the check is green and the judge would be content."""

    rule: Coded
    files: dict[str, bytes]
    checked: Checked
    done: bool


@dataclass
class Trials:
    """Everything that can be known of a scenario without a run. `checks` runs each tree once."""

    scenario: BenchScenario
    checks: Checks

    @cached_property
    def config(self) -> Config:
        """The scenario's otto.yml."""
        return read_config(self.scenario.otto, HostCaps())

    @cached_property
    def base(self) -> dict[str, bytes]:
        """The default branch, with what people mend."""
        files = dict(files_of(self.scenario.repo))
        for mend in self.scenario.bench.people.mends.values():
            for path, text in mend.files.items():
                if text is None:
                    files.pop(path, None)
                else:
                    files[path] = text.encode()
        return files

    def after(self, task: str) -> tuple[str, ...]:
        """Tasks that are merged before this one is judged."""
        plan, said = self.scenario.bench.plan, self.scenario.bench.truth.after
        return said.get(task, tuple(sorted(plan.depends()[task])))

    @cached_property
    def order(self) -> tuple[str, ...]:
        """Tasks, each behind those it is judged after; what goes round comes last."""
        left = [key for batch in batches(self.scenario.bench.plan) for key in batch]
        done: list[str] = []
        while left:
            ready = [key for key in left if set(self.after(key)) <= set(done)] or left[:1]
            done += ready
            left = [key for key in left if key not in ready]
        return tuple(done)

    @cached_property
    def of_task(self) -> dict[str, list[Trial]]:
        """Every rule of every task, tried. Raises NotApplicable."""
        found: dict[str, list[Trial]] = {}
        for key in self.order:
            tree = dict(self.base)
            for before in self.after(key):
                solved = next((trial for trial in found.get(before, ()) if trial.done), None)
                if solved is not None:
                    tree = with_rule(tree, solved.rule)
            found[key] = [self._try(key, tree, rule) for rule in self.scenario.bench.rules_of(key)]
        return found

    def _try(self, task: str, tree: Mapping[str, bytes], rule: Coded) -> Trial:
        files = with_rule(tree, rule)
        checked = self.checks.of(files)
        return Trial(rule, files, checked, checked.green and self._content(task, rule))

    def _content(self, task: str, rule: Coded) -> bool:
        """Whether the scripted judge would be content with what the rule writes."""
        judged = self.scenario.bench.judge.get(task, {})
        said = "\n".join([*rule.writes.values(), *(edit.new for edit in rule.edits)])
        return not self.config.qa.enabled or all(one.needs in said for one in judged.values())

    def first_prompt(self, task: str) -> str:
        """Everything that the coder of a first attempt is told."""
        return self._prompt(task, first=True)

    def later_frame(self, task: str) -> str:
        """What a later attempt is told, with a mark in place of evidence, guidance, facts and diff."""
        return self._prompt(task, first=False)

    def _prompt(self, task: str, *, first: bool) -> str:
        plan, config = self.scenario.bench.plan, self.config
        marked = Excerpt(kind="log", source=MARK, text=MARK)
        request = CodeRequest(
            run="1",
            model=config.models.coder,
            task=plan.task(task),
            attempt=1 if first else 2,
            plan_summary=plan.summary,
            evidence=() if first else (marked,),
            guidance="" if first else MARK,
            facts=() if first else (MARK,),
            previous_diff="" if first else MARK,
            projects=config.paths.projects,
            protected=config.paths.guarded,
            nonce=NONCE,
        )
        return "\n".join([code_system(request, can_run=False), code_prompt(request)])

    def first_trial(self, task: str) -> Trial | None:
        """What the first attempt does."""
        prompt = self.first_prompt(task)
        return next((trial for trial in self.of_task[task] if fits(trial.rule, prompt)), None)

    def first_log(self, task: str) -> str:
        """What a coder is told of the first failure of a task; empty where the first attempt passes."""
        trial = self.first_trial(task)
        if trial is None:
            return ""
        answered = self._answered(task, trial)
        words = [] if trial.done or self.config.qa.enabled is False else self._verdict(task, trial)
        if answered.job in ("success", "") or not answered.ran:
            return "\n".join([*words, *answered.annotations])
        failure = failure_of(self.scenario, answered, task, 1, "0" * 40)
        return "\n".join([*words, *(excerpt.text for excerpt in failure.excerpts)])

    def _answered(self, task: str, trial: Trial) -> Answered:
        fact = fact_at(self.scenario, task, 1, trial.checked)
        if fact is None:
            return of_check(self.scenario, trial.checked, BEGUN)
        return of_record(self.scenario, self.scenario.bench.answer(fact.answer), trial.checked, BEGUN)

    def _verdict(self, task: str, trial: Trial) -> list[str]:
        said = "\n".join([*trial.rule.writes.values(), *(edit.new for edit in trial.rule.edits)])
        judged = self.scenario.bench.judge.get(task, {})
        return [one.says for one in judged.values() if one.needs not in said]

    def handoffs(self, but: str) -> str:
        """What first attempts of other tasks leave behind that pass at once."""
        found = [trial for key in self.order if key != but and (trial := self.first_trial(key)) is not None]
        return "\n".join(text for trial in found if trial.done for text in trial.rule.handoff)

    def spec(self, but: str = "") -> str:
        """The words of the issue and of the plan that are not a task's own."""
        bench = self.scenario.bench
        plan = bench.plan
        said = [bench.issue.title, bench.issue.body, *plan.assumptions, *plan.non_goals]
        said += [relation.reason for relation in plan.relations]
        for task in plan.tasks:
            if task.key != but:
                said += [task.title, task.goal, *(criterion.text for criterion in task.criteria)]
        return "\n".join(said)


def with_rule(tree: Mapping[str, bytes], rule: Coded) -> dict[str, bytes]:
    """The tree with what a rule writes. Raises NotApplicable."""
    files = {**tree, **{path: text.encode() for path, text in rule.writes.items()}}
    for edit in rule.edits:
        text = files.get(edit.file, b"").decode("utf-8", "replace")
        if text.count(edit.old) != 1:
            raise NotApplicable(f"{edit.old[:60]!r} stands {text.count(edit.old)} times in {edit.file}; once is needed")
        files[edit.file] = text.replace(edit.old, edit.new).encode()
    return files


def fits(rule: Coded, prompt: str) -> bool:
    """Whether a rule answers this prompt."""
    return all(text in prompt for text in rule.prompt_contains) and not any(t in prompt for t in rule.prompt_lacks)


def missing(facts: Sequence[str], text: str) -> list[str]:
    """Facts that do not stand in a text."""
    return [fact for fact in facts if fact not in text]
