from shortlinks import FrozenClock, Store


def test_codes_are_short_and_differ():
    store = Store(FrozenClock())
    codes = [store.add(f"https://example.org/{n}").code for n in range(40)]
    assert len(set(codes)) == 40
    assert {len(code) for code in codes} == {4}


def test_a_link_is_found_again():
    store = Store(FrozenClock())
    link = store.add("https://example.org/long")
    assert store.get(link.code) == link
    assert store.get("none") is None
