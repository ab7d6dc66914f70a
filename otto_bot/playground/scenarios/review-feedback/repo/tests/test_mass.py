import pytest

from units import mass


def test_there_and_back():
    assert mass.convert(mass.convert(3, "lb", "kg"), "kg", "lb") == pytest.approx(3)


def test_unknown_unit():
    with pytest.raises(KeyError):
        mass.convert(1, "stone", "kg")
