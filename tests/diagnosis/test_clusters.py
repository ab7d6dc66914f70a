"""Many failures to few causes, whatever order they come in."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from otto_bot.diagnosis.clusters import Item, cluster_of, clusters


def made(*items: Item) -> list[tuple[str, ...]]:
    return [cluster.members for cluster in clusters(items)]


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        ([], []),
        ([Item("1", "x")], [("1",)]),
        ([Item("1", "x"), Item("2", "y"), Item("3", "y")], [("2", "3"), ("1",)]),
        # the same tests fail, with other words
        ([Item("1", "x", "E: a", ("t", "u")), Item("2", "y", "E: b", ("u", "t"))], [("1", "2")]),
        ([Item("1", "x", "E: a", ("t", "u")), Item("2", "y", "E: a", ("t",))], [("1",), ("2",)]),
        # the same telling line
        ([Item("1", "x", "error: no a in 1"), Item("2", "y", "error: no a in 22")], [("1", "2")]),
        ([Item("1", "x", "error: no a"), Item("2", "y", "error: no b")], [("1",), ("2",)]),
        ([Item("1", "x", "Process completed with exit code 1."), Item("2", "y", "Process completed with exit code 1.")],
         [("1",), ("2",)]),
        ([Item("1", "x", "error: no a"), Item("2", "y", "error: no a", ("t",))], [("1",), ("2",)]),
        # no fingerprint is nothing to share
        ([Item("1", ""), Item("2", "")], [("1",), ("2",)]),
        # groups stay apart
        ([Item("1", "x", group="a"), Item("2", "x", group="b"), Item("3", "x", group="a")], [("1", "3"), ("2",)]),
        # one given twice counts once
        ([Item("1", "x"), Item("1", "x"), Item("2", "y")], [("1",), ("2",)]),
        # over two levels
        ([Item("1", "x", "", ("t",)), Item("2", "y", "", ("t",)), Item("3", "y", "", ("u",))], [("1", "2", "3")]),
    ],
)  # fmt: skip
def test_clusters(items: list[Item], expected: list[tuple[str, ...]]) -> None:
    assert made(*items) == expected


def test_what_joined_them_is_said() -> None:
    same = clusters([Item("1", "x"), Item("2", "x")])
    by_tests = clusters([Item("1", "x", "", ("t",)), Item("2", "y", "", ("t",)), Item("3", "y", "", ("t",))])
    by_line = clusters([Item("1", "x", "error: no a"), Item("2", "y", "error: no a")])
    assert [found[0].joined_by for found in (same, by_tests, by_line)] == ["fingerprint", "tests", "line"]


def test_the_commonest_speaks_for_the_rest() -> None:
    found = clusters(
        [Item("1", "x", "E: long words", ("t",)), Item("2", "y", "", ("t",)), Item("3", "y", "E: b", ("t",))]
    )
    assert found[0].representative == "3"
    assert found[0].size == 3


items = st.lists(
    st.builds(
        Item,
        st.sampled_from([str(i) for i in range(9)]),
        st.sampled_from(["", "x", "y", "z"]),
        st.sampled_from(["", "error: no a", "error: no a 1", "error: no b", "done"]),
        st.sampled_from([(), ("t",), ("t", "u"), ("u", "t")]),
        st.sampled_from(["", "g"]),
    ),
    max_size=9,
    unique_by=lambda item: item.id,
)


@settings(max_examples=40)
@given(items, st.randoms(use_true_random=False))
def test_the_order_does_not_count(given_items: list[Item], random: object) -> None:
    shuffled = list(given_items)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert clusters(shuffled) == clusters(given_items)


@settings(max_examples=40)
@given(items)
def test_each_is_in_exactly_one_and_the_biggest_is_first(given_items: list[Item]) -> None:
    found = clusters(given_items)
    assert sorted(member for one in found for member in one.members) == sorted(item.id for item in given_items)
    assert [one.size for one in found] == sorted((one.size for one in found), reverse=True)
    assert all(one.representative in one.members for one in found)
    assert set(cluster_of(found)) == {item.id for item in given_items}


@settings(max_examples=40)
@given(items)
def test_a_cluster_on_its_own_is_one_cluster_again(given_items: list[Item]) -> None:
    known = {item.id: item for item in given_items}
    for one in clusters(given_items):
        assert clusters(known[member] for member in one.members) == (one,)
