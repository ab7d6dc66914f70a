"""What others report is shown with names that act on nothing, and links to the repository's own pages alone."""

from __future__ import annotations

from otto_bot.core.also import Also
from otto_bot.text.also import MOST_SHOWN, also_line
from otto_bot.text.links import Links

HERE = Links("https://github.com", "octo", "texts")


def test_each_is_named_with_its_state() -> None:
    found = [
        Also(name="codecov/patch", state="failure", url="https://github.com/octo/texts/runs/5"),
        Also(name="ci/circleci: build", state="timed_out"),
    ]
    assert also_line(found, HERE) == (
        "Also reported by others, neither waited for nor counted: "
        "[codecov/patch](https://github.com/octo/texts/runs/5) (failure), ci/circleci: build (timed out)."
    )


def test_names_act_on_nothing_and_foreign_pages_are_not_linked() -> None:
    hostile = Also(name="x](https://evil.example) @octo #1", state="failure", url="https://evil.example")
    line = also_line([hostile], HERE)
    assert line.endswith("counted: `x](https://evil.example`) `@octo` `#1` (failure).")


def test_many_are_counted() -> None:
    line = also_line([Also(name=f"n{number}", state="success") for number in range(MOST_SHOWN + 3)], HERE)
    assert line.endswith("n9 (success) and 3 more.")
    assert also_line([], HERE) == ""
