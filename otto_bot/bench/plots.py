"""The figures of a bench as SVG: bars with their numbers beside them, readable on light and dark pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from otto_bot.bench.report import number

STYLE = """<style>
  text { font: 12px system-ui, sans-serif; fill: #57606a }
  .title { font-size: 14px; font-weight: 600; fill: #24292f }
  .grid { stroke: #d0d7de; stroke-width: 1 }
  .none { fill: #8c959f } .blind { fill: #bf8700 } .replan { fill: #218bff } .rules { fill: #1a7f64 }
  .pilot-1 { fill: #6639ba } .pilot-05 { fill: #9a6fe0 } .pilot-0 { fill: #c2a1f5 }
  @media (prefers-color-scheme: dark) {
    text { fill: #9198a1 } .title { fill: #f0f6fc } .grid { stroke: #3d444d }
    .none { fill: #7d8590 } .blind { fill: #d29922 } .replan { fill: #4493f8 } .rules { fill: #3fb594 }
    .pilot-1 { fill: #b392f0 } .pilot-05 { fill: #8a63d2 } .pilot-0 { fill: #5f4398 }
  }
</style>"""
_TOP, _HIGH, _BAR, _GAP, _LEFT = 84, 190, 22, 28, 44
_ROW, _NAMES, _LONG = 26, 90, 520


def shares(title: str, groups: Mapping[str, Mapping[str, float]], arms: Sequence[str]) -> str:
    """Bars in groups: group → arm → share from 0 to 1. An arm that a group lacks leaves its place empty."""
    each = len(arms) * _BAR + _GAP
    width = max(_LEFT + len(groups) * each, 640)
    parts = [_legend(arms)]
    for percent in (0, 25, 50, 75, 100):
        y = _TOP + _HIGH * (1 - percent / 100)
        parts.append(f'<line class="grid" x1="{_LEFT}" y1="{y:.1f}" x2="{width}" y2="{y:.1f}"/>')
        parts.append(f'<text x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{percent}</text>')
    for place, (name, values) in enumerate(groups.items()):
        x = _LEFT + _GAP / 2 + place * each
        for n, arm in enumerate(arms):
            if (value := values.get(arm)) is not None:
                parts += _column(arm, value, x + n * _BAR, name)
        middle = x + len(arms) * _BAR / 2
        for line, words in enumerate(_lines(name)):
            y = _TOP + _HIGH + 18 + 15 * line
            parts.append(f'<text x="{middle:.1f}" y="{y}" text-anchor="middle">{escape(words)}</text>')
    return _svg(width, _TOP + _HIGH + 58, title, parts)


def _column(arm: str, value: float, x: float, group: str) -> list[str]:
    high = max(_HIGH * value, 1.0)
    y, percent = _TOP + _HIGH - high, f"{100 * value:.0f}"
    told = f"<title>{escape(group)}, {arm}: {percent} %</title>"
    place = f'x="{x + 1:.1f}" y="{y:.1f}" width="{_BAR - 2}" height="{high:.1f}"'
    above = f'x="{x + _BAR / 2:.1f}" y="{y - 3:.1f}" text-anchor="middle" style="font-size:9px"'
    return [f'<rect class="{_class(arm)}" {place}>{told}</rect>', f"<text {above}>{percent}</text>"]


def bars(title: str, values: Mapping[str, float], note: str = "") -> str:
    """One lying bar an arm, its number at the end."""
    most = max([*values.values(), 1.0])
    parts = [f'<text x="0" y="40">{escape(note)}</text>'] if note else []
    for place, (arm, value) in enumerate(values.items()):
        y, long = 56 + place * _ROW, max(_LONG * value / most, 1.0)
        parts.append(f'<text x="{_NAMES - 8}" y="{y + 13}" text-anchor="end">{escape(arm)}</text>')
        parts.append(f'<rect class="{_class(arm)}" x="{_NAMES}" y="{y}" width="{long:.1f}" height="{_ROW - 8}"/>')
        parts.append(f'<text x="{_NAMES + long + 6:.1f}" y="{y + 13}">{number(value)}</text>')
    return _svg(_NAMES + _LONG + 60, 56 + len(values) * _ROW, title, parts)


def _legend(arms: Sequence[str]) -> str:
    parts, x = [], 0.0
    for arm in arms:
        parts.append(f'<rect class="{_class(arm)}" x="{x:.0f}" y="34" width="12" height="12"/>')
        parts.append(f'<text x="{x + 17:.0f}" y="44">{escape(arm)}</text>')
        x += 36 + 7.0 * len(arm)
    return "\n".join(parts)


def _lines(name: str, most: int = 20) -> list[str]:
    """The words of a name over as many lines as they need."""
    lines = [""]
    for word in name.split():
        if lines[-1] and len(lines[-1]) + 1 + len(word) > most:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines


def _svg(width: float, height: float, title: str, parts: Sequence[str]) -> str:
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" role="img"'
    named = f'<text class="title" x="0" y="18">{escape(title)}</text>'
    return "\n".join([f'{head} aria-label="{escape(title)}">', STYLE, named, *parts, "</svg>", ""])


def _class(arm: str) -> str:
    return arm.replace(".", "")
