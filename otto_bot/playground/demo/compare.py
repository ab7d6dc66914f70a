"""The same scenario with and without the pilot, side by side in at most six lines."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]


def table(with_pilot: Json | None, without: Json | None) -> list[str]:
    """Lines of plain text: attempts, money and result of both runs; None = it did not come to rest."""
    rows = [("", "attempts", "money", "result"), _row("with the pilot", with_pilot), _row("blind retry", without)]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    return ["  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[3]]) for row in rows]


def _row(name: str, report: Json | None) -> tuple[str, str, str, str]:
    if report is None:
        return name, "-", "-", "did not come to rest"
    tasks = report["tasks"]
    attempts = sum(task["attempts"] for task in tasks.values())
    merged = [key for key, task in tasks.items() if task["state"] == "merged"]
    open_tasks = ", ".join(f"{key} {task['state']}" for key, task in tasks.items() if task["state"] != "merged")
    result = f"{report['outcome']}: {len(merged)} of {len(tasks)} tasks in the pull request"
    return name, str(attempts), f"${report['usage']['usd']:.2f}", f"{result}; {open_tasks}" if open_tasks else result
