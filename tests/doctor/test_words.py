"""The doctor's sentences: the page lists them all, links lead somewhere, and reports are what they were."""

from __future__ import annotations

import importlib.util
import io
import json
import re
from pathlib import Path
from typing import Any

import pytest

from otto_bot.core.finding import wrong
from otto_bot.doctor.printing import as_json, as_text, summary
from otto_bot.text.doctor import ALL, cannot, found, rights
from otto_bot.text.first_use import disabled_workflows, missing_rights, never_reported

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
FINDINGS = [
    found("credentials", "accepted", slug="otto", id=7),
    found("clock", "wrong", seconds=90, way="ahead of"),
    found("workers", "idle"),
    found("webhook", "plain", url="http://x.example/[red]webhook[/red]"),
    cannot("models", "no answer within 30 s", "Say it again."),
]


@pytest.mark.parametrize(("count", "said"), [(1, "1 has to be put right."), (2, "2 have to be put right.")])
def test_one_and_more_are_counted_in_words(count: int, said: str) -> None:
    assert summary(FINDINGS[1:2] * count) == said


def test_the_page_lists_every_check_with_all_that_it_says() -> None:
    spec = importlib.util.spec_from_file_location("doctor_page", ROOT / "scripts" / "doctor_page.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    written = (DOCS / "doctor.md").read_text(encoding="utf-8")

    assert module.page(written) == written, "python scripts/doctor_page.py"


def anchors(path: Path) -> set[str]:
    """Of a page, as GitHub makes them."""
    heads = re.findall(r"^#+ (.*)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


def test_every_link_leads_to_a_part_of_the_documents() -> None:
    for about in ALL.values():
        for said in about.says.values():
            page, _, anchor = said.see.partition("#")
            assert not page or (DOCS / page).is_file(), said
            assert not anchor or anchor in anchors(DOCS / page), said


def test_what_has_to_be_put_right_says_how() -> None:
    silent = {"closed"}  # the rules themselves say it
    assert not [
        (name, outcome)
        for name, about in ALL.items()
        for outcome, said in about.says.items()
        if said.level == "problem" and not said.advice and outcome not in silent
    ]


def test_a_report_says_the_worst_first(snapshot: Any) -> None:
    out = io.StringIO()
    as_text([("host", FINDINGS)], "https://docs.test", out)

    assert out.getvalue() == snapshot


def test_json_has_the_findings_and_whether_something_is_wrong() -> None:
    out = io.StringIO()
    as_json([("host", FINDINGS), ("octo/demo", [])], out)
    data = json.loads(out.getvalue())

    assert data["wrong"] is True
    assert data["counts"] == {"ok": 1, "note": 1, "unknown": 1, "warning": 1, "problem": 1}
    assert [one["check"] for one in data["host"]] == [one.check for one in FINDINGS]


@pytest.mark.parametrize("level", ["ok", "note", "warning"])
def test_only_what_has_to_be_done_is_wrong(level: str) -> None:
    assert not wrong([found("workers", "idle").model_copy(update={"level": level})])


def test_words_of_others_stay_words() -> None:
    one = found("credentials", "refused", why="line one\n[bold]two[/bold] \x1b[31m{braces}")

    assert "\n" not in one.words
    assert "\x1b" not in one.words
    assert "{braces}" in one.words


def test_what_hinders_a_run_is_said_with_what_to_do(snapshot: Any) -> None:
    page = "https://github.com/settings/installations/3"
    said = [
        missing_rights({"checks": "write", "contents": "write"}, "octo", page),
        missing_rights({"checks": "write"}, "", ""),
        disabled_workflows(["ci.yml"]),
        disabled_workflows(["a.yml", "b.yml"]),
        never_reported(["nightly"], "main"),
        never_reported(["nightly", "soak"], "main"),
        rights({}),
    ]

    assert said == snapshot
