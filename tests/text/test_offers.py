"""Links to GitHub's own editor and what they offer: everything quoted, bounded, and nobody's words live."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from otto_bot.core.lanes import LaneKind
from otto_bot.core.onboarding import CONFIG_PATH, VERIFY_PATH, Facts, Project, repository_file, verify_workflow
from otto_bot.core.run import Run
from otto_bot.text.editor_link import MAX_URL, edit_link, editor, editor_link
from otto_bot.text.links import Links
from otto_bot.text.offers import beside, markdown, offers
from otto_bot.text.plan import plan_comment
from otto_bot.text.status import status_comment

WEB, REPO = "https://github.com", "octo/demo"
LARGE = Facts(projects=tuple(Project(path=f"part-{n}", test=("make test",) * 20) for n in range(20)))


def test_the_editor_is_filled_in_with_exactly_the_file() -> None:
    text = verify_workflow(Facts())
    address = urlsplit(editor_link(WEB, REPO, "release/1.x", VERIFY_PATH, text))

    assert (address.scheme, address.netloc, address.path) == ("https", "github.com", "/octo/demo/new/release/1.x")
    assert parse_qs(address.query) == {"filename": [VERIFY_PATH], "value": [text]}


@settings(max_examples=60, deadline=None)
@given(st.text(min_size=1, max_size=30), st.text(min_size=1, max_size=60))
def test_whatever_stands_in_names_and_text_stays_in_its_place(name: str, text: str) -> None:
    url = editor_link("https://ghe.example/", "o/r", name, name, text)
    address = urlsplit(url)
    whole = [part.encode("utf-8", "replace").decode().replace("\0", "\ufffd") for part in (name, text)]

    assert url.isascii()
    assert not set(url) & set(" <>()[]\"'`\\\n")
    assert unquote(address.path) == f"/o/r/new/{whole[0]}".replace("?", "\ufffd" if "\ud800" in name else "?")
    assert address.fragment == ""
    assert set(parse_qs(address.query, keep_blank_values=True)) == {"filename", "value"}


def test_a_text_that_is_too_long_for_an_address_stands_beside_it() -> None:
    made = editor(WEB, REPO, "main", VERIFY_PATH, "é\n" * 2_000)
    assert made.url == editor_link(WEB, REPO, "main", VERIFY_PATH, "")
    assert made.beside == "é\n" * 2_000
    assert len(editor_link(WEB, REPO, "main", "a", "x" * (MAX_URL - 70))) <= MAX_URL

    (verify, _) = offers(WEB, REPO, "main", LARGE)
    assert "value=" not in verify.link
    assert verify_workflow(LARGE).strip() in beside(verify)
    assert markdown(verify).count("<details>") == 1


def test_a_file_that_is_there_is_edited_and_its_text_stands_beside() -> None:
    made = editor(WEB, REPO, "main", VERIFY_PATH, "x", exists=True)
    assert made == (edit_link(WEB, REPO, "main", VERIFY_PATH), "x")
    assert made.url == "https://github.com/octo/demo/edit/main/.github/workflows/otto-verify.yml"


@pytest.mark.parametrize(
    ("facts", "existing", "wanted"),
    [
        (Facts(), (), ["add otto-verify.yml", "add .github/otto.yml"]),
        (Facts(workflow="ours.yml"), (CONFIG_PATH,), ["add ours.yml"]),
        (Facts(has_verify=True), (), ["add .github/otto.yml"]),
        (Facts(), (VERIFY_PATH,), ["add .github/otto.yml"]),
        (Facts(has_verify=True, has_config=True), (), []),
    ],
)
def test_only_what_is_missing_is_offered(facts: Facts, existing: tuple[str, ...], wanted: list[str]) -> None:
    found = offers(WEB, REPO, "main", facts, existing)

    assert [one.what for one in found] == wanted
    assert all(one.why.endswith(".") for one in found)
    for one in found:
        assert MarkdownIt().render(markdown(one)).count("<a ") == 1
        given_text = parse_qs(urlsplit(one.link).query)["value"][0]
        assert given_text in (verify_workflow(facts), repository_file(facts))


def test_a_plan_that_pull_requests_verify_has_the_offer_in_one_line_and_another_plan_has_not(
    moment: Callable[[str], Run], links: Links
) -> None:
    run = moment("planned")
    assert run.lane is not None
    offered = run.model_copy(update={"offered": Facts()})
    pulls = run.lane.model_copy(update={"kind": LaneKind.PULL_REQUEST})
    pushes = run.lane.model_copy(update={"kind": LaneKind.PUSH})

    shown = [
        [line for line in plan_comment(one, links).splitlines() if "add otto-verify.yml" in line]
        for one in (
            offered.model_copy(update={"lane": pulls}), offered.model_copy(update={"lane": pushes}),
            run.model_copy(update={"lane": pulls, "offered": None}),
        )
    ]  # fmt: skip

    assert [len(lines) for lines in shown] == [1, 0, 0]
    assert shown[0][0].startswith("- optional: with a workflow that Otto starts by hand")


def test_a_workflow_too_long_for_its_link_stands_in_the_status_comment(
    moment: Callable[[str], Run], links: Links, now: object
) -> None:
    run = moment("no_ci").model_copy(update={"offered": LARGE})
    shown = status_comment(run, links, now)  # type: ignore[arg-type]

    assert "](https://github.com/octo/demo/new/main?filename=.github%2Fworkflows%2Fotto-verify.yml)" in shown
    assert "verify-part-19:" in shown
    assert len(shown) < 60_000
