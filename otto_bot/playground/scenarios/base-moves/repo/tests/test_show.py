from clock.show import show


def test_show():
    assert show(425) == "7:05"
