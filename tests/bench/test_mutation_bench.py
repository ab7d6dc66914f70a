"""What `make mutation` is made of, as far as it needs no more than the locked packages."""

import json
import os
import subprocess
import sys
from pathlib import Path
from types import FunctionType

import pytest

from bench.mutation.exempt import Exempt
from bench.mutation.results import wilson
from bench.mutation.swapping import loaded, swapped

SOURCE = """\
def f(x: int | None, é: bool = True) -> list[int | None]:
    assert x is not None
    if x > 3:
        raise ValueError(x + 1)
    y: int | None = 1
    return [one + 1 for one, _ in zip(y, y, strict=True)]
"""


def test_types_errors_and_assertions_take_no_fault_and_all_else_does() -> None:
    exempt = Exempt(SOURCE)
    lines = SOURCE.splitlines()

    def at(line: int, text: str) -> bool:
        return exempt.holds((line, lines[line - 1].index(text)))

    assert (
        at(1, "| None, ")
        and at(1, "| None]")
        and at(2, "is not")
        and at(4, "+ 1")
        and at(5, "| None")
        and at(6, "True")
    )
    assert not (at(1, "True") or at(3, "> 3") or at(5, "1") or at(6, "+ 1"))


@pytest.mark.parametrize(
    ("hits", "of", "low", "high"),
    [(0, 0, 0.0, 1.0), (0, 10, 0.0, 0.278), (90, 100, 0.826, 0.945), (10, 10, 0.722, 1.0)],
)
def test_an_interval_is_wilsons(hits: int, of: int, low: float, high: float) -> None:
    assert wilson(hits, of) == pytest.approx((low, high), abs=0.001)


def _of(text: str, file: Path) -> dict[str, FunctionType]:
    names: dict[str, FunctionType] = {}
    exec(compile(text, str(file), "exec"), names)
    return names


def test_a_fault_is_put_into_functions_that_live_already(tmp_path: Path) -> None:
    file = tmp_path / "one.py"
    text = "def outer(x):\n    return sum(one + 1 for one in x)\ntable = {'a': lambda x: x > 2}\n"
    names = _of(text, file)
    assert swapped(loaded({str(file)}), str(file), text, text.replace("one + 1", "one - 1"))
    assert names["outer"]([1, 1]) == 0
    assert swapped(loaded({str(file)}), str(file), text, text.replace("x > 2", "x >= 2"))
    assert names["table"]["a"](2)  # type: ignore[index]


@pytest.mark.parametrize("change", [("LIMIT = 3", "LIMIT = 4"), ("x=1", "x=2"), ("size = 5", "size = 6")])
def test_a_fault_of_what_loading_does_is_left_to_a_new_process(change: tuple[str, str], tmp_path: Path) -> None:
    file = tmp_path / "two.py"
    text = "LIMIT = 3\nclass A:\n    size = 5\n    def f(self, x=1):\n        return x\n"
    assert "A" in _of(text, file)
    assert not swapped(loaded({str(file)}), str(file), text, text.replace(*change))


@pytest.mark.parametrize(("text", "code"), [("FEW = 1\n", 0), ("FEW = 2\n", 1)])
def test_a_fault_of_what_loading_does_is_there_before_a_conftest_loads_the_product(
    text: str, code: int, tmp_path: Path
) -> None:
    """A conftest that imports helpers of the tests loads most of the heart: a later fault would never be seen."""
    for name, words in {
        "product.py": "FEW = 1\n",
        "conftest.py": "import product\n\nassert product.FEW\n",
        "test_few.py": "from product import FEW\n\n\ndef test_few():\n    assert FEW == 1\n",
        "pytest.ini": "[pytest]\npythonpath = .\n",
    }.items():
        (tmp_path / name).write_text(words)
    trial = tmp_path / "trial.json"
    trial.write_text(json.dumps({"file": "product.py", "text": text, "tests": ["test_few.py::test_few"]}))
    root = Path(__file__).parents[2]
    env = os.environ | {"OTTO_MUTATION_FRESH": str(trial), "PYTHONPATH": str(root)}
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "-p",
        "bench.mutation.trial",
        "test_few.py",
    ]
    ended = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, check=False, text=True)
    assert ended.returncode == code, ended.stdout + ended.stderr
    assert ("1 passed" if code == 0 else "1 failed") in ended.stdout
