"""Rules of a plan, one by one: what each refuses, and what it must let be."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from otto_bot.core.plan import Plan
from otto_bot.core.plan_check import check
from otto_bot.core.plan_criteria import vague
from otto_bot.core.plan_problem import Intent, PlanRule
from otto_bot.core.plan_scope import outside_scope
from otto_bot.core.plan_words import stands_in

Json = dict[str, Any]
INTENT = Intent(
    title="Orders: a page and a mail",
    body="Staff want **a page** with their orders.\nEach morning they get `one mail` with the open ones. We use Flask.",
    paths=("app/main.py", "pyproject.toml"),
    manifests=(("pyproject.toml", '[project]\ndependencies = ["flask>=3", "sqlalchemy"]\n'),),
)


def task(key: str, title: str, feature: str, **more: Any) -> Json:
    return {
        "key": key, "title": title, "goal": f"{title}, as app/main.py does it.", "files": [f"app/{key}.py"],
        "criteria": [{"id": "c1", "text": f"`{key}` shows 3 rows"}], "features": [feature], **more,
    }  # fmt: skip


def plan(**changes: Any) -> Json:
    """Two good slices."""
    step = {"do": "Open /orders", "see": "Three rows"}
    return {
        "summary": "A page and a mail.", "mode": "decomposed",
        "tasks": [task("t1", "See one's orders", "f1"), task("t2", "Get open orders by mail", "f2")],
        "domains": [
            {"kind": "surface", "name": "page", "asked": "a page with their orders"},
            {"kind": "background", "name": "mail", "asked": "Each morning they get one mail"},
        ],
        "spec": {
            "features": [
                {"id": "f1", "name": "Page of orders", "asked": "a page with their orders"},
                {"id": "f2", "name": "Morning mail", "asked": "one mail with the open ones"},
            ],
            "journeys": [
                {"id": f"j{n}", "title": "Look", "features": ["f1", "f2"], "steps": [step]} for n in (1, 2, 3)
            ],
        },
        **changes,
    }  # fmt: skip


def rules(said: Json, intent: Intent = INTENT, most: int = 8) -> set[str]:
    return {problem.rule.value for problem in check(Plan.model_validate(said), intent, most)}


def single(**more: Any) -> Json:
    return {"summary": "s", "tasks": [{**task("t1", "See one's orders", "f1"), "features": [], **more}]}


def test_the_good_ones_are_good() -> None:
    assert rules(plan()) == set()
    assert rules(single()) == set()


def test_a_problem_names_rule_place_and_what_to_do() -> None:
    (problem,) = check(Plan.model_validate(single(criteria=[{"id": "c1", "text": "It works well"}])), INTENT, 8)
    assert problem.line.startswith('testable: t1 c1: "It works well" cannot be observed; say what someone does')


OBSERVABLE = [
    "m, km, mi and ft convert into each other", "an unknown unit raises KeyError", "parse(show(cents)) == cents",
    "reading_time rounds up to whole minutes and is 0 without words", "record, count and last work for known codes",
    "a link resolves during its lifetime and not after it", "the function is exported from textstats",
    "a test covers a link that was never visited", "only links without a visit in the last N days are listed",
    "the error message tells which line of the file is broken", "GET /orders answers 200 with an empty list",
    "after a reload the chosen colours are still there", "tests/test_engine.py is unchanged and green",
    "the button is disabled while the form is being sent", "two people who book at once get two different slots",
    "Der Import überspringt fehlerhafte Zeilen und nennt ihre Nummern", "the list is sorted by date, newest first",
    "the image is responsive: it has 320 px on a phone and 800 px above 1024 px", "members who are signed in see it",
    "every page but /login redirects to /login", "initials of an empty text are empty", "`make lint` exits with 0",
    "a simple majority of votes closes the poll and shows who won", "the fast lane is chosen for parcels below 2 kg",
    "invoices are created in the order in which orders were paid", "la page affiche les commandes du jour",
    "the old endpoint is supported until 2027 and answers with a Deprecation header",
    "a good password has 12 characters; a shorter one is refused beside the field",
]  # fmt: skip
VAGUE = [
    "works", "It works", "Works as expected.", "Everything works well", "The feature is implemented", "All tests pass",
    "Unit tests are added", "There are tests", "The code is clean", "Clean code", "The UI is user-friendly",
    "The code is well structured and maintainable", "Good test coverage", "The API is robust and scalable",
    "Errors are handled gracefully", "It is properly documented", "The build is green", "Best practices are followed",
    "The page looks nice", "Performance is good", "The form works correctly on all devices", "Edge cases are handled",
    "The migration is done", "The endpoint behaves as specified", "CI passes", "Good UX", "Tests show that it works",
    "The component is tested", "The export is ready", "The login flow works end to end", "done", "Is user-friendly",
    "The solution is production-ready", "The search is fast", "Everything is implemented as described",
]  # fmt: skip


@pytest.mark.parametrize("text", OBSERVABLE)
def test_what_can_be_seen_is_let_be(text: str) -> None:
    assert vague(text) is None


@pytest.mark.parametrize("text", VAGUE)
def test_what_says_nothing_is_found(text: str) -> None:
    assert vague(text) is not None


@pytest.mark.parametrize(
    ("quote", "stands"),
    [
        ("a page with their orders", True), ("A PAGE  with\ntheir orders", True), ("**a page** with", True),
        ("`one mail`", True), ('"one mail with the open ones."', True), ("we use flask", True),
        ("Orders: a page", True),
        ("Staff want … with their orders", True),
        ("Staff ... page ... one mail", True),
        ("their orders … Staff want", False),
        ("Staff … a … page … mail", False),
        ("Staff want … for friends", False),
        ("a page with all orders", False), ("…", False), ("a", False), ("orders. Each evening", False),
        ("and a mail Staff want", False),
    ],
)  # fmt: skip
def test_a_quote_stands_in_one_of_the_texts(quote: str, stands: bool) -> None:
    assert stands_in(quote, INTENT.texts) is stands


@pytest.mark.parametrize(
    "quote",
    [
        "members reserve a tool", "reserve a tool on its page and see loans", "the keeper hands out",
        "See the guide for details", "first\nsecond line of it", "Loans > 5",
    ],
)  # fmt: skip
def test_marks_of_markdown_are_no_part_of_a_quote(quote: str) -> None:
    body = """
