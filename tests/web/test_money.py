"""Cost by phase against the cap: the bar, its legend and the table say the same, and nothing leaves the bar."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from web_runs import two

from otto_bot.core.run import Run
from otto_bot.store.run_pages import RoleCost
from otto_bot.web.views.money import WIDE, money_view


def cost(role: str, usd: float) -> RoleCost:
    return RoleCost(role=role, calls=1, input_tokens=1_000, output_tokens=2, usd=usd, seconds=1)


def run(settled: float, inherited: float = 0.0, held: float = 0.0, cap: float = 10.0) -> Run:
    one = two()
    spent = {"cap": cap, "settled": settled, "inherited": inherited, "reserved": {"c": held} if held else {}}
    return one.model_copy(update={"money": one.money.model_copy(update=spent)})


def test_each_phase_is_a_part_of_the_bar_and_a_row_of_the_table() -> None:
    costs = (cost("planner", 0.5), cost("coder", 1.5), cost("judge", 1.0), cost("pilot", 0.04))

    page = money_view(run(3.5, inherited=1.0, held=2.0), costs)

    assert [(row.phase, row.usd, row.share) for row in page.rows] == [
        ("planning", "$0.50", "5 %"), ("coding", "$1.50", "15 %"), ("judging", "$1.00", "10 %"),
        ("gates: pilot", "$0.04", "below 1 %"),
    ]  # fmt: skip
    assert page.legend == (
        ("work", "planning and coding $2.00"), ("done", "judging and journeys $1.00"), ("wait", "gates $0.04"),
        ("off", "earlier runs and unknown usage $1.46"), ("bad", "put aside for calls under way $2.00"),
    )  # fmt: skip
    assert page.name.endswith("put aside for calls under way $2.00, $3.50 left.")
    assert [part.tone for part in page.bar] == [tone for tone, _ in page.legend]
    assert "$1.00 were spent by earlier runs of the issue" in page.rest


def test_a_run_that_spent_nothing_has_an_empty_bar() -> None:
    page = money_view(run(0.0), ())

    assert (page.bar, page.legend, page.rows) == ((), (), ())
    assert page.name == "Of $10.00: $10.00 left."


@given(st.lists(st.floats(0, 1_000), min_size=3, max_size=3), st.floats(0, 1_000), st.floats(0, 50), st.floats(0, 100))
def test_no_part_leaves_the_bar_or_lies_on_another(usd: list[float], inherited: float, held: float, cap: float) -> None:
    """Also where more was spent than the cap allows."""
    costs = [cost(role, one) for role, one in zip(("coder", "judge", "pilot"), usd, strict=True)]

    page = money_view(run(sum(usd), inherited, held, cap), costs)

    x = 2
    for part in page.bar:
        assert part.x == x
        x += part.width
    assert x <= WIDE + 2
