import pytest

from shortlinks import FrozenClock, Store

expiry = pytest.importorskip("shortlinks.expiry")
URL = "https://example.org/long"


def test_a_link_lives_as_long_as_it_was_promised():
    clock = FrozenClock()
    store = Store(clock)
    code = store.add(URL).code
    clock.forward(minutes=59)
    assert expiry.resolve(store, code, lifetime_seconds=3600) == URL


def test_a_link_ends_after_its_lifetime():
    clock = FrozenClock()
    store = Store(clock)
    code = store.add(URL).code
    clock.forward(minutes=61)
    assert expiry.resolve(store, code, lifetime_seconds=3600) is None
