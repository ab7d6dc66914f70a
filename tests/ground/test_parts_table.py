"""Each row of "When parts fail" in docs/operate.md is held to by tests that exist under these names."""

from __future__ import annotations

import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

HELD = {
    "token ends in the middle of git": [
        ("git/test_token_ends.py", "test_a_fetch_goes_on_with_a_fresh_token"),
        ("git/test_token_ends.py", "test_a_push_goes_on_with_a_fresh_token"),
        ("git/test_token_ends.py", "test_a_fresh_token_that_is_refused_too_is_the_end"),
    ],
    "App uninstalled, suspended, or repository taken out": [
        ("jobs/test_host_troubles.py", "test_an_app_that_was_taken_away_is_a_persons_at_once"),
    ],
    "model limited or down in a session": [
        ("agents/test_coder.py", "test_a_limit_in_the_middle_is_waited_for_and_nothing_is_paid_again"),
        ("jobs/test_outages.py", "test_a_provider_that_is_down_is_tried_again"),
        ("engine/test_execute.py", "test_an_outage_is_waited_for_before_a_person_is_called"),
    ],
    "disk full: git": [("git/test_disk_full.py", "test_a_full_disk_is_waited_for")],
    "disk full: database, journal": [
        ("git/test_disk_full.py", "test_a_full_disk_is_waited_for"),
        ("store/test_database.py", "test_a_full_database_takes_nothing_and_loses_nothing"),
    ],
    "disk full: queue": [
        ("engine/test_handing.py", "test_a_queue_on_a_full_disk"),
        ("engine/test_handing.py", "test_what_the_queue_refuses_is_due_again_at_once"),
    ],
    "database locked by another program": [
        ("engine/test_handing.py", "test_a_job_that_ends_while_the_database_is_locked_is_done_once"),
        ("engine/test_handing.py", "test_patience_ends"),
    ],
    "database server stopped and started": [
        ("engine/test_database_gone.py", "test_a_job_is_done_once_although_the_database_goes_away"),
    ],
    "database damaged": [("test_cli.py", "test_a_damaged_database_is_named_with_what_to_do")],
    "sandbox killed, out of memory, hanging": [
        ("jobs/test_caged.py", "test_a_cage_that_is_killed_is_told_and_the_next_command_runs"),
        ("jobs/test_caged.py", "test_too_much_memory_is_named"),
        ("jobs/test_caged.py", "test_a_command_that_hangs_is_stopped"),
    ],
    "sandbox gone (bubblewrap removed or forbidden)": [
        ("jobs/test_caged.py", "test_a_cage_that_is_gone_runs_nothing"),
        ("jobs/test_caged.py", "test_a_cage_that_may_not_start_any_more_runs_nothing"),
    ],
    "clock set forward or back": [
        ("store/test_clock_jumps.py", "test_what_a_dead_worker_had_is_taken_over_after_a_jump"),
        ("store/test_clock_jumps.py", "test_a_living_worker_keeps_what_it_has"),
        ("store/test_clock_jumps.py", "test_what_is_done_now_and_then_goes_on"),
    ],
    "clock that GitHub does not accept": [("jobs/test_host_troubles.py", "test_a_wrong_clock_is_waited_for")],
}


def _rows() -> list[str]:
    page = (ROOT / "docs" / "operate.md").read_text()
    table = page.split("## When parts fail\n", 1)[1].split("**When the host's clock jumps", 1)[0]
    rows = [line.split("|")[1].strip() for line in table.splitlines() if line.startswith("|")]
    return rows[2:]


def test_each_row_names_its_tests() -> None:
    assert _rows() == list(HELD)


def test_these_tests_exist() -> None:
    for file, name in {pair for pairs in HELD.values() for pair in pairs}:
        tree = ast.parse((ROOT / "tests" / file).read_text())
        names = {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
        assert name in names, f"{file} has no {name}"