- members **reserve a tool** on its page
  and see `loans`
* [ ] the keeper hands out
> See the [guide](https://x.example/a_b) for details
1. first
   second line of it
Loans > 5
"""
    assert stands_in(quote, ["title", body])
    assert not stands_in(f"{quote} please", ["title", body])


def test_words_of_a_maintainers_guidance_count() -> None:
    asked = plan()
    asked["spec"]["features"][0]["asked"] = "show totals"
    assert rules(asked) == {"unasked"}
    assert rules(asked, INTENT.model_copy(update={"guidance": "Also show totals"})) == set()


LAYERS = ["Backend", "Database schema", "Set up the data model", "Front-end for orders", "API layer", "Business logic",
          "Models and migrations", "Orders: UI part", "Implement the service layer", "Order server part"]  # fmt: skip
SLICES = ["See one's orders", "Model railway catalogue", "Pay with a card", "Interface language can be chosen",
          "Schema errors are named", "Backend errors reach the user", "API keys for classes",
          "Migration of old bookmarks", "Styling options for charts", "Models for rent"]  # fmt: skip


@pytest.mark.parametrize(("title", "found"), [*((t, {"slice"}) for t in LAYERS), *((t, set()) for t in SLICES)])
def test_layers_are_told_from_slices(title: str, found: set[str]) -> None:
    assert rules(plan(tasks=[task("t1", title, "f1"), task("t2", "Get a mail", "f2")])) == found


def test_a_layer_that_the_issue_asks_for_by_name_is_a_slice() -> None:
    intent = INTENT.model_copy(update={"body": INTENT.body + " Then a new storage: the backend for S3."})
    asked = plan(tasks=[task("t1", "Backend for S3", "f1"), task("t2", "Get a mail", "f2")])
    asked["spec"]["features"][0]["asked"] = "the backend for S3"
    assert rules(asked, intent) == set()


CHORES = ["Write tests", "Add unit tests for orders", "Increase test coverage", "Update the README", "Documentation",
          "Document the API", "Investigate the mail server", "Set up the project", "Configure the CI pipeline",
          "Design the API", "Refactor the order module", "Integration tests", "Review the existing code",
          "Choose a mail library", "Project setup", "Write end-to-end tests and docs"]  # fmt: skip
WORK = ["Send a test mail", "Review orders", "Set up reminders", "Documents can be uploaded", "Test mode for payments",
        "Choose a delivery slot", "Explore orders on a map", "Plan a delivery", "Audit log of changes",
        "Design picker for cards", "Configure notifications", "Clean rooms are listed",
        "Enter the code from the SMS"]  # fmt: skip


@pytest.mark.parametrize(("title", "found"), [*((t, True) for t in CHORES), *((t, False) for t in WORK)])
def test_chores_are_told_from_work(title: str, found: bool) -> None:
    assert ("test_only" in rules(plan(tasks=[task("t1", title, "f1"), task("t2", "Get a mail", "f2")]))) is found
    assert ("test_only" in rules(single(title=title))) is found


def test_a_chore_that_is_all_the_issue_asks_for_is_work() -> None:
    docs = Intent(title="Write a guide for upgrades", body="It should be in docs/.")
    assert rules(single(title="Write the upgrade guide", files=["docs/upgrade.md"]), docs) == set()
    assert rules(single(title="Write the upgrade guide"), INTENT) == {"test_only"}
    flaky = Intent(title="test_orders is flaky", body="Please fix the test.")
    assert rules(single(title="Add tests for the clock", files=["tests/test_orders.py"]), flaky) == set()


@pytest.mark.parametrize(
    ("goal", "text", "found"),
    [
        ("Refunds.", "the treasurer refunds a payment", True),
        ("No refunds", "a refund is shown", True),
        ("Refunds stay in the dashboard.", "a payment can be refunded", True),
        ("It does not send SMS", "each order sends an SMS", True),
        ("Deleting expired links.", "an expired link no longer resolves", False),
        ("Deleting expired links.", "expired links are not deleted", False),
        ("Deleting expired links.", "expired links are deleted at night", True),
        ("Other currencies than EUR.", "the price is shown in EUR", False),
        ("Other languages' reading speeds.", "reading_time rounds up to whole minutes", False),
        ("Passwords.", "a wrong password is refused", False),
        ("Search.", "a search box filters the list", True),
        ("Editing a booking.", "a booking can be edited until noon", True),
        ("Editing a booking.", "after editing the profile of a member who has come by bus, a booking is shown", False),
        ("", "anything", False),
        ("!", "anything", False),
    ],
)  # fmt: skip
def test_scope_is_held_against_non_goals(goal: str, text: str, found: bool) -> None:
    said = single(criteria=[{"id": "c1", "text": text}])
    assert ("scope" in rules({**said, "non_goals": [goal]})) is found
    assert (outside_scope(text, ("Nothing else.", goal)) is not None) is found


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({"stack": ["Flask"]}, False), ({"stack": ["FastAPI"]}, True), ({"stack": ["Django 5"]}, True),
        ({"summary": "Rewrites it with Django."}, True), ({"summary": "Stays on Flask instead of Django."}, False),
        ({"summary": "Keeps Flask, not FastAPI."}, False), ({"stack": ["Flask", "PostgreSQL"]}, False),
        ({"stack": ["Peewee"]}, True), ({"stack": ["Go"]}, False), ({"summary": "A module in Go does it."}, True),
        ({"summary": "React to a click, and express it well."}, False),
        ({"summary": "Express lane for orders."}, False),
        ({"stack": ["Express"]}, True), ({"summary": "A small server with Express."}, True),
        ({"architecture": [{"decision": "Flask", "instead_of": "Django", "why": "stated"}]}, False),
        ({"architecture": [{"decision": "Use Tornado", "instead_of": "Flask", "why": "sockets"}]}, True),
    ],
)  # fmt: skip
def test_a_stated_stack_is_kept(change: Json, found: bool) -> None:
    assert ("stack" in rules({**single(), **change})) is found


def test_what_nobody_states_may_be_chosen_and_a_move_may_name_both() -> None:
    free = Intent(title="Orders", body="A page, please.")
    assert rules({**single(), "stack": ["FastAPI", "PostgreSQL"]}, free) == set()
    moving = Intent(title="Move from Flask to FastAPI", body="All routes.")
    assert rules({**single(), "summary": "Every route moves from Flask to FastAPI."}, moving) == set()
    assert rules({**single(), "stack": ["Django"]}, moving) == {"stack"}


def test_a_manifest_that_was_not_read_leaves_the_stack_open() -> None:
    body = {"body": "Staff want a page."}
    several = INTENT.model_copy(update={**body, "paths": (*INTENT.paths, "web/package.json")})
    assert rules({**single(), "stack": ["Django"]}, several) == set()
    assert rules({**single(), "stack": ["Django"]}, INTENT.model_copy(update=body)) == {"stack"}


def test_a_language_is_told_by_the_files() -> None:
    assert rules(single(files=["cmd/main.go"])) == {"stack"}
    assert rules(single(files=["app/static/app.js", "app/orders.py"])) == set()


@pytest.mark.parametrize(
    ("kind", "asked", "found"),
    [
        ("asked", "one mail with the open ones", True), ("payment", "a page with their orders", False),
        ("payment", "one mail with the open ones", True), ("role", "Staff want a page", False),
        ("surface", "one mail", False),
    ],
)  # fmt: skip
def test_a_domains_quote_speaks_of_its_kind(kind: str, asked: str, found: bool) -> None:
    domains = [{"kind": kind, "name": "x", "asked": asked}, plan()["domains"][0], plan()["domains"][1]]
    assert ("cohesive" in rules(plan(domains=domains))) is found


def test_an_issue_that_asks_for_separate_tasks_asks_so_for_each_part_of_it() -> None:
    domains = [{"kind": "asked", "name": n, "asked": a} for n, a in (("a", "a page"), ("b", "one mail"))]
    assert "cohesive" in rules(plan(domains=domains))
    asked = INTENT.model_copy(update={"body": f"{INTENT.body} Please do them as separate tasks."})
    assert rules(plan(domains=domains), asked) == set()


def test_an_issue_in_another_language_is_not_refused_for_missing_english_words() -> None:
    intent = Intent(
        title="Bestellungen", body="Seite mit Bestellungen. Jeden Morgen eine Nachricht, bitte getrennt bauen."
    )
    said = plan()
    for number, asked in enumerate(("Seite mit Bestellungen", "Jeden Morgen eine Nachricht")):
        said["domains"][number] = {"kind": "asked", "name": f"Teil {number}", "asked": asked}
        said["spec"]["features"][number]["asked"] = asked
    assert rules(said, intent) == set()


def test_a_task_that_waits_for_another_at_any_distance_is_related_to_it() -> None:
    chain = plan()
    more = task("t3", "Print the mail", "f1", depends_on=["t2"], files=["./APP/t1.py"])
    chain["tasks"] = [chain["tasks"][0], {**chain["tasks"][1], "depends_on": ["t1"]}, more]
    assert "relation" not in rules(chain)
    chain["tasks"][1]["depends_on"] = []
    assert "relation" in rules(chain)


def test_a_key_within_another_word_is_no_mention() -> None:
    assert (
        rules(plan(tasks=[task("t1", "See part2 of one's orders", "f1"), task("t2", "Get t21 mails", "f2")])) == set()
    )


def test_everything_is_said_at_once_and_in_order_structure_first() -> None:
    bad = plan(domains=[], tasks=[task("t1", "Backend", "f1", depends_on=["t9"]), task("t1", "Write tests", "f1")])
    found = [problem.rule for problem in check(Plan.model_validate(bad), INTENT, 1)]
    assert found[:3] == [PlanRule.TOO_MANY, PlanRule.TASK_KEYS, PlanRule.DEPENDENCY]
    assert {PlanRule.COHESIVE, PlanRule.SLICE, PlanRule.TEST_ONLY, PlanRule.COVERAGE} <= set(found)


TEXT = st.text(alphabet="aeort12 .,`*_\n()é漢-", max_size=40)


@given(st.lists(TEXT, min_size=6, max_size=6), st.integers(1, 3))
@settings(max_examples=60, deadline=None)
def test_any_words_are_judged_without_an_error(words: list[str], tasks: int) -> None:
    one, two, three, four, five, six = (word.strip() or "x" for word in words)
    said = plan(
        tasks=[task(f"t{n}", one, "f1", criteria=[{"id": "c1", "text": two}]) for n in range(1, tasks + 1)],
        domains=[{"kind": "asked", "name": three, "asked": four}], non_goals=[five], stack=[six],
    )  # fmt: skip
    intent = Intent(title=one, body=four, paths=(two, three))
    assert all(problem.reason and problem.where for problem in check(Plan.model_validate(said), intent, 8))
