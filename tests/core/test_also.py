"""What others report beside what is required is told in an order that helps, and never without end."""

from __future__ import annotations

from otto_bot.core.also import MOST_KEPT, Also, worth_telling


def also(name: str, state: str) -> Also:
    return Also(name=name, state=state)


def test_what_failed_comes_first_and_what_passed_last() -> None:
    found = [also("d", "success"), also("c", "queued"), also("b", "failure"), also("a", "pending"), also("e", "error")]
    assert [one.name for one in worth_telling(found)] == ["b", "e", "a", "c", "d"]


def test_a_name_is_told_once_as_it_stands_worst() -> None:
    assert worth_telling([also("a", "success"), also("a", "failure"), also("a", "pending")]) == (also("a", "failure"),)


def test_not_without_end() -> None:
    assert len(worth_telling(also(f"n{number}", "success") for number in range(500))) == MOST_KEPT
    assert worth_telling([]) == ()
