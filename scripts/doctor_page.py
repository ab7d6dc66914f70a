"""Writes what the doctor's checks say into docs/doctor.md, below the line that begins the table."""

from __future__ import annotations

from pathlib import Path

PAGE = Path(__file__).parent.parent / "docs" / "doctor.md"
BEGIN = "<!-- doctor: made by scripts/doctor_page.py -->\n"


def page(text: str) -> str:
    """The page with today's sentences."""
    from otto_bot.text.doctor import table

    return f"{text.partition(BEGIN)[0]}{BEGIN}\n{table()}"


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
