"""Batches, their order, and what makes a plan unusable."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otto_bot.core.plan import (
    Batches,
    Criterion,
    Plan,
    Relation,
    RelationSpec,
    TaskSpec,
    batches,
    cycle,
    order_problems,
    problems,
)

MUST = Criterion(id="c1", text="it works")


def task(key: str, *needs: str, criteria: tuple[Criterion, ...] = (MUST,)) -> TaskSpec:
    return TaskSpec(key=key, title=key, goal="do it", criteria=criteria, depends_on=needs)


def related(a: str, kind: str, b: str) -> RelationSpec:
    return RelationSpec(a=a, b=b, kind=Relation(kind))


def plan(*tasks: TaskSpec, relations: tuple[RelationSpec, ...] = ()) -> Plan:
    return Plan(summary="s", tasks=tasks, relations=relations)


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (plan(task("t1")), (("t1",),)),
        (plan(task("t1"), task("t2")), (("t1", "t2"),)),
        (plan(task("t1", "t2"), task("t2")), (("t2",), ("t1",))),
        (plan(task("t1"), task("t2", "t1"), task("t3")), (("t1", "t3"), ("t2",))),
        (plan(task("t1"), task("t2", "t1"), task("t3", "t2")), (("t1",), ("t2",), ("t3",))),
        (plan(task("t1"), task("t2"), relations=(related("t1", "INDEPENDENT", "t2"),)), (("t1", "t2"),)),
        (plan(task("t1"), task("t2"), relations=(related("t1", "ADDITIVE", "t2"),)), (("t1",), ("t2",))),
        (plan(task("t1"), task("t2"), relations=(related("t2", "UNCERTAIN", "t1"),)), (("t1",), ("t2",))),
        (plan(task("t1"), task("t2"), relations=(related("t1", "CONTRADICTORY", "t2"),)), (("t1",), ("t2",))),
        (plan(task("t1"), task("t2"), relations=(related("t2", "DEPENDENT", "t1"),)), (("t2",), ("t1",))),
        (
            plan(task("t1"), task("t2"), task("t3"), task("t4", "t1"), relations=(related("t1", "ADDITIVE", "t2"),)),
            (("t1", "t3"), ("t2", "t4")),
        ),
        (plan(task("t1", "t2"), task("t2", "t1"), task("t3")), (("t3",), ("t1",), ("t2",))),
    ],
)
def test_batches(made: Plan, expected: Batches) -> None:
    assert batches(made) == expected


def test_batches_of_some_take_the_rest_as_done() -> None:
    made = plan(task("t1"), task("t2", "t1"), task("t3", "t2"))
    assert batches(made, ["t3", "t2"]) == (("t2",), ("t3",))
    assert batches(made, ["t3"]) == (("t3",),)
    assert batches(made, []) == ()


@pytest.mark.parametrize(
    ("needs", "expected"),
    [
        ({}, ()),
        ({"t1": []}, ()),
        ({"t1": ["t2"], "t2": []}, ()),
        ({"t1": ["t1"]}, ("t1",)),
        ({"t1": ["t2"], "t2": ["t1"], "t3": []}, ("t1", "t2")),
        ({"t1": ["t2"], "t2": ["t3"], "t3": ["t1"]}, ("t1", "t2", "t3")),
        ({"t1": ["gone"]}, ()),
    ],
)
def test_cycle(needs: dict[str, list[str]], expected: tuple[str, ...]) -> None:
    assert cycle(needs) == expected


CHAIN = plan(task("t1"), task("t2", "t1"), task("t3"), relations=(related("t1", "ADDITIVE", "t3"),))


@pytest.mark.parametrize(
    ("order", "expected", "done", "says"),
    [
        ((("t1",), ("t2", "t3")), ["t1", "t2", "t3"], [], ()),
        ((("t2",),), ["t2"], ["t1"], ()),
        ((("t2",),), ["t2"], [], ()),
        ((("t1", "t2"), ("t3",)), ["t1", "t2", "t3"], [], ("t2 runs before t1, which it depends on",)),
        ((("t2",), ("t1",), ("t3",)), ["t1", "t2", "t3"], [], ("t2 runs before t1, which it depends on",)),
        ((("t1", "t3"), ("t2",)), ["t1", "t2", "t3"], [], ("t1 and t3 may not share a batch",)),
        ((("t1",), ("t2",)), ["t1", "t2", "t3"], [], ("t3 is in no batch",)),
        ((("t1",), ("t9",)), ["t1"], [], ("t9 may not be in a batch",)),
        ((("t1",), ("t1",)), ["t1"], [], ("t1 is in two batches",)),
    ],
)
def test_order_problems(order: Batches, expected: list[str], done: list[str], says: tuple[str, ...]) -> None:
    assert order_problems(CHAIN, order, expected, done) == says


@pytest.mark.parametrize(
    ("made", "says"),
    [
        (plan(task("t1"), task("t2", "t1")), None),
        (plan(task("t1"), task("t2"), task("t3"), task("t4")), "4 tasks; at most 3"),
        (plan(task("t1"), task("t1")), "t1 is used twice"),
        (plan(task("t1", "t9")), "t1 depends on unknown task t9"),
        (plan(task("t1", criteria=(Criterion(id="c1", level="should", text="x"),))), "t1 has no [must] criterion"),
        (plan(task("t1", criteria=(MUST, MUST))), "t1 uses a criterion id twice"),
        (plan(task("t1"), relations=(related("t1", "ADDITIVE", "t9"),)), "relation names unknown task t9"),
        (plan(task("t1"), relations=(related("t1", "ADDITIVE", "t1"),)), "t1 is related to itself"),
        (plan(task("t1", "t2"), task("t2", "t1")), "cycle: t1 → t2"),
        (plan(task("t1"), task("t2", "t1"), relations=(related("t2", "DEPENDENT", "t1"),)), "cycle: t1 → t2"),
    ],
)
def test_problems(made: Plan, says: str | None) -> None:
    found = problems(made, max_tasks=3)
    assert (found == ()) if says is None else any(says in item for item in found)


KEYS = [f"t{n}" for n in range(1, 7)]


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    keys = KEYS[: draw(st.integers(1, 6))]
    tasks = [
        task(key, *draw(st.lists(st.sampled_from(keys[:at]), unique=True, max_size=2)) if at else ())
        for at, key in enumerate(keys)
    ]
    pairs = st.tuples(st.sampled_from(keys), st.sampled_from(keys)).filter(lambda pair: pair[0] < pair[1])
    found = draw(st.lists(pairs, max_size=4, unique=True)) if len(keys) > 1 else []
    kinds = [draw(st.sampled_from(list(Relation))) for _ in found]
    relations = tuple(RelationSpec(a=a, b=b, kind=kind) for (a, b), kind in zip(found, kinds, strict=True))
    shuffled = draw(st.permutations(tasks))
    return plan(*shuffled, relations=relations)


@given(plans(), st.data())
def test_every_computed_order_keeps_every_rule(made: Plan, data: st.DataObject) -> None:
    assert order_problems(made, batches(made), made.keys, ()) == ()
    some = data.draw(st.sets(st.sampled_from(made.keys)))
    rest = set(made.keys) - some
    assert order_problems(made, batches(made, some), some, rest) == ()
