"""`python -m bench.scale [heart|growth|passes|idle ...]`: figures on the screen, passes also as table and picture."""

from __future__ import annotations

import sys
from math import log10
from pathlib import Path

from bench.scale import growth, heart, idle, passes

SIZES = (100, 1_000, 10_000, 100_000)
IDLE = ((0, 0), (1_000, 0), (1_000, 50), (10_000, 0))
DOCS = Path("docs")


def main(words: list[str]) -> None:
    """Measure what is named, or everything."""
    every = {"heart": _heart, "growth": _growth, "passes": _passes, "idle": _idle}
    for name in words or every:
        every[name]()


def _say(*values: object) -> None:
    print(*values, flush=True)


def _heart() -> None:
    found = heart.measure()
    _say(found)
    _say(f"{found.reduce / found.events * 1e6:.1f} µs an event; with reading {found.reduce + found.read:.2f} s")


def _growth() -> None:
    for shape in growth.SHAPES:
        _say(growth.measure(shape))


def _passes() -> None:
    found = passes.measure(SIZES)
    lines = [",".join(passes.Pass._fields), *(",".join(f"{value:g}" for value in one) for one in found)]
    (DOCS / "scale.csv").write_text("\n".join(lines) + "\n")
    (DOCS / "scale.svg").write_text(picture(found))
    _say("\n".join(lines))


def _idle() -> None:
    for waiting, active in IDLE:
        _say(idle.measure(waiting, active, settle=60 + waiting / 100, seconds=20))


def picture(found: list[passes.Pass]) -> str:
    """Cost of each kind of pass over the number of runs, both axes in powers of ten."""

    def place(runs: int, cost: float) -> str:
        across = 60 + 110 * (log10(runs) - 2)
        up = 200 - 60 * (log10(max(cost, 0.05)) + 1)
        return f"{across:.0f},{up:.0f}"

    parts = [
        '<svg xmlns="http://www.w3.org/2000/svg" width="560" height="250" font-family="sans-serif" font-size="11">'
    ]
    parts += [f'<text x="{60 + 110 * n}" y="240" text-anchor="middle">10^{n + 2} runs</text>' for n in range(4)]
    parts += [f'<text x="5" y="{204 - 60 * (n + 1)}">{10.0**n:g} ms</text>' for n in range(-1, 3)]
    colours = {"claim": "#1f6feb", "reap": "#8250df", "beat": "#57606a", "inbox": "#1a7f37", "append": "#cf222e"}
    for number, (name, colour) in enumerate(colours.items()):
        line = " ".join(place(one.runs, getattr(one, name)) for one in found)
        parts.append(f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts.append(f'<text x="420" y="{40 + 16 * number}" fill="{colour}">{name}</text>')
    return "\n".join([*parts, "</svg>", ""])


if __name__ == "__main__":
    main(sys.argv[1:])
