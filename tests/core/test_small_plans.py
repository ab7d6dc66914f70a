"""What the rules about the order, the cut and the spec of a plan say, word for word and where."""

from __future__ import annotations

import pytest
from small_plans import F1, F2, SEEN, SPEC, T1, T2, T3, Json, Rule, feature, journey, plan, said, task
from syrupy.assertion import SnapshotAssertion

from otto_bot.core.plan import Plan
from otto_bot.core.plan_criteria import criteria
from otto_bot.core.plan_criteria import testable as observable
from otto_bot.core.plan_problem import Intent
from otto_bot.core.plan_relations import dependencies, no_cycle, relation, relation_keys, task_keys
from otto_bot.core.plan_slices import cohesive, own_features, slices
from otto_bot.core.plan_spec import coverage, journeys, unasked


def link(a: str, b: str, kind: str = "ADDITIVE", reason: str = "") -> Json:
    return {"a": a, "b": b, "kind": kind, "reason": reason}


ORDER: dict[str, tuple[Rule, Plan]] = {
    "keys": (task_keys, plan(T2, T1, T2, T1, T3)),
    "needs": (dependencies, plan(task("t1", depends_on=["t2", "t1", "t9", "t2"]), T2)),
    "a cycle": (no_cycle, plan(task("t1", depends_on=["t2"]), task("t2", depends_on=["t3"]),
        task("t3", depends_on=["t1"]))),
    "a cycle of one is said elsewhere": (no_cycle, plan(task("t1", depends_on=["t1"]))),
    "a cycle by relations": (no_cycle, plan(task("t1", depends_on=["t2"]), T2,
        relations=[link("t1", "t2", "DEPENDENT")])),
    "keys of relations": (relation_keys, plan(T1, T2,
        relations=[link("t1", "t9"), link("t8", "t7"), link("t1", "t2")])),
    "related to itself": (relation_keys, plan(T1, T2, relations=[link("t1", "t1"), link("t9", "t9")])),
    "two relations": (
        relation_keys,
        plan(T1, T2, relations=[link("t1", "t2"), link("t2", "t1", "INDEPENDENT"), link("t1", "t2"),
            link("t1", "t2", "UNCERTAIN")]),
    ),
    "contradictory": (
        relation_keys,
        plan(T1, T2, T3, relations=[link("t1", "t2", "CONTRADICTORY"), link("t1", "t3", "CONTRADICTORY", "why"),
            link("t2", "t3", "CONTRADICTORY", " ")]),
    ),
    "one file": (relation, plan(task("t1", files=["b", "a"]), task("t2", files=["`./A`", "b"]),
        task("t3", files=["`", "./"]))),
    "no file": (relation, plan(task("t1", files=["./"]), task("t2", files=[" "]))),
    "one file, related": (relation, plan(task("t1", files=["a"]), task("t2", files=["a"]), task("t3", files=["a"]),
        relations=[link("t2", "t1"), link("t1", "t3", "INDEPENDENT"), link("t2", "t3", "UNCERTAIN")])),
    "one file, waiting": (relation, plan(task("t1", files=["a"]), task("t2", files=["a"], depends_on=["t1"]),
        task("t3", files=["a"], depends_on=["t2"]), task("t4", files=["a"]))),
    "one file, waiting the other way": (relation, plan(task("t1", files=["a"], depends_on=["t2"]),
        task("t2", files=["a"], depends_on=["t3", "t9"]), task("t3", files=["a"]))),
    "names another": (relation, plan(task("t1", "Like T2 and t3-x"), T2, T3)),
    "names another in its goal": (relation, plan(T1, task("t2", goal="after t1."), T3)),
    "names another in a criterion": (relation, plan(task("t10"), T1,
        task("t3", criteria=[SEEN, {"id": "c2", "text": "as t1 does, xt10"}]))),
    "no must": (criteria, plan(task("t1", criteria=[{**SEEN, "level": "should"}]), T2)),
    "a must among others": (criteria,
        plan(task("t1", criteria=[{**SEEN, "level": "should"}, {"id": "c2", "text": "b"}]))),
    "ids twice": (criteria, plan(task("t1", criteria=[SEEN, {"id": "c1", "text": "b"}]), T2)),
    "texts twice": (criteria, plan(T2, task("t1", criteria=[SEEN, {"id": "c2", "text": "`A`  shows\n3 rows"}]))),
    "vague": (observable, plan(T1,
        task("t2", criteria=[SEEN, {"id": "c2", "text": "It works"}, {"id": "c3", "text": "done"}]))),
    "covered": (coverage, plan(F1, F2, spec=SPEC)),
    "features twice": (coverage, plan(F1, F2, spec={**SPEC, "features": [feature(2), feature(1), feature(2)]})),
    "not brought, not walked": (coverage, plan(F1, T2,
        spec={"features": [feature(1), feature(2), feature(3, name="Mail")], "journeys": [journey(1, "f2")]})),
    "unknown features": (coverage, plan(task("t1", features=["f1", "f9"]), F2,
        spec={**SPEC, "journeys": [journey(1, "f1", "f8", "f2")]})),
    "a journey through nothing": (coverage, plan(F1, F2,
        spec={**SPEC, "journeys": [journey(1), journey(2, "f1", "f2")]})),
    "one task is not asked": (coverage, plan(F1, spec={"features": [feature(2)], "journeys": []})),
    "no spec is not asked": (coverage, plan(F1, F2)),
    "asked": (unasked, plan(F1, F2,
        spec={**SPEC, "features": [feature(1), feature(2, "a mail", "Mail"), feature(3, "a fax", "Fax")]})),
    "asked, one task": (unasked, plan(F1, spec={"features": [feature(2, "a mail")], "journeys": []})),
    "asked, no spec": (unasked, plan(F1, F2)),
    "walked": (journeys, plan(F1, F2, spec=SPEC)),
    "walked, no spec": (journeys, plan(F1, F2)),
    "walked, one task": (journeys, plan(F1)),
    "walked, too few": (journeys, plan(F1, F2, spec={**SPEC, "journeys": [journey(1, "f1"), journey(2, "f2")]})),
    "walked, as many as may be": (journeys, plan(F1, F2,
        spec={**SPEC, "journeys": [journey(n, "f1") for n in range(1, 6)]})),
    "walked, twice the same": (journeys, plan(F1, F2,
        spec={**SPEC, "journeys": [journey(n, "f1") for n in (2, 1, 2)]})),
    "steps": (
        journeys,
        plan(F1, F2, spec={**SPEC,
            "journeys": [journey(1, do=" Run the unit tests "), journey(2, see=" "), journey(3, do=" "),
                journey(4, see="It works"), journey(5, do="Reads the diff", see=" ")]}),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", ORDER)
def test_what_is_said_of_a_plan(name: str, snapshot: SnapshotAssertion) -> None:
    rule, given = ORDER[name]
    assert said(rule, given) == snapshot


ASKED = Intent(
    title="Orders", body="Staff want a page. Each morning they get one mail, and `/login` asks for a password."
)
APART = Intent(title="Orders", body="A page and a mail, as separate tasks, please")


def domain(kind: str, name: str, asked: str) -> Json:
    return {"kind": kind, "name": name, "asked": asked}


PAGE, MAIL, LOGIN = (
    domain("surface", "page", "Staff want a page"), domain("background", "mail", "Each morning they get one mail"),
    domain("access", "login", "asks for a password"),
)  # fmt: skip
CUT: dict[str, tuple[Rule, Plan, Intent]] = {
    "one task": (cohesive, plan(F1), ASKED),
    "no domain": (cohesive, plan(F1, F2), ASKED),
    "one domain": (cohesive, plan(F1, F2, domains=[PAGE]), ASKED),
    "two domains": (cohesive, plan(F1, F2, domains=[PAGE, MAIL]), ASKED),
    "the same domain twice": (cohesive, plan(F1, F2, domains=[PAGE, {**PAGE, "name": "The pages"}]), ASKED),
    "domains without a word": (cohesive, plan(F1, F2, domains=[{**PAGE, "name": "It"}, {**PAGE, "name": "it "}]),
        ASKED),
    "domains without a word, and others": (cohesive, plan(F1, F2,
        domains=[{**PAGE, "name": "It"}, {**PAGE, "name": "We"}]), ASKED),
    "domains not asked": (cohesive, plan(F1, F2, domains=[domain("surface", "fax", "a fax machine"), PAGE, MAIL]),
        ASKED),
    "domains of another kind": (cohesive, plan(F1, F2,
        domains=[{**PAGE, "kind": "access"}, {**MAIL, "kind": "payment"}, LOGIN, {**LOGIN, "kind": "role"}]), ASKED),
    "domains by name": (cohesive, plan(F1, F2, domains=[{**PAGE, "kind": "access", "name": "login"}, MAIL]), ASKED),
    "asked apart": (cohesive, plan(F1, F2, domains=[{**PAGE, "kind": "asked"}, MAIL, LOGIN]), ASKED),
    "asked apart, said so": (cohesive, plan(F1, F2,
        domains=[domain("asked", "page", "A page"), domain("asked", "mail", "a mail")]), APART),
    "asked apart in the quote": (
        cohesive, plan(F1, F2,
            domains=[domain("asked", "page", "a page first"), domain("asked", "mail", "a mail by itself")]),
        Intent(title="Orders", guidance="we want a page first, and a mail by itself"),
    ),
    "another language": (
        cohesive, plan(F1, F2,
            domains=[domain("access", "Seite", "eine Seite"), domain("payment", "Post", "eine Nachricht")]),
        Intent(title="Bestellungen", body="Wir brauchen eine Seite und jeden Morgen eine Nachricht mit allem"),
    ),
    "slices": (slices, plan(F1, F2, spec=SPEC), ASKED),
    "slices, one task": (slices, plan(task()), ASKED),
    "slices without a feature": (slices, plan(F1, T2, task("t3", features=["f1", "f9"]), spec=SPEC), ASKED),
    "slices without a spec": (slices, plan(F1, F2), ASKED),
    "layers": (slices, plan({**F1, "title": "Build the whole database schema"},
        {**F2, "title": "Orders: the API part"}, spec=SPEC), ASKED),
    "layers that are asked for": (
        slices, plan({**F1, "title": "Backend for orders"}, {**F2, "title": "Frontend"},
            spec={**SPEC, "features": [feature(1, "a BACKEND"), feature(2, "a page")]}),
        ASKED,
    ),
    "layers of others' features": (
        slices, plan({**F1, "title": "Frontend"}, F2,
            spec={**SPEC, "features": [feature(1, "a page"), feature(2, "a frontend")]}), ASKED
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CUT)
def test_how_a_plan_is_cut(name: str, snapshot: SnapshotAssertion) -> None:
    rule, given, intent = CUT[name]
    assert said(rule, given, intent) == snapshot


def test_own_features_are_those_of_no_other_task() -> None:
    given = plan(task("t1", features=["f1", "f2", "f9"]), task("t2", features=["f2"]), spec=SPEC)
    assert [own_features(given, one) for one in given.tasks] == [("f1",), ()]
    assert own_features(plan(F1, F2), plan(F1, F2).tasks[0]) == ()
