"""What installations granted is kept as GitHub said it last; what the doctor found, as it was found last."""

from collections.abc import Callable
from datetime import datetime

import sqlalchemy as sa

from otto_bot.core.finding import Finding
from otto_bot.core.quota import Ask
from otto_bot.core.rights import Granted
from otto_bot.store.cursors import Cursors
from otto_bot.store.findings import CURSOR, Findings, Kept
from otto_bot.store.granted import Grants
from otto_bot.store.installations import Installations

At = Callable[[float], datetime]
ONE = Granted(id=3, account="octo", page="https://github.com/settings/installations/3", permissions={"issues": "read"})


def test_what_was_granted_is_kept_and_changed(engine: sa.Engine, at: At) -> None:
    grants = Grants(engine)
    grants.put([ONE], at(0))
    grants.put([ONE], at(9))
    (same,) = grants.all()
    more = ONE.model_copy(update={"permissions": {"issues": "write"}, "events": ("push",), "suspended": True})
    grants.put([more], at(20))
    (now,) = grants.all()

    assert same == ONE.model_copy(update={"at": at(0).timestamp()}), "nothing is written where nothing changed"
    assert now == more.model_copy(update={"at": at(20).timestamp()})


def test_a_list_of_all_takes_out_what_is_gone(engine: sa.Engine, at: At) -> None:
    grants = Grants(engine)
    grants.listed([ONE, ONE.model_copy(update={"id": 4})], at(0))
    grants.listed([ONE.model_copy(update={"id": 4})], at(1))
    assert [one.id for one in grants.all()] == [4]
    grants.gone(4)
    assert grants.all() == ()


def test_of_thousands_each_is_compared_and_none_is_forgotten(engine: sa.Engine, at: At) -> None:
    """What stands as it did is not written again, however many there are; what is gone goes, also the last of them."""
    grants = Grants(engine)
    many = [ONE.model_copy(update={"id": number}) for number in range(10, 1210)]
    grants.listed(many, at(0))
    grants.listed(many[:-1], at(9))

    assert [one.id for one in grants.all()] == [one.id for one in many[:-1]]
    assert {one.at for one in grants.all()} == {at(0).timestamp()}


def test_the_pace_of_an_installation_stays_as_it_is(engine: sa.Engine, at: At) -> None:
    """Both are columns of one row, and neither writes the other's."""
    paces = Installations(engine, pause=1.0)
    paces.reserve(3, Ask(write=True), at(0))
    Grants(engine).put([ONE], at(0))
    paces.reserve(3, Ask(write=True), at(5))

    assert Grants(engine).all()[0].permissions == {"issues": "read"}
    assert paces.totals(at(5)).writes == 2


def test_an_installation_that_nobody_asked_about_is_not_shown(engine: sa.Engine, at: At) -> None:
    Installations(engine, pause=1.0).reserve(3, Ask(write=True), at(0))

    assert Grants(engine).all() == ()


def test_findings_are_kept_with_their_time(engine: sa.Engine, at: At) -> None:
    findings = Findings(engine)
    one = Finding(check="clock", outcome="right", level="ok", words="w")
    assert findings.last() == Kept()
    findings.put([one], at(7))
    assert findings.last() == Kept(at(7).timestamp(), (one,))


def test_findings_of_another_version_are_nothing(engine: sa.Engine) -> None:
    for written in ("no json", "[]", '{"at": 1, "findings": [{"new": 1}]}'):
        Cursors(engine).set_cursor(CURSOR, written)
        assert Findings(engine).last() == Kept()
