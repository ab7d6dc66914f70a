"""Each case once: every cut at every budget, the class and the signature, by Otto and by the alternatives."""

from __future__ import annotations

import hashlib
import importlib
import multiprocessing
import os
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing.process import BaseProcess
from typing import NamedTuple, Protocol, cast

from bench.diagnosis.alternatives import CLASSIFIERS, CUTTERS, SIGNATURES, Cut, new_lines
from bench.diagnosis.data import Case
from bench.diagnosis.envelope import enveloped
from bench.diagnosis.score import Labels, Scored, labels_of, scored

OTTO = "Otto"
NEW_LINES = "new lines, tail"
ADAPTER = "otto_bot.diagnosis.bench"
LOG, ENVELOPE, PASS = "log", "envelope", "pass"
IN_ENVELOPE = frozenset({"logchunks"})
GROUPED = frozenset({"logchunks", "bump"})
_NAMES = ("extract", "extract_with_pass", "classify", "fingerprint")


class Adapter(Protocol):
    """The functions that are measured."""

    def extract(self, text: str, budget: int, /) -> str:
        """At most `budget` characters of `text`."""

    def extract_with_pass(self, text: str, passing: str, budget: int, /) -> str:
        """The same, knowing the log of a passing run."""

    def classify(self, text: str, /) -> str:
        """`code`, `environment` or `infrastructure`."""

    def fingerprint(self, text: str, /) -> str:
        """Equal for equal causes."""


class Cutting(NamedTuple):
    """One excerpt's score. `view` is how the log was shown: as it is, in an envelope, with a passing run."""

    view: str
    tool: str
    budget: int
    size: int
    kept: Scored


class Measured(NamedTuple):
    """Everything measured on one case. `troubles` are excerpts over budget and what was raised."""

    case: Case
    cuttings: tuple[Cutting, ...]
    classes: dict[str, str]
    signatures: dict[str, str]
    troubles: tuple[str, ...]


def adapter_of(name: str) -> Adapter:
    """The module `name` as an adapter. Raises ValueError where it cannot be loaded or lacks one of the functions."""
    try:
        module = importlib.import_module(name)
    except ImportError as error:
        raise ValueError(f"the adapter {name} cannot be imported: {error}") from error
    if missing := [word for word in _NAMES if not callable(getattr(module, word, None))]:
        raise ValueError(f"the adapter {name} lacks {', '.join(missing)}")
    return cast("Adapter", module)


def measure(cases: Sequence[Case], adapter: str, budgets: Sequence[int], workers: int) -> Iterator[Measured]:
    """The cases in their order; in `workers` processes of their own where more than one is asked for."""
    task = partial(_measured, adapter, tuple(budgets))
    if workers == 1:
        yield from map(task, cases)
        return
    with pool_of(workers) as pool:
        yield from pool.map(task, cases, chunksize=4)


def pool_of(workers: int) -> ProcessPoolExecutor:
    """Fresh processes that share no memory with this one, and end when it is killed."""
    return ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"), initializer=_end_with_parent)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_after, args=(parent,), daemon=True).start()


def _end_after(parent: BaseProcess) -> None:
    parent.join()
    os._exit(1)  # nobody is left to hand a result to


def _measured(name: str, budgets: Sequence[int], case: Case) -> Measured:
    return measured(case, adapter_of(name), budgets)


def measured(case: Case, adapter: Adapter, budgets: Sequence[int]) -> Measured:
    """One case. What an adapter raises costs it the score of that excerpt and is told in `troubles`."""
    text, careful = case.text(), _Careful(case.id)
    labels = labels_of(case)
    cuttings = [item for cutter in _cutters(case, text, adapter) for item in _cut(labels, cutter, budgets, careful)]
    classes, signatures = {}, {}
    if case.category:
        classes = {name: classify(text) for name, classify in CLASSIFIERS.items()}
        classes[OTTO] = careful(lambda: adapter.classify(text), "classify")
    if case.source in GROUPED:
        signatures = {name: _short(sign(text)) for name, sign in SIGNATURES.items()}
        signatures[OTTO] = careful(lambda: adapter.fingerprint(text), "fingerprint")
    return Measured(case, tuple(cuttings), classes, signatures, tuple(careful.troubles))


class _Cutter(NamedTuple):
    view: str
    tool: str
    cut: Cut


def _cutters(case: Case, text: str, adapter: Adapter) -> Iterator[_Cutter]:
    if not case.gold_lines and not case.must:
        return
    views = {LOG: text}
    if case.source in IN_ENVELOPE:
        views[ENVELOPE] = enveloped(text)
    for view, shown in views.items():
        yield _Cutter(view, OTTO, partial(adapter.extract, shown))
        for name, cutter in CUTTERS.items():
            yield _Cutter(view, name, cutter(shown))
    if case.pass_log:
        passing = case.passing()
        yield _Cutter(PASS, OTTO, partial(adapter.extract_with_pass, text, passing))
        yield _Cutter(PASS, NEW_LINES, new_lines(text, passing))


def _cut(labels: Labels, cutter: _Cutter, budgets: Iterable[int], careful: _Careful) -> Iterator[Cutting]:
    for budget in budgets:
        excerpt = careful(lambda budget=budget: cutter.cut(budget), f"{cutter.tool}, {cutter.view}, {budget}")  # type: ignore[misc]
        if len(excerpt) > budget:
            careful.tell(f"{cutter.tool}, {cutter.view}: {len(excerpt)} characters of {budget}")
        yield Cutting(cutter.view, cutter.tool, budget, len(excerpt), scored(labels, excerpt[:budget]))


class _Careful:
    """Calls what may raise; keeps what was raised."""

    def __init__(self, case: str) -> None:
        self.troubles: list[str] = []
        self._case = case

    def __call__(self, call: Callable[[], str], what: str) -> str:
        try:
            return call()
        except Exception as error:  # noqa: BLE001 - one bad case must not hide the figures of all others; it is reported
            self.tell(f"{what}: {type(error).__name__}: {error}"[:300])
            return ""

    def tell(self, trouble: str) -> None:
        """Keep one more."""
        self.troubles.append(f"{self._case}: {trouble}")


def _short(signature: str) -> str:
    return hashlib.sha256(signature.encode("utf-8", "replace")).hexdigest()[:16]
