import pytest

from amounts.split import split


@pytest.mark.parametrize(("cents", "parts", "wanted"), [(100, 3, [34, 33, 33]), (0, 2, [0, 0])])
def test_nothing_is_lost(cents, parts, wanted):
    assert split(cents, parts) == wanted
