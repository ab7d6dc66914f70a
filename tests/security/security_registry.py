"""What attackers try and what stands against it: each attack names its defences, and falls without them.

A file `attacks_<theme>.py` holds the defences and the attacks of one theme:

    CLOSING = defence(
        "closing-keywords", "What Otto writes closes no issue that it was not asked to close",
        Change("otto_bot.text.markdown", "plain", "<what stands in its source once>", "<what it becomes>"),
    )

    @attack("keyword-in-a-title", point=8, by=CLOSING, source="https://github.com/...")
    def keyword_in_a_title(place: Path) -> str | None:
        \"\"\"An issue's title says `fixes #1`, so that the merge of Otto's pull request closes another issue.\"\"\"
        title = plain("fixes ##12")
        return title if "#12" in title else None

An attack returns what the attacker got, or None. It may be a coroutine function. Where several defences stand one
behind the other it names all of them: each alone must be enough, and it succeeds where all are switched off.
"""

from __future__ import annotations

import asyncio
import importlib.util
import inspect
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from otto_bot.bench.simulate.planting import Change, in_place

Off = Change | Callable[[], AbstractContextManager[object]]
Play = Callable[[Path], "str | Awaitable[str | None] | None"]
FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Defence:
    """`promise` is one sentence for docs/security.md; `off` are the changes that switch it off."""

    name: str
    promise: str
    off: tuple[Off, ...]


@dataclass(frozen=True)
class Attack:
    """`point` is the section of docs/security.md (0 to 11), `source` an address, advisory id or `own` with a reason."""

    name: str
    point: int
    says: str
    source: str
    by: tuple[Defence, ...]
    play: Play
    slow: bool

    def __str__(self) -> str:
        return self.name

    def run(self, place: Path) -> str | None:
        """What the attacker got."""
        got = self.play(place)
        return asyncio.run(_awaited(got)) if inspect.isawaitable(got) else got  # type: ignore[return-value]


DEFENCES: dict[str, Defence] = {}
ATTACKS: dict[str, Attack] = {}


def defence(name: str, promise: str, *off: Off) -> Defence:
    """Register a defence. Raises ValueError where the name is taken or nothing switches it off."""
    if name in DEFENCES or not off:
        raise ValueError(f"defence {name}: taken, or never off")
    return DEFENCES.setdefault(name, Defence(name, promise, off))


def attack(
    name: str, *, point: int, by: Defence | tuple[Defence, ...], source: str, slow: bool = False
) -> Callable[[Play], Play]:
    """Register an attack; its docstring says what is tried. Raises ValueError where it is taken or unexplained."""

    def register(play: Play) -> Play:
        says = " ".join((play.__doc__ or "").split())
        if name in ATTACKS or not says or not source:
            raise ValueError(f"attack {name}: taken, or without words or source")
        ATTACKS[name] = Attack(name, point, says, source, by if isinstance(by, tuple) else (by,), play, slow)
        return play

    return register


@contextmanager
def switched_off(*defences: Defence) -> Iterator[None]:
    """The product without these defences; as it was afterwards."""
    with ExitStack() as stack:
        for one in defences:
            for off in one.off:
                stack.enter_context(in_place(off) if isinstance(off, Change) else off())
        yield


def load() -> None:
    """Import every file of attacks next to this one, once."""
    for path in sorted(FOLDER.glob("attacks_*.py")):
        if path.stem not in sys.modules:
            spec = importlib.util.spec_from_file_location(path.stem, path)
            assert spec is not None
            assert spec.loader is not None
            sys.modules[path.stem] = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(sys.modules[path.stem])


async def _awaited(got: Awaitable[str | None]) -> str | None:
    return await got
