"""Where things lie in plots: every piece within the picture, nothing lost, and the same said in words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otto_bot.web.views.plots import HIGH, TEXT, WIDE, Part, Piece, Plot, Range, Span, columns, ranges, spans, stacked

LEGEND = (("done", "inside"),)
NUMBERS = st.lists(
    st.tuples(st.integers(0, 10_000), st.integers(0, 10_000), st.integers(0, 3)), min_size=1, max_size=15
)
AMOUNTS = st.floats(0, 1e6, allow_nan=False)


def parts(numbers: tuple[int, int, int]) -> tuple[Part, ...]:
    return tuple(Part(tone, one, tone) for tone, one in zip(("done", "bad", "off"), numbers, strict=True))


def test_a_bar_has_a_piece_for_each_part_that_there_is() -> None:
    plot = stacked(
        "p", "Title", [("pilot", parts((3, 1, 0))), ("rules", parts((0, 0, 0))), ("human", parts((0, 2, 0)))]
    )

    assert plot is not None
    assert [(bar.label, bar.value) for bar in plot.bars] == [("pilot", "3 done, 1 bad"), ("human", "2 bad")]
    assert plot.bars[0].pieces == (Piece("done", 0, 20, 251, 16), Piece("bad", 251, 20, 85, 16))
    assert plot.bars[1].pieces == (Piece("bad", 0, 66, 168, 16),)
    assert plot.name == "Title. pilot: 3 done, 1 bad. human: 2 bad."
    assert plot.legend == (("done", "done"), ("bad", "bad"), ("off", "off"))
    assert stacked("p", "T", []) is stacked("p", "T", [("a", parts((0, 0, 0)))]) is None


def test_a_middle_is_a_bar_and_a_high_value_the_end_of_a_line() -> None:
    plot = spans("p", "T", [Span("pilot", 1.0, 4.0, "1 s"), Span("rules", 0.0, 0.0, "0 s")])

    assert plot is not None
    assert [(bar.high, [piece.width for piece in bar.pieces]) for bar in plot.bars] == [(339, [85]), (0, [])]
    assert spans("p", "T", []) is None


def test_a_range_has_a_mark_where_the_value_came() -> None:
    plot = ranges(
        "p", "T", [Range("run 1", 1, 3, 4, "above", "bad"), Range("run 2", 0, 2, 1, "inside", "done")], LEGEND
    )

    assert plot is not None
    assert [(bar.pieces[0].x, bar.pieces[0].width, bar.mark) for bar in plot.bars] == [(85, 169, 337), (0, 170, 84)]
    assert ranges("p", "T", [], LEGEND) is None


@pytest.mark.parametrize(("weeks", "named"), [(3, ["w0", "w1", "w2"]), (20, ["w9", "w11", "w13", "w15", "w17", "w19"])])
def test_columns_are_the_newest_and_as_many_have_a_name_as_have_room(weeks: int, named: list[str]) -> None:
    plot = columns("p", "T", [(f"w{number}", parts((1, 1, 0))) for number in range(weeks)])

    assert plot is not None
    assert [label.words for label in plot.labels if label.words.startswith("w")] == named
    assert len(plot.columns) == 2 * min(weeks, 12)
    assert columns("p", "T", []) is columns("p", "T", [("a", parts((0, 0, 0)))]) is None


def pieces(plot: Plot | None) -> list[Piece]:
    return [] if plot is None else [*plot.columns, *(piece for bar in plot.bars for piece in bar.pieces)]


@given(NUMBERS)
def test_no_piece_of_a_bar_or_column_leaves_the_picture_or_lies_on_another(numbers: list[tuple[int, int, int]]) -> None:
    rows = [(f"r{place}", parts(one)) for place, one in enumerate(numbers)]

    for plot in (stacked("p", "T", rows), columns("p", "T", rows)):
        for one in pieces(plot):
            assert plot is not None
            assert 0 <= one.x <= one.x + one.width <= WIDE
            assert 0 <= one.y + one.height <= plot.height
        for bar in plot.bars if plot is not None else ():
            for one, after in zip(bar.pieces, bar.pieces[1:], strict=False):
                assert after.x == one.x + one.width


@given(st.lists(st.tuples(AMOUNTS, AMOUNTS, AMOUNTS), min_size=1, max_size=20))
def test_no_range_and_no_line_leaves_the_picture(values: list[tuple[float, float, float]]) -> None:
    ordered = [(min(a, b), max(a, b), c) for a, b, c in values]
    lines = spans("p", "T", [Span("s", low, high, "") for low, high, _ in ordered])
    bars = ranges("p", "T", [Range("r", low, high, actual, "", "done") for low, high, actual in ordered], LEGEND)

    for one in [*pieces(lines), *pieces(bars)]:
        assert 0 <= one.x <= one.x + one.width <= WIDE + 3
    for plot in (lines, bars):
        assert plot is not None
        assert all(-1 <= bar.mark <= WIDE - 3 and 0 <= bar.high < WIDE for bar in plot.bars)


def test_a_column_stands_on_the_line_whatever_it_is_made_of() -> None:
    plot = columns("p", "T", [("a", parts((1, 1, 1))), ("b", parts((7, 0, 0)))])

    assert plot is not None
    assert {one.y + one.height for one in plot.columns if one.tone == "done"} == {HIGH + TEXT}
