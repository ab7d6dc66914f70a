import pytest

from shortlinks import FrozenClock, Store

visits_module = pytest.importorskip("shortlinks.visits")


def test_visits_are_counted_with_the_time_of_the_last():
    clock = FrozenClock()
    store = Store(clock)
    visits = visits_module.Visits(store)
    code = store.add("https://example.org/long").code
    assert (visits.count(code), visits.last(code)) == (0, None)
    visits.record(code)
    clock.forward(minutes=1)
    visits.record(code)
    assert (visits.count(code), visits.last(code)) == (2, clock.now())
