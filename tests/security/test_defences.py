"""Each defence is what stops its attacks: without it they succeed. None is without an attack."""

from pathlib import Path

import pytest
from security_registry import ATTACKS, DEFENCES, Attack, Defence, load, switched_off

load()
CASES = [pytest.param(one, id=one.name, marks=[pytest.mark.slow] if one.slow else []) for one in ATTACKS.values()]
BEHIND = [
    pytest.param(one, alone, id=f"{one.name}-{alone.name}", marks=[pytest.mark.slow] if one.slow else [])
    for one in ATTACKS.values()
    for alone in one.by
    if len(one.by) > 1
]


@pytest.mark.parametrize("tried", CASES)
def test_an_attack_succeeds_without_its_defences(tried: Attack, tmp_path: Path) -> None:
    with switched_off(*tried.by):
        assert tried.run(tmp_path) is not None, tried.says


@pytest.mark.parametrize(("tried", "alone"), BEHIND)
def test_of_several_defences_each_alone_is_enough(tried: Attack, alone: Defence, tmp_path: Path) -> None:
    with switched_off(*(other for other in tried.by if other is not alone)):
        assert tried.run(tmp_path) is None, f"{alone.promise}: {tried.says}"


def test_every_defence_has_an_attack() -> None:
    assert set(DEFENCES) == {one.name for tried in ATTACKS.values() for one in tried.by}
