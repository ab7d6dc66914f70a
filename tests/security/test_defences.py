"""Each defence is what stops its attacks: without it they succeed. None is without an attack."""

from pathlib import Path

import pytest
from security_registry import ATTACKS, DEFENCES, Attack, load, switched_off

load()
CASES = [pytest.param(one, id=one.name, marks=[pytest.mark.slow] if one.slow else []) for one in ATTACKS.values()]


@pytest.mark.parametrize("tried", CASES)
def test_an_attack_succeeds_without_its_defences(tried: Attack, tmp_path: Path) -> None:
    with switched_off(*tried.by):
        assert tried.run(tmp_path) is not None, tried.says


def test_every_defence_has_an_attack() -> None:
    assert set(DEFENCES) == {one.name for tried in ATTACKS.values() for one in tried.by}
