"""What the rules about the words of a plan say, word for word, and what they read in titles, files and goals."""

from __future__ import annotations

from typing import Any

import pytest
from small_plans import F2, SEEN, SPEC, T2, feature, plan, said, task
from syrupy.assertion import SnapshotAssertion

from otto_bot.core import plan_chores, plan_families, plan_scope, plan_slices, plan_stack
from otto_bot.core.plan import Plan
from otto_bot.core.plan_chores import test_only as chores
from otto_bot.core.plan_criteria import empty_words, vague
from otto_bot.core.plan_problem import Intent
from otto_bot.core.plan_scope import excluded, outside_scope, scope
from otto_bot.core.plan_stack import stack
from otto_bot.core.plan_words import content, english, negations, sentences, squeezed, stands_in, stem, together, tokens

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
