"""Recall over budget as an SVG of small panels, one for each set: plain text, readable on light and on dark pages."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape

from bench.diagnosis.measure import OTTO

Curves = Mapping[str, Mapping[str, Sequence[float]]]

_COLUMNS = 3
_WIDTH, _HEIGHT = 250, 170
_LEFT, _TOP, _GAP_X, _GAP_Y = 44, 70, 50, 62
_COLOURS = ("#0d8a72", "#c2702b", "#7a78c4", "#8a8f98", "#b0589a")
_ROLE = 'role="img" aria-label="Mean recall over the budget in characters"'
_STYLE = """
  text { font: 12px system-ui, sans-serif; fill: #57606a }
  .title { font-weight: 600; fill: #24292f }
  .grid { stroke: #d0d7de; stroke-width: 1 }
  .line { fill: none; stroke-width: 1.6 }
  .main { stroke-width: 2.8 }
  @media (prefers-color-scheme: dark) {
    text { fill: #9198a1 } .title { fill: #f0f6fc } .grid { stroke: #3d444d }
  }
"""


def svg(curves: Curves, budgets: Sequence[int]) -> str:
    """The picture. `curves` holds percentages by panel title and tool, one for each of `budgets` (rising)."""
    if not curves or len(budgets) < 2:
        raise ValueError("a curve needs at least one set and two budgets")
    tools = [OTTO, *dict.fromkeys(tool for panel in curves.values() for tool in panel if tool != OTTO)]
    colours = {tool: _COLOURS[place % len(_COLOURS)] for place, tool in enumerate(tools)}
    rows = math.ceil(len(curves) / _COLUMNS)
    width = _LEFT + _COLUMNS * (_WIDTH + _GAP_X)
    height = _TOP + rows * (_HEIGHT + _GAP_Y)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" {_ROLE}>',
        f"<style>{_STYLE}</style>",
        *_legend(colours),
    ]
    for place, (title, panel) in enumerate(curves.items()):
        left = _LEFT + place % _COLUMNS * (_WIDTH + _GAP_X)
        top = _TOP + place // _COLUMNS * (_HEIGHT + _GAP_Y)
        parts += [f'<g transform="translate({left},{top})">', *_panel(title, panel, budgets, colours), "</g>"]
    return "\n".join([*parts, "</svg>", ""])


def _legend(colours: Mapping[str, str]) -> list[str]:
    parts, left = (
        [f'<text class="title" x="{_LEFT}" y="18">Mean recall, %, over the budget in characters</text>'],
        _LEFT,
    )
    for tool, colour in colours.items():
        main = " main" if tool == OTTO else ""
        parts.append(f'<line class="line{main}" x1="{left}" y1="34" x2="{left + 22}" y2="34" stroke="{colour}"/>')
        parts.append(f'<text x="{left + 28}" y="38">{escape(tool)}</text>')
        left += 50 + 7 * len(tool)
    return parts


def _panel(
    title: str, panel: Mapping[str, Sequence[float]], budgets: Sequence[int], colours: Mapping[str, str]
) -> list[str]:
    low, high = math.log(budgets[0]), math.log(budgets[-1])
    across = [_WIDTH * (math.log(budget) - low) / (high - low) for budget in budgets]
    parts = [f'<text class="title" x="0" y="-8">{escape(title)}</text>']
    for value in (0, 25, 50, 75, 100):
        y = _y(value)
        parts.append(f'<line class="grid" x1="0" y1="{y:.1f}" x2="{_WIDTH}" y2="{y:.1f}"/>')
        parts.append(f'<text x="-6" y="{y + 4:.1f}" text-anchor="end">{value}</text>')
    for budget, x in zip(budgets, across, strict=True):
        parts.append(f'<text x="{x:.1f}" y="{_HEIGHT + 16}" text-anchor="middle">{budget:,}</text>')
    for tool in reversed(list(colours)):  # the first one is drawn last, on top
        if tool not in panel:
            continue
        points = " ".join(f"{x:.1f},{_y(value):.1f}" for x, value in zip(across, panel[tool], strict=True))
        main = " main" if tool == OTTO else ""
        parts.append(f'<polyline class="line{main}" points="{points}" stroke="{colours[tool]}"/>')
    return parts


def _y(value: float) -> float:
    return _HEIGHT * (1 - value / 100)
