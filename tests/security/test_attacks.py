"""Every registered attack fails."""

from pathlib import Path

import pytest
from security_registry import ATTACKS, Attack, load

load()
CASES = [pytest.param(one, id=one.name, marks=[pytest.mark.slow] if one.slow else []) for one in ATTACKS.values()]


@pytest.mark.parametrize("tried", CASES)
def test_an_attack_fails(tried: Attack, tmp_path: Path) -> None:
    assert tried.run(tmp_path) is None, tried.says
