"""A plan that grows: what is there stays, what comes gets numbers of its own, and what may not come is named."""

from __future__ import annotations

import pytest
from core_builders import spec
from core_journeys import product

from otto_bot.core.plan import Feature, Journey, JourneyStep, ProductSpec, Relation, RelationSpec, problems
from otto_bot.core.plan_growth import MorePlan, grown, growth_problems

OLD = product().model_copy(
    update={
        "spec": ProductSpec(features=(Feature(id="f1", name="n", asked="asked"),), journeys=product().spec.journeys)
    }
)


def more(*tasks, **fields) -> MorePlan:
    return MorePlan.model_validate({"tasks": tasks, **fields})


def task(key: str, *needs: str, **fields):
    return spec(key, *needs).model_copy(update={"title": f"more {key}", **fields})


def test_what_is_there_stays_and_comes_first():
    said = more(
        task("t1", features=("f1", "f9")), task("t2", "t1"), features=(Feature(id="f1", name="new", asked="a"),)
    )
    plan = grown(OLD, said, ["t5", "t6"])
    assert plan.tasks[:2] == OLD.tasks
    assert [(t.key, t.depends_on, t.features) for t in plan.tasks[2:]] == [("t5", (), ("f2",)), ("t6", ("t5",), ())]
    assert [feature.id for feature in plan.spec.features] == ["f1", "f2"]
    assert problems(plan, 9) == ()


def test_relations_and_journeys_are_renumbered():
    way = Journey(id="j1", title="new way", steps=(JourneyStep(do="a", see="b"),))
    said = more(
        task("t1"), task("t2"), relations=(RelationSpec(a="t1", b="t2", kind=Relation.ADDITIVE),), journeys=(way,)
    )
    plan = grown(OLD, said, ["t3", "t4"])
    assert [(r.a, r.b) for r in plan.relations] == [("t3", "t4")]
    assert [journey.id for journey in plan.spec.journeys] == ["j1", "j2", "j3", "j4"]


WRONG = [
    ("fine", more(task("t1")), ""),
    ("a key twice", more(task("t1"), task("t1")), "used twice"),
    ("too many", more(*(task(f"t{n}") for n in range(1, 6))), "at most 4"),
    ("the same again", more(spec("t1")), "is there already"),
    ("a cycle", more(task("t1", "t2"), task("t2", "t1")), "cycle"),
    ("an unknown need", more(task("t1", "t9")), "unknown task t9"),
    ("weaker tests", more(task("t1", goal="Delete the failing tests.")), "weaken tests"),
    ("what is left out", more(task("t1", title="Sending mail to clerks")), "what the plan leaves out"),
    ("a protected path", more(task("t1", goal="Edit .github/workflows/ci.yml.")), "protected"),
]


@pytest.mark.parametrize(("name", "said", "why"), WRONG, ids=[row[0] for row in WRONG])
def test_what_may_not_come_is_named(name, said, why):
    keys = [f"t{n}" for n in range(3, 3 + len(said.tasks))]
    found = growth_problems(OLD, said, keys, (".github/**",))
    assert (not found) if not why else any(why in line for line in found), found
