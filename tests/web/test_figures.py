"""Pictures on pages and what stands beside them: insight by repository, the graph of tasks, a gate decided anew."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from core_builders import T0, executing, fold, plan, spec, to_failed, to_verified
from page_reader import Reader
from test_api import elsewhere, enter
from web_runs import FREE, at_the_gate

from otto_bot.core import events as e
from otto_bot.core.decision import Decider, Decision, Move
from otto_bot.core.evidence import Cause, FailureClass
from otto_bot.core.gate_account import Shadow
from otto_bot.core.insight_values import DeciderInsight, EstimateInsight, EstimateTally, Insight, Spread, Tally
from otto_bot.core.insight_weeks import EstimatedRun
from otto_bot.text.replay_lines import replay_lines
from otto_bot.web.counted import CountedRuns
from otto_bot.web.viewer import Viewer
from otto_bot.web.views.gate_shadow import shadow_of
from otto_bot.web.views.graph import HIGH, LETTERS, WIDE, graph
from otto_bot.web.views.insight import insight_page
from otto_bot.web.views.plots import WIDE as WIDE_PLOT


def counted(**changes: Any) -> CountedRuns:
    given = CountedRuns("", T0, 300, Insight(), (), ())
    return given._replace(**changes)


def test_every_plot_stands_beside_a_table() -> None:
    tally = EstimateTally(runs=2, inside=1, above=1)
    insight = Insight(estimates=EstimateInsight(all=tally))
    runs = tuple(EstimatedRun(run=n, repo="octo/app", low=1, high=2, actual=n) for n in (1, 3))

    page = insight_page(counted(insight=insight, estimated=runs), ("octo/app",))

    assert page.empty == "No gate was decided yet in these runs."
    assert [(one.id, len(one.plots)) for one in page.sections] == [("estimates", 0), ("estimated", 1)]
    assert all(section.table is not None for section in page.sections if section.plots)
    table = page.sections[1].table
    assert table is not None
    assert [[cell.words for cell in row] for row in table.rows] == [
        ["run 1", "$1-$2", "$1", "inside"], ["run 3", "$1-$2", "$3", "above"]
    ]  # fmt: skip
    assert page.sections[1].plots[0][1].bars[1].value == "$3 of $1-$2: above"


def test_the_words_of_a_row_have_room_beside_each_other() -> None:
    """At the widths of an ordinary font: 7.8 pixels for a letter of a label, 6.5 for one of a value."""
    tally = Tally(reopened=297, passed=99, failed=99, not_charged=49, open=99)
    spread = Spread(count=99, total=99, p50=12.3456, p95=123.4567)
    worst = DeciderInsight(gates=99, attempts=tally, skips=99, wrong_skips=49, usd=spread, seconds=spread)
    insight = Insight(
        gates=99, deciders={one.value: worst for one in Decider}, causes={one.value: tally for one in Cause},
        classes={one.value: tally for one in FailureClass}, estimates=EstimateInsight(all=EstimateTally(runs=1)),
    )  # fmt: skip
    runs = (EstimatedRun(run=12_345, repo="o/a", low=10.25, high=19.75, actual=21.5),)

    page = insight_page(counted(insight=insight, estimated=runs), ())

    bars = [bar for section in page.sections for _, plot in section.plots for bar in plot.bars]
    assert len(bars) > 40
    assert [(bar.label, bar.value) for bar in bars if len(bar.label) * 7.8 + len(bar.value) * 6.5 > WIDE_PLOT] == []


async def test_insight_is_counted_for_the_repository_in_the_address(host: Any) -> None:
    run = host.at_gate()
    run = host.add(run, e.DecisionApplied(at=T0 + timedelta(hours=1), gate=1, revision=run.gates[-1].revision))
    host.add(run, *to_failed("t1", 2))
    elsewhere(host)

    every, ours, theirs = [
        await host.page(place) for place in ("/insight", "/insight?repo=octo/app", "/insight?repo=octo/site")
    ]

    assert '<option value="octo/site" selected>' in theirs
    assert "No gate was decided yet in these runs." in theirs
    for page in (every, ours):
        assert "1 gate of 1 run" in page
        assert 'aria-label="Attempts that decisions reopened. pilot: 1 failed."' in page
        assert '<h2 id="weeks">Week by week</h2>' in page
    assert "otto-bot insight --repo octo/app" in ours
    assert [Reader(page).wrong for page in (every, ours, theirs)] == [[], [], []]


async def test_insight_counts_only_what_its_reader_may_see(host: Any) -> None:
    host.at_gate()
    assert "1 gate of 1 run" in await host.page("/insight")
    enter(host, Viewer(login="in", repositories=frozenset({8})))

    assert "0 gates of 0 runs" in await host.page("/insight")
    assert "octo/" not in await host.page("/health")


def test_no_title_leaves_its_box_and_every_state_has_a_sign_and_a_place_in_the_legend() -> None:
    long = spec("t3", "t1", "t2").model_copy(update={"title": "Wwwwwwwwwwwwwww " * 7})
    run = fold(executing(plan("t1", "t2", long), FREE), *to_failed("t1"), *to_verified("t2"))

    drawn = graph(run)

    assert drawn is not None
    assert all(len(words) <= LETTERS for box in drawn.boxes for words in box.lines)
    assert max(len(box.lines) for box in drawn.boxes) == 2
    assert drawn.boxes[2].lines[1].endswith("…")
    assert drawn.legend == (("done", "verified"), ("bad", "failed"), ("todo", "to do"))


def test_no_two_lines_of_a_graph_begin_or_end_in_one_place() -> None:
    tasks = ("t1", "t2", spec("t3", "t1", "t2"), spec("t4", "t1", "t2"), spec("t5", "t3", "t4", "t1"))

    drawn = graph(executing(plan(*tasks), FREE))

    assert drawn is not None
    assert len(drawn.paths) == 7
    ends = [re.match(r"M(\d+ \d+) C.* (\d+ \d+) M", path) for path in drawn.paths]
    places = [one.groups() for one in ends if one is not None]
    assert len({one[0] for one in places}) == len({one[1] for one in places}) == 7
    boxes = {box.key: box for box in drawn.boxes}
    for begin, end in places:
        (x1, y1), (x2, y2) = (map(int, one.split()) for one in (begin, end))
        assert any(x1 == box.x + WIDE and box.y < y1 < box.y + HIGH for box in boxes.values())
        assert any(x2 == box.x and box.y < y2 < box.y + HIGH for box in boxes.values())


def test_what_the_pilot_would_have_done_stands_beside_what_was_done() -> None:
    gate = at_the_gate().gates[0]
    decision = Decision(decided_by=Decider.PILOT, moves=(Move(task="t1", action="skip"), Move(task="t2", action="ask")))
    shadow = Shadow(decision=decision, usd=0.02, seconds=3)
    found = shadow_of(gate.model_copy(update={"account": gate.account.model_copy(update={"shadow": shadow})}))

    assert shadow_of(gate) is None
    assert found is not None
    assert "cost $0.0200 and 3.0 s" in found.words
    assert [(one.task, one.would, one.did, one.same) for one in found.moves] == [
        ("t1", "skip", "retry", False), ("t2", "ask", "its turn", False)
    ]  # fmt: skip
    rules = shadow.model_copy(
        update={"decision": decision.model_copy(update={"decided_by": Decider.RULES, "why": "w"})}
    )
    none = shadow_of(gate.model_copy(update={"account": gate.account.model_copy(update={"shadow": rules})}))
    assert none is not None
    assert (none.moves, "gave nothing that may stand (w)" in none.words) == ((), True)


def test_every_way_to_decide_a_gate_again_is_one_that_there_is() -> None:
    from otto_bot.cli import main  # everything that a command may need

    for line, _ in replay_lines(7, 2):
        with pytest.raises(SystemExit) as ended:
            main([*line.split()[1:], "--help"])
        assert ended.value.code == 0
    assert {option for line, _ in replay_lines(7, 2) for option in re.findall(r"--\w+", line)} == {
        "--gate", "--rules", "--replan", "--model"
    }  # fmt: skip


async def test_a_gate_offers_each_way_to_decide_it_again(host: Any) -> None:
    host.at_gate()

    page = await host.page("/runs/1/gates/1")

    for line, _ in replay_lines(1, 1):
        assert f'<code class="copy">{line}</code>' in page
    assert "an answer was rejected, for these reasons" in page


async def test_cost_by_phase_stands_against_the_cap(host: Any) -> None:
    host.at_gate()

    page = await host.page("/runs/1")

    assert 'role="img" aria-label="Of $10.00: $10.00 left."' in page
    assert 'href="/runs/1/tasks/t1" aria-label="t1 failed task t1"' in page
    assert '<span class="state bad">failed</span>' in page
