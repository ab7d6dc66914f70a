"""A reader of the documents: every link leads on, every example works, every name and quoted word is the code's."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from otto_bot.core.evidence import Cause
from otto_bot.intake import webhook
from otto_bot.playground.scenario import presets
from otto_bot.text import login, reply
from otto_bot.text.links import DOCS_URL
from otto_bot.text.problems import REFUSING, UNASKED, Rest, Start, Webhook, entries, entry
from otto_bot.text.trouble import Trouble
from scripts.docs_pages import checks, problems
from scripts.docs_pages.reading import ROOT, Page, anchor_of

TROUBLES = ROOT / "docs" / "troubleshooting.md"
CHECKS = (
    checks.broken_links,
    checks.unknown_settings,
    checks.unknown_tests,
    checks.wrong_commands,
    checks.wrong_examples,
)
JOBS = ("jobs", "engine")


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_nothing_is_wrong_in_any_document(check: Callable[[Page], Iterator[str]]) -> None:
    found = [problem for page in checks.pages().values() for problem in check(page)]
    assert not found, "\n".join(found)


def test_a_page_that_is_there_is_not_to_come() -> None:
    assert not [name for name in checks.TO_COME if (ROOT / name).exists()]


def test_the_index_has_every_page() -> None:
    index = ROOT / "docs" / "README.md"
    named = {target.partition("#")[0] for _, target in checks.pages()[index].links}
    assert {page.name for page in index.parent.glob("*.md")} - {index.name} <= named


@pytest.mark.parametrize(
    ("heading", "anchor"),
    [
        ("How much at once", "how-much-at-once"),
        ("Repository: .github/otto.yml", "repository-githubottoyml"),
        ("GET /api/v1/runs/{run_id}", "get-apiv1runsrun_id"),
        ("Who may, and what strangers cost", "who-may-and-what-strangers-cost"),
        ("1. Register the App", "1-register-the-app"),
        ("The model's service · GitHub", "the-models-service--github"),
    ],
)
def test_anchors_are_githubs(heading: str, anchor: str) -> None:
    assert anchor_of(heading) == anchor


def test_headings_that_are_the_same_are_numbered() -> None:
    assert Page(Path("x.md"), headings=["Same", "Same", "Other", "Same"]).anchors == {
        "same",
        "same-1",
        "other",
        "same-2",
    }


def _page(tmp_path: Path, text: str) -> Page:
    from scripts.docs_pages.reading import read

    (tmp_path / "page.md").write_text(text)
    page = read(tmp_path / "page.md")
    page.path = ROOT / "docs" / "page.md"
    return page


@pytest.mark.parametrize(
    ("check", "text", "says"),
    [
        (checks.broken_links, "[x](gone.md)", "gone.md does not exist"),
        (checks.broken_links, "[x](design.md#never)", "has no such heading"),
        (checks.broken_links, "![x](pictures/gone.png)", "does not exist"),
        (checks.broken_links, "[x](https://evil.example/a)", "not in HOSTS"),
        (checks.broken_links, "[x](../../../etc/passwd)", "outside"),
        (checks.unknown_tests, "`tests/core/test_nothing_there.py`", "there is no test_nothing_there.py"),
        (checks.wrong_commands, "```sh\notto-bot replay 7 --never\n```", "unrecognized arguments: --never"),
        (checks.wrong_commands, "```console\n$ otto-bot replay 7 --never 2>log &\n```", "arguments: --never"),
        (checks.wrong_commands, "```sh\nmake coffee\n```", "there is no target coffee"),
        (checks.wrong_commands, "`otto-bot reply`", "there is no such command"),
        (checks.wrong_commands, "`otto-bot report --never`", "it has no --never"),
        (checks.wrong_examples, "```json\n{a: 1}\n```", "property name"),
        (checks.wrong_examples, "```python\ndef\n```", "invalid syntax"),
        (checks.wrong_examples, "```yaml\nbudget: {usd: -1}\n```", "budget.usd"),
        (checks.wrong_examples, "`pilot: {aproval: always}`", "pilot.aproval"),
    ],
)
def test_what_is_wrong_is_found(check: Callable[[Page], Iterator[str]], text: str, says: str, tmp_path: Path) -> None:
    assert says in "\n".join(check(_page(tmp_path, text)))


def _headings() -> list[str]:
    return re.findall(r"^### ([a-z0-9-]+)$", TROUBLES.read_text("utf-8"), re.MULTILINE)


def _entries() -> dict[str, str]:
    return dict(
        re.findall(r"^### ([a-z0-9-]+)\n\n(.*?)(?=^##|\Z)", TROUBLES.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    )


def test_every_kind_of_problem_has_its_entry_and_every_entry_its_kind() -> None:
    """Causes, rests, answers, the host, webhooks, the API, the login, odd repositories; and nothing else."""
    made = {entry("api", code) for code in problems.refusals()} | {entry("login", name) for name in problems.logins()}
    headings = _headings()
    assert len(headings) == len(set(headings))
    assert set(headings) == entries() | made | set(Trouble)
    assert set(Trouble) == set(presets())


def test_every_entry_says_what_is_seen_and_what_to_do() -> None:
    lacking = [
        name
        for name, text in _entries().items()
        if re.findall(r"^\*\*([A-Za-z ]+):\*\* \S", text, re.MULTILINE)
        not in (["You see", "Why", "Do"], ["You see", "Do"])
    ]
    assert not lacking


def test_what_is_seen_is_what_the_code_says() -> None:
    found = list(checks.unspoken(_entries()))
    assert not found, "\n".join(found)


def test_the_kinds_of_rests_are_those_that_steps_end_with() -> None:
    """What `NeedsPerson` and `Retry` are told, and what a refusal names; the rest are made elsewhere."""
    raised = {"minutes", "repeats", "rerun"}
    for room in JOBS:
        for file in ROOT.glob(f"otto_bot/{room}/**/*.py"):
            code = file.read_text("utf-8")
            raised |= {name.lower() for name in re.findall(r"trouble=Rest\.(\w+)", code)}
            raised |= set(_kinds(ast.parse(code))) if re.search(r"NeedsPerson\(|Retry\(", code) else set()
    assert raised - set(Trouble) == set(Rest)


def _kinds(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("NeedsPerson", "Retry"):
            yield from (str(one.value) for one in node.args[1:2] if isinstance(one, ast.Constant))


def test_the_answers_are_those_of_the_code() -> None:
    """What says no is told apart from what says that it is done."""
    done = {"budget_raised", "budget_noted", "minutes_raised", "status", "help", "explain", "learning_kept"}
    done |= {"learning_kept_already", "learning_dropped", "learning_dropped_already"}
    assert set(reply.REPLY_WORDS) == REFUSING | done
    assert {name for name in UNASKED if callable(getattr(reply, name))} == UNASKED


def test_the_answers_to_webhooks_are_those_of_the_receiver() -> None:
    code = Path(webhook.__file__).read_text("utf-8")
    assert set(re.findall(r"_Refused\((\d{3})|_answer\(send, (\d{3})", code)) == {
        (one, "") if one not in ("202", "405") else ("", one) for one in Webhook
    }


def test_problems_of_the_login_are_those_that_pages_show() -> None:
    named = {name for name, value in vars(login).items() if isinstance(value, tuple)}
    assert {name.lower() for name in named} == set(problems.logins())


def test_the_host_is_told_where_its_problems_are_explained() -> None:
    assert {f"start-{one}" for one in Start} <= set(_headings())
    assert DOCS_URL.endswith("/docs")
    assert len(Cause) == len([one for one in _headings() if one.startswith("cause-")])
