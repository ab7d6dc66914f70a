import pytest

from shortlinks import FrozenClock, Store

report = pytest.importorskip("shortlinks.report")


def test_links_of_the_last_days_are_not_stale():
    from shortlinks.visits import Visits

    clock = FrozenClock()
    store = Store(clock)
    visits = Visits(store)
    old, fresh = store.add("https://example.org/old"), store.add("https://example.org/fresh")
    clock.forward(days=29)
    visits.record(fresh.code)
    clock.forward(days=2)
    stale = [link.code for link in report.stale(store, visits, days=30)]
    assert stale == [old.code]
