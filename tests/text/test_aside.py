"""The plan says what Otto leaves alone, in one line each."""

from __future__ import annotations

from collections.abc import Callable

from otto_bot.core.aside import Aside
from otto_bot.core.policy import plan_wait
from otto_bot.core.run import Run
from otto_bot.text.aside import left_alone
from otto_bot.text.links import Links
from otto_bot.text.plan import plan_comment

ALL = Aside(
    lfs=tuple(f"art/{number}.psd" for number in range(12)), lfs_count=25, modules=("vendor/lib",), modules_count=1,
    queue=True,
)  # fmt: skip


def with_aside(run: Run, found: Aside) -> Run:
    return run.model_copy(update={"aside": found})


def test_one_line_each(moment: Callable[[str], Run], links: Links) -> None:
    run = with_aside(moment("planned"), ALL)
    said = left_alone(run, links)
    assert said in plan_comment(run, links)
    assert "Git LFS keeps 25 files (`art/0.psd`, " in said
    assert "`art/9.psd` and 15 more): git holds only pointers to them" in said
    assert "- 1 submodule (`vendor/lib`): Otto neither looks into it nor moves it" in said
    assert "- Merges into `main` go through a merge queue: Otto puts nothing into it" in said
    assert left_alone(moment("planned"), links) == left_alone(with_aside(run, Aside()), links) == ""


def test_a_plan_that_names_such_a_file_waits(moment: Callable[[str], Run], links: Links) -> None:
    run = with_aside(moment("planned"), Aside(lfs=("a.psd",), lfs_count=1, touched=("a.psd",)))
    wait = plan_wait(run)
    assert wait is not None
    assert "it names files that Otto cannot write (the plan says which)" in wait.reasons
    assert "The plan names 1 file (`a.psd`) that Otto cannot write" in left_alone(run, links)
