"""The ways in which a good plan is made bad. Each gives a name, the rule that must find it, and the plan."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

from otto_bot.bench.plans.intents import Case
from otto_bot.bench.plans.spoilers import OTHER_STACK, OUT_OF_SCOPE, VAGUE
from otto_bot.core.plan_problem import PlanRule as Rule

Json = dict[str, Any]
Changed = Iterator[tuple[str, Rule, Json]]
INVENTED = "Please make it possible to share everything with friends"


def broken_words(case: Case, plan: Json) -> Changed:
    """Criteria that are missing or say nothing, scope and stack: of every plan."""
    bad = deepcopy(plan)
    for criterion in bad["tasks"][-1]["criteria"]:
        criterion["level"] = "should"
    yield "no criterion that must hold", Rule.CRITERIA, bad
    bad = deepcopy(plan)
    bad["tasks"][0]["criteria"] = [*bad["tasks"][0]["criteria"], bad["tasks"][0]["criteria"][0]]
    yield "the same criterion twice", Rule.CRITERIA, bad
    for words in VAGUE[case.name]:
        bad = deepcopy(plan)
        bad["tasks"][-1]["criteria"][-1]["text"] = words
        yield f"vague criterion: {words}", Rule.TESTABLE, bad
    for where, words in OUT_OF_SCOPE[case.name]:
        bad = deepcopy(plan)
        if where == "title":
            bad["tasks"][-1]["title"] = words
        else:
            bad["tasks"][-1]["criteria"].append({"id": "c19", "level": "must", "text": words})
        yield f"scope outside the non-goals: {words}", Rule.SCOPE, bad
    old, new = OTHER_STACK[case.name]
    bad = deepcopy(plan)
    bad["stack"] = [new if item == old else item for item in bad["stack"]]
    yield f"stack changed: {new} for {old}", Rule.STACK, bad
    bad = deepcopy(plan)
    bad["tasks"][0]["goal"] += f" Build it with {new}."
    yield f"stack changed in a goal: {new} for {old}", Rule.STACK, bad


def one_task_split(case: Case, plan: Json) -> Changed:
    """A cohesive intent cut into tasks."""
    if case.mode == "decomposed":
        return
    yield "two tasks without a domain", Rule.COHESIVE, _split(plan, 2)
    bad = _split(plan, 2)
    bad["domains"] = [_domain("surface", "one", INVENTED), _domain("role", "two", f"{INVENTED}, and with groups")]
    yield "domains with quotes that are not in the issue", Rule.COHESIVE, bad
    bad = _split(plan, 2)
    bad["domains"] = [_domain("surface", "all of it", case.intent.title)]
    yield "one domain only", Rule.COHESIVE, bad
    bad = _split(plan, 2)
    bad["domains"] = [_domain("surface", "it", case.intent.title), _domain("surface", "It", case.intent.title)]
    yield "the same domain twice", Rule.COHESIVE, bad
    yield "thirty tasks for a cohesive intent", Rule.TOO_MANY, _split(plan, 30)
    yield "thirty tasks without a domain", Rule.COHESIVE, _split(plan, 30)
    bad = _split(plan, 3)
    for task, title in zip(bad["tasks"], ("Backend", "Frontend", "Write unit tests"), strict=True):
        task["title"] = title
    yield "layers instead of one task", Rule.SLICE, bad
    if case.name not in ("upgrade-guide", "flaky-clock-test"):
        bad = deepcopy(plan)
        bad["tasks"][0]["files"] = ["tests/test_more.py"]
        yield "only test files", Rule.TEST_ONLY, bad


def _split(plan: Json, parts: int) -> Json:
    made = deepcopy(plan)
    whole = made["tasks"][0]
    made["tasks"] = [
        {**deepcopy(whole), "key": f"t{n}", "title": f"{whole['title']}, part {n}", "files": [f"part{n}.txt"]}
        for n in range(1, parts + 1)
    ]
    return made


def _domain(kind: str, name: str, asked: str) -> Json:
    return {"kind": kind, "name": name, "asked": asked}


def broken_shape(case: Case, plan: Json) -> Changed:
    """Keys, order, relations and the cut of a plan of several tasks."""
    if case.mode == "single":
        return
    yield from _order(plan)
    yield from _relations(plan)
    yield from _cut(case, plan)


def _order(plan: Json) -> Changed:
    bad = deepcopy(plan)
    bad["tasks"][0]["depends_on"], bad["tasks"][1]["depends_on"] = ["t2"], ["t1"]
    yield "cycle", Rule.CYCLE, bad
    bad = deepcopy(plan)
    bad["tasks"][1]["depends_on"] = ["t9"]
    yield "unknown dependency", Rule.DEPENDENCY, bad
    bad = deepcopy(plan)
    bad["tasks"][1]["depends_on"] = ["t2"]
    yield "dependency on itself", Rule.DEPENDENCY, bad
    bad = deepcopy(plan)
    bad["tasks"][1]["key"] = "t1"
    yield "a key twice", Rule.TASK_KEYS, bad
    bad = deepcopy(plan)
    bad["tasks"] = [{**deepcopy(bad["tasks"][0]), "key": f"t{n}"} for n in range(1, 31)]
    yield "thirty tasks", Rule.TOO_MANY, bad


def _relations(plan: Json) -> Changed:
    def related(*relations: Json) -> Json:
        return {**deepcopy(plan), "relations": [*deepcopy(plan["relations"]), *relations]}

    def apart() -> Json:
        bad = deepcopy(plan)
        bad["relations"] = []
        for task in bad["tasks"]:
            task["depends_on"] = []
        return bad

    yield "relation to an unknown task", Rule.RELATION_KEYS, related({"a": "t1", "b": "t8", "kind": "UNCERTAIN"})
    yield "relation of a task to itself", Rule.RELATION_KEYS, related({"a": "t1", "b": "t1", "kind": "ADDITIVE"})
    two = [{"a": "t1", "b": "t2", "kind": "ADDITIVE"}, {"a": "t2", "b": "t1", "kind": "INDEPENDENT"}]
    yield "two relations for one pair", Rule.RELATION_KEYS, related(*two)
    bad = apart()
    bad["relations"] = [{"a": "t1", "b": "t2", "kind": "CONTRADICTORY"}]
    yield "contradictory without a reason", Rule.RELATION, bad
    bad = apart()
    bad["tasks"][1]["files"] = [*bad["tasks"][1]["files"], bad["tasks"][0]["files"][0]]
    yield "lost relation: the same file", Rule.RELATION, bad
    bad = apart()
    bad["tasks"][1]["goal"] += " It goes on where T1 ends."
    yield "lost relation: a task names another", Rule.RELATION, bad
    bad = apart()
    bad["tasks"][1]["files"] = [*bad["tasks"][1]["files"], f"./{bad['tasks'][0]['files'][0]}"]
    bad["relations"] = [{"a": "t1", "b": "t2", "kind": "INDEPENDENT", "reason": "they do not meet"}]
    yield "independent in spite of the same file", Rule.RELATION, bad


def _cut(case: Case, plan: Json) -> Changed:
    def task(title: str, **more: Any) -> Json:
        return {
            "key": "t7", "title": title, "goal": f"{title}.", "files": ["src/more.txt"], "depends_on": ["t1"],
            "criteria": [{"id": "c1", "text": "the table `things` has 4 columns"}], **more,
        }  # fmt: skip

    def plus(*tasks: Json) -> Json:
        return {**deepcopy(plan), "tasks": [*deepcopy(plan["tasks"]), *tasks]}

    some = plan["tasks"][0]["features"]
    yield "layer task without a feature", Rule.SLICE, plus(task("Tables for everything"))
    yield "layer task with others' features", Rule.SLICE, plus(task("Shared groundwork", features=some))
    bad = deepcopy(plan)
    bad["tasks"][0]["title"] = "Backend"
    yield "a slice that is called by its layer", Rule.SLICE, bad
    bad = deepcopy(plan)
    bad["tasks"][-1]["title"] = "Build the database schema for everything"
    yield "a slice that is called a schema", Rule.SLICE, bad
    bad = deepcopy(plan)
    first = bad["tasks"][0]
    bad["tasks"] += [{**deepcopy(first), "key": key, "depends_on": ["t1"]} for key in ("t6", "t7")]
    yield "one task split in three", Rule.SLICE, bad
    for title in ("Write integration tests", "Update the documentation", "Set up the project structure",
                  "Investigate the existing code", "Design the data model", "Add tests for all of it"):  # fmt: skip
        yield f"chore: {title}", Rule.TEST_ONLY, plus(task(title))
    bad = deepcopy(plan)
    bad["tasks"][-1]["files"] = ["tests/test_a.py", "tests/helpers/data.json"]
    yield "a task of test files", Rule.TEST_ONLY, bad
    yield from _domains(case, plan)


def _domains(case: Case, plan: Json) -> Changed:
    bad = deepcopy(plan)
    bad["domains"] = bad["domains"][:1]
    yield "one failure domain", Rule.COHESIVE, bad
    bad = deepcopy(plan)
    bad["domains"] = []
    yield "no failure domains", Rule.COHESIVE, bad
    bad = deepcopy(plan)
    bad["domains"][0]["asked"] = f"{INVENTED}, which {case.name} needs"
    yield "a domain's quote is not in the issue", Rule.COHESIVE, bad
    if all(domain["kind"] != "asked" for domain in plan["domains"]):
        bad = deepcopy(plan)
        bad["domains"] = [_domain("asked", f"part {n}", case.intent.title) for n in (1, 2)]
        yield "asked apart, says a quote that does not", Rule.COHESIVE, bad


def broken_spec(case: Case, plan: Json) -> Changed:
    """Features and journeys of a plan of several tasks."""
    if case.mode == "single":
        return
    yield from _features(plan)
    yield from _journeys(plan)


def _features(plan: Json) -> Changed:
    last = plan["spec"]["features"][-1]["id"]

    def with_feature(asked: str, *, task: bool = True, journey: bool = True) -> Json:
        bad = deepcopy(plan)
        bad["spec"]["features"].append({"id": "f9", "name": "Share with friends", "asked": asked})
        bad["tasks"][0]["features"] += ["f9"] * task
        bad["spec"]["journeys"][0]["features"] += ["f9"] * journey
        return bad

    real = plan["spec"]["features"][0]["asked"]
    yield "invented feature", Rule.UNASKED, with_feature(INVENTED)
    yield "feature with an empty quote", Rule.UNASKED, with_feature("…")
    yield "feature that no task brings", Rule.COVERAGE, with_feature(real, task=False)
    yield "new feature in no journey", Rule.COVERAGE, with_feature(real, journey=False)
    bad = deepcopy(plan)
    bad["spec"]["features"][0]["asked"] += " for friends"
    yield "a feature's quote is changed", Rule.UNASKED, bad
    bad = deepcopy(plan)
    for journey in bad["spec"]["journeys"]:
        journey["features"] = [name for name in journey["features"] if name != last]
    yield "feature in no journey", Rule.COVERAGE, bad
    bad = deepcopy(plan)
    bad["tasks"][0]["features"].append("f19")
    yield "a task brings an unknown feature", Rule.COVERAGE, bad
    bad = deepcopy(plan)
    bad["spec"]["journeys"][0]["features"].append("f19")
    yield "a journey walks an unknown feature", Rule.COVERAGE, bad
    bad = deepcopy(plan)
    bad["tasks"][-1]["features"] = list(bad["tasks"][0]["features"])
    yield "a task's feature lost", Rule.COVERAGE, bad


def _journeys(plan: Json) -> Changed:
    bad = deepcopy(plan)
    bad["spec"] = None
    yield "no spec", Rule.JOURNEYS, bad
    bad = deepcopy(plan)
    bad["spec"]["journeys"] = []
    yield "journeys missing", Rule.JOURNEYS, bad
    bad = deepcopy(plan)
    bad["spec"]["journeys"] = bad["spec"]["journeys"][:2]
    yield "two journeys only", Rule.JOURNEYS, bad
    bad = deepcopy(plan)
    bad["spec"]["journeys"][1]["id"] = bad["spec"]["journeys"][0]["id"]
    yield "a journey's id twice", Rule.JOURNEYS, bad
    for do, see in (("Run the unit tests", "42 passed"), ("Open the page", "It works as expected"),
                    ("Inspect the database", "One row")):  # fmt: skip
        bad = deepcopy(plan)
        bad["spec"]["journeys"][0]["steps"][0] = {"do": do, "see": see}
        yield f"a step that no user walks: {do} → {see}", Rule.JOURNEYS, bad


def broken_scope(case: Case, plan: Json) -> Changed:
    """Scopes of tasks, where the repository has projects."""
    known = case.intent.projects
    for name in (f"{known[-1]}s", f"../{known[-1]}", f"{known[-1]}/deeper", "*") if known else ():
        bad = deepcopy(plan)
        bad["tasks"][0]["projects"].append(name)
        yield f"a project that there is not: {name}", Rule.PROJECTS, bad
    for left in known:
        bad = deepcopy(plan)
        bad["tasks"][0]["projects"] = [name for name in bad["tasks"][0]["projects"] if name != left]
        yield f"files outside of the scope: without {left}", Rule.PROJECTS, bad
