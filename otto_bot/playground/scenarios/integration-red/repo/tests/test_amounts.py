import pytest

from till.amounts import parse


def test_cents():
    assert parse("12.50") == 1250
    assert parse("3") == 300
    assert parse("0.5") == 50


def test_no_amount():
    with pytest.raises(ValueError):
        parse("twelve")
