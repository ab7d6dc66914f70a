"""What each rule of a plan says, word for word and where, and the words that it reads for that."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion

from otto_bot.core import plan_chores, plan_families, plan_scope, plan_slices, plan_stack
from otto_bot.core.plan import Plan
from otto_bot.core.plan_chores import test_only as chores
from otto_bot.core.plan_criteria import criteria, empty_words, vague
from otto_bot.core.plan_criteria import testable as observable
from otto_bot.core.plan_problem import Intent, PlanProblem
from otto_bot.core.plan_relations import dependencies, no_cycle, relation, relation_keys, task_keys
from otto_bot.core.plan_scope import excluded, outside_scope, scope
from otto_bot.core.plan_slices import cohesive, own_features, slices
from otto_bot.core.plan_spec import coverage, journeys, unasked
from otto_bot.core.plan_stack import stack
from otto_bot.core.plan_words import content, english, negations, sentences, squeezed, stands_in, stem, together, tokens

Json = dict[str, Any]
Rule = Callable[[Plan, Intent], Iterator[PlanProblem]]
SEEN = {"id": "c1", "text": "`a` shows 3 rows"}


def task(key: str = "t1", title: str = "See the orders", **more: Any) -> Json:
    return {"key": key, "title": title, "goal": "g", "criteria": [SEEN], **more}


def plan(*tasks: Json, **more: Any) -> Plan:
    return Plan.model_validate({"summary": "s", "tasks": list(tasks) or [task()], **more})


def feature(number: int, asked: str = "a page", name: str = "Page") -> Json:
    return {"id": f"f{number}", "name": name, "asked": asked}


def journey(number: int, *features: str, do: str = "Open it", see: str = "Three rows") -> Json:
    return {"id": f"j{number}", "title": "Look", "features": list(features), "steps": [{"do": do, "see": see}]}


def said(rule: Rule, given: Plan, intent: Intent | None = None) -> str:
    return "\n".join(problem.line for problem in rule(given, intent or Intent(title="Orders", body="We want a page")))


def link(a: str, b: str, kind: str = "ADDITIVE", reason: str = "") -> Json:
    return {"a": a, "b": b, "kind": kind, "reason": reason}


T1, T2, T3 = task("t1"), task("t2"), task("t3")
SPEC = {"features": [feature(1), feature(2)], "journeys": [journey(n, "f1", "f2") for n in (1, 2, 3)]}
F1, F2 = task("t1", features=["f1"]), task("t2", features=["f2"])
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


TITLES = [
    "Write tests", "Unit tests for orders", "Coverage", "Testing around it", "Test the waters", "Add more docs",
    "README",
    "Document the API", "Documentation", "Write a guide", "Research options", "Choose the database", "Review our code",
    "Look into it", "Design the schema", "Plan a solution", "Set up the project", "Initial scaffolding", "Configure CI",
    "Refactor it", "Clean up", "See tests", "Restructure", "Guide people", "Define types", "Install packages",
]  # fmt: skip


def test_what_a_title_says_it_is(snapshot: SnapshotAssertion) -> None:
    kinds = [f"{title}: {' '.join(plan_chores._kinds(plan(task(title=f' {title} ')).tasks[0]))}" for title in TITLES]
    assert "\n".join(kinds) == snapshot


@pytest.mark.parametrize(
    ("files", "kinds"),
    [
        (["tests/a.py"], ["tests"]), (["test_a.py", "conftest.py"], ["tests"]), (["a.spec.ts", "b_test.go"], ["tests"]),
        (["tests/a.py", "b.py"], []), (["a/Tests/b.py"], ["tests"]), (["E2E/a"], ["tests"]), (["latest.py"], []),
        (["README.md", "docs/a.html"], ["documents"]), (["doc/a", "a.rst", "b.adoc"], ["documents"]),
        (["a.md", "b"], []),
        (["tests/a.md"], ["tests"]), (["tests/a.py", "a.md"], []), ([], []), (["src/docs/a.py"], []),
    ],
)  # fmt: skip
def test_what_files_say_a_task_is(files: list[str], kinds: list[str]) -> None:
    assert [*plan_chores._kinds(plan(task(title="It", files=files)).tasks[0])] == kinds


CHORES: dict[str, tuple[Plan, Intent]] = {
    "alone": (plan(task(title="Write tests")), Intent(title="Orders")),
    "one of two": (plan(task(title="Write tests"), T2), Intent(title="Orders")),
    "asked in the title": (plan(task(title="Write tests")), Intent(title="Flaky tests")),
    "asked in the body": (plan(task(title="Write tests")), Intent(title="Orders", body="Please add tests")),
    "asked in the guidance": (plan(task(title="Write tests")), Intent(title="Orders", guidance="please add tests")),
    "only told": (plan(task(title="Write tests")), Intent(title="Orders", body="Tests are in Vitest")),
    "told and wanted apart": (plan(task(title="Write tests")),
        Intent(title="Orders", body="Please add it. Tests are fast")),
    "two kinds": (plan(task(title="Write tests", files=["a.md"])), Intent(title="Orders", body="Fix the tests")),
    "asked by a feature": (
        plan(task(title="Write tests", features=["f1"]), task("t2", "Write docs", features=["f2"]),
            spec={**SPEC, "features": [feature(1, "flaky tests"), feature(2, "a page")]}),
        Intent(title="Tests and docs"),
    ),
    "asked by another's feature": (plan(task(title="Write tests", features=["f1"]), F2,
        spec={**SPEC, "features": [feature(1, "a page"), feature(2, "tests")]}), Intent(title="Tests")),
    "no spec": (plan(task(title="Write tests", features=["f1"]), F2), Intent(title="Tests")),
}  # fmt: skip


@pytest.mark.parametrize("name", CHORES)
def test_work_that_brings_nothing_by_itself(name: str, snapshot: SnapshotAssertion) -> None:
    assert said(chores, *CHORES[name]) == snapshot


@pytest.mark.parametrize(
    ("goal", "stems"),
    [
        ("No mobile app", ("mobil", "app")), ("It does not send mail", ("send", "mail")),
        ("Payments: not now", ("pay",)),
        ("There is no other page", ()), ("No fax, which may come, may be", ("fax",)), ("No fax: other", ("fax",)),
        ("Nothing more", ()), ("", ()), ("No app, app", ("app",)), ("not", ()),
        ("Mail that people read", ("mail",)), ("a mail and a mail", ("mail",)), ("Several pages", ()),
        ("We do not add a fax because of mail", ("fax",)),
    ],
)  # fmt: skip
def test_what_a_non_goal_excludes(goal: str, stems: tuple[str, ...]) -> None:
    assert excluded(goal) == stems


@pytest.mark.parametrize(
    ("text", "goals", "against"),
    [
        ("Send a mail", ("No fax", "No mail", "No mail sent"), "No mail"), ("Send no mail", ("No mail",), None),
        ("Nothing else. Send a mail", ("No mail",), "No mail"), ("Send a fax", ("No mail",), None),
        ("Send mail to those who have none", ("Mail to those who have none",), "Mail to those who have none"),
        ("Mail is sent to a list with names without a logo", ("No mail",), None), ("", ("No mail",), None),
        ("Mail without limits", ("Mail without limits",), "Mail without limits"), ("x", (), None),
        ("Mail never without limits", ("Mail without limits",), None), ("Never mail", ("Mail",), None),
        ("Never mail x", ("No mail",), None),
        ("Never any mail", ("Mail never",), "Mail never"), ("Never mail", ("Mail that never comes",), None),
        ("Anything", ("Nothing more",), None),
    ],
)  # fmt: skip
def test_what_goes_against_a_non_goal(text: str, goals: tuple[str, ...], against: str | None) -> None:
    assert outside_scope(text, goals) == against


def test_where_a_plan_does_what_it_excludes(snapshot: SnapshotAssertion) -> None:
    given = plan(
        task(title="Send a mail"), task("t2", criteria=[SEEN, {"id": "c2", "text": "A mail with 3 rows"}]),
        non_goals=["Nothing more", "No mail", "No fax"], spec={**SPEC,
            "features": [feature(1, name="A fax"), feature(2, name="A mail")]},
    )  # fmt: skip
    assert said(scope, given) == snapshot
    assert said(scope, given.model_copy(update={"spec": None})).count("\n") == 1
    assert [where for where, _ in plan_scope._claims(given)] == ["t1", "t1 c1", "t2", "t2 c1", "t2 c2", "f1", "f2"]


def stated(**more: Any) -> Intent:
    return Intent(**{"title": "Orders", **more})


PYPROJECT = ("pyproject.toml", 'dependencies = ["flask>=3", "sqlalchemy"]')
STACK: dict[str, tuple[Plan, Intent]] = {
    "nothing is stated": (plan(task(title="Orders in Django")), stated()),
    "stated by people": (plan(task(title="Orders in Django")), stated(body="We use Flask.")),
    "stated and kept": (plan(task(title="Orders in Flask")), stated(body="We use Flask.")),
    "stated by the repository": (plan(task(title="Orders in Django")), stated(manifests=(PYPROJECT,))),
    "some manifests unread": (plan(task(title="Orders in Django")),
        stated(manifests=(PYPROJECT,), paths=("web/package.json", "pyproject.toml"))),
    "all manifests read": (plan(task(title="Orders in Django")),
        stated(manifests=(PYPROJECT,), paths=("a/b.py", "pyproject.toml"))),
    "a manifest deep in folders": (plan(task(title="Orders in Django")),
        stated(manifests=(("a/b/setup.py", "flask"),), paths=("a/b/c/go.mod",))),
    "no manifest": (plan(task(title="Orders in Django")), stated(manifests=(("a.txt", "flask"),))),
    "a manifest in a folder": (plan(task(title="Orders in Django")), stated(manifests=(("a/setup.py", "flask"),))),
    "part of a name": (plan(task(title="Orders in Django")),
        stated(manifests=(("setup.py", "my-flask flask-x @flask a.flask"),))),
    "denied": (plan(task(title="Orders in Django")), stated(body="We use Flask, not Django.")),
    "denied only": (plan(task(title="Orders in Django")), stated(body="Never Flask")),
    "denied by the plan": (plan(task(title="Orders without Django")), stated(body="We use Flask.")),
    "denied and not": (plan(task(title="Not Django, but Django")), stated(body="We use Flask.")),
    "two are stated": (plan(task(title="Orders in Tornado")), stated(body="We use Flask and Django.")),
    "once a name": (plan(task(title="Django", goal="Django"), T2), stated(body="We use Flask.")),
    "two names": (plan(task(title="Django", goal="Sanic and Flask")), stated(body="We use Flask.")),
    "everywhere": (
        Plan.model_validate({
            "summary": "Django", "tasks": [task(goal="MySQL", criteria=[SEEN, {"id": "c2", "text": "`Vue` shows 3"}])],
            "stack": ["Celery"], "architecture": [{"decision": "Stripe", "instead_of": "Mollie", "why": "Adyen"}],
        }),
        stated(body="We use Flask, PostgreSQL, React, Dramatiq and PayPal."),
    ),
    "a language by files": (plan(task(files=["a.rs", " b.go "])), stated(paths=("a.py", "b/c.py"))),
    "a language by files, stated": (plan(task(files=["a.rs"])),
        stated(body="Write it in Rust please", paths=("a.py",))),
    "scripts beside it": (plan(task(files=["a.js", "a.ts"])), stated(paths=("a.py", "b.js"))),
    "scripts of another kind": (plan(task(files=["a.js"]), task("t2", files=["b.ts"])), stated(paths=("a.py", "b.js"))),
    "no suffix": (plan(task(files=["Makefile", "a.b/c"])), stated(paths=("a.py", "x.rs/y"))),
    "languages in words": (plan(task(title="Orders in Java")), stated(body="It is Python.")),
    "no family twice": (plan(task(title="Orders in PostgreSQL and MySQL")), stated(body="SQLite, instead of MySQL")),
}  # fmt: skip


@pytest.mark.parametrize("name", STACK)
def test_the_stack_that_is_stated_is_kept(name: str, snapshot: SnapshotAssertion) -> None:
    assert said(stack, *STACK[name]) == snapshot


def test_every_technology_by_its_own_words(snapshot: SnapshotAssertion) -> None:
    rows = []
    for family, members in plan_families.FAMILIES.items():
        rows.append(family)
        for one in members:
            texts = (
                f"built in {one.name} {{x}}",
                one.name.lower(),
                f"my-{one.name}",
                f"{one.name}-like",
                f"{one.name}, or",
            )
            found = "".join("y" if one.is_in(text, text.lower()) else "n" for text in texts)
            rows.append(f"  {one.name} {found} {one.hints} {one.packages} {one.suffixes}")
    assert "\n".join(rows) == snapshot


def test_suffixes_and_dependencies() -> None:
    assert [plan_stack._suffix(path) for path in ("a.b/c", "a/b.c.d", "x", ".e", "a.")] == ["", ".d", "", ".e", "."]
    assert [plan_stack._depends(("a", "flask"), text) for text in ("flask>=3", "Flask", "flask-x", "")] == [
        True, True, False, False
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("quote", "stands"),
    [
        ("abc", True), ("ab", False), ("a.b.c", True), ("abc … def", True), ("def … abc", False), ("abc … abc", False),
        ("abc … def … ghi", True), ("abc … def … ghi … jkl", False), ("abc … de", False), ("", False), ("…", False),
        ("... abc ...", True), ('"abc, "', True), ("abc def", False), ("ghi [] jkl", True), ("abcd", False),
        ("abc…def", True),
    ],
)  # fmt: skip
def test_whether_a_quote_stands(quote: str, stands: bool) -> None:
    assert stands_in(quote, ["x", "abc  x def. a.b.c **ghi**\n- jkl"]) is stands


def test_words_of_plans_and_issues() -> None:
    assert squeezed("- [x] **A** “b”\n# C\n1. [d](http://e) ’f") == 'a "b" c d \'f'
    assert squeezed("* a\n> b ![c](d)  ~~e~~ _f_") == "a b c e f"
    rows = {"expired": "expir", "expires": "expir", "cats": "cat", "bus": "bus", "its": "its", "user's": "user",
        "users": "users",
            "passes": "pass", "orders": "ord", "order": "ord", "ears": "ear", "every": "ever", "added": "add",
            "Berries": "berr", "used": "used", "notes’": "not", "aged": "aged", "being": "being", "types": "typ",
            "dates": "dat", "eying": "eying"}  # fmt: skip
    assert {word: stem(word) for word in rows} == rows
    assert tokens("it's a user-name_2, x") == ["it's", "a", "user-name", "2", "x"]
    assert content("The pages of It") == ["pag"]
    assert [*sentences("a. b! c?d; e\n\n f \n ")] == ["a.", "b!", "c?d;", "e", "f"]
    assert negations("No, it isn't; never 404") == 4


@pytest.mark.parametrize(
    ("wanted", "stems", "close"),
    [("ab", "xab", True), ("ab", "axxb", True), ("ab", "axxxb", False), ("ab", "a", False), ("ab", "xxxbxa", True),
     ("ab", "xxxbxxa", True), ("a", "xxxxa", True), ("abc", "cxxba", True), ("abc", "cxxxba", False),
     ("ab", "xxaxxxb", False)],
)  # fmt: skip
def test_whether_words_stand_together(wanted: str, stems: str, close: bool) -> None:
    assert together(list(wanted), list(stems)) is close


@pytest.mark.parametrize(
    ("text", "is_it"),
    [("eins zwei drei", True), ("eins zwei drei vier", False), ("eins zwei the drei", True), ("", True),
     ("the 1 2 3 4 5 6 7 8 9", True), ("the 1 2 3 4 5 6 7 8 9 0", False)],
)  # fmt: skip
def test_whether_it_looks_like_english(text: str, is_it: bool) -> None:
    assert english(text) is is_it


@pytest.mark.parametrize(
    ("text", "words", "nothing"),
    [
        ("It works", "It works", "It works"), ("shown", None, "shown"), ("shown 3", None, None),
        ("blue green", None, None),
        ("It works well: one two three four five", "works well", "works well"),
        ("It works well: one two three four five six", None, None), ("works well: shows a red box", None, None),
        ("works well: shows a box", "works well", "works well"),
        ("works well: a red blue box", "works well", "works well"),
        ("works well: shows it", "works well", "works well"), ("works well: `a`", None, None), (" ok ", None, "ok"),
    ],
)  # fmt: skip
def test_which_words_say_nothing(text: str, words: str | None, nothing: str | None) -> None:
    got = empty_words(text), vague(text)
    assert [one and one.removeprefix("It ") for one in got] == [
        one and one.removeprefix("It ") for one in (words, nothing)
    ]


def test_layers_are_seen_in_titles() -> None:
    titles = ["Build the backend", "Backend", "The DTOs of orders", "Orders: server side", "Backends",
        "A type of plumbing",
              "Implement all ui components", "Stubs - orders", "See the API layer", "Orders"]  # fmt: skip
    assert [plan_slices._layer(title) for title in titles] == [
        "backend", "Backend", "DTOs", "server side", "", "", "ui components", "Stubs", "API layer", "",
    ]  # fmt: skip
