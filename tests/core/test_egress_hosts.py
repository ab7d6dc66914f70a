"""Lists of hosts: what an entry allows, and that a repository's list only takes away."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from otto_bot.core.egress_hosts import REGISTRIES, Allowed, checked_entries, is_entry, narrowed

ENTRIES = ["pypi.org", "*.corp.example", "a.corp.example", "*.b.corp.example", "deb.debian.org:80", "corp.example"]
HOSTS = ["pypi.org", "corp.example", "a.corp.example", "x.b.corp.example", "deb.debian.org", "xcorp.example"]


@pytest.mark.parametrize(
    ("entry", "host", "port", "allowed"),
    [
        ("pypi.org", "pypi.org", 443, True), ("pypi.org", "PyPI.org.", 443, True), ("pypi.org", "pypi.org", 80, False),
        ("pypi.org", "evil.pypi.org", 443, False), ("pypi.org", "pypi.org.evil.example", 443, False),
        ("*.corp.example", "a.corp.example", 443, True), ("*.corp.example", "corp.example", 443, False),
        ("*.corp.example", "xcorp.example", 443, False), ("*.corp.example", ".corp.example", 443, False),
        ("*.corp.example", "*.corp.example", 443, False), ("*.corp.example", "evil\0.corp.example", 443, False),
        ("*.corp.example", "evil.example/.corp.example", 443, False), ("d.example:80", "d.example", 80, True),
        ("d.example:80", "d.example", 443, False), ("d.example:443", "d.example", 443, True), ("", "", 443, False),
    ],
)  # fmt: skip
def test_what_an_entry_allows(entry: str, host: str, port: int, allowed: bool) -> None:
    assert Allowed((entry,) if entry else ()).allows(host, port) is allowed


@pytest.mark.parametrize(
    "text", ["*", "*.", "localhost", "1.2.3.4", "http://a.b", "a.b:22", "a_b", "a..b", "-a.b", "[::1]"]
)
def test_what_is_no_entry(text: str) -> None:
    assert not is_entry(text)
    with pytest.raises(ValueError, match="is no host"):
        checked_entries(f"pypi.org {text}".replace("a_b", "a_b"))


def test_the_registries_are_entries() -> None:
    assert checked_entries(" ".join(REGISTRIES)) == REGISTRIES
    assert checked_entries("A.example, b.example  a.EXAMPLE") == ("a.example", "b.example")


def test_a_repository_without_a_list_has_the_hosts_list() -> None:
    assert narrowed(REGISTRIES, None) == Allowed(REGISTRIES)
    assert narrowed(("pypi.org",), None, ("pip.corp.example",)).allows("pip.corp.example", 443)
    assert narrowed(("pypi.org",), (), ("pip.corp.example",)).entries == ()
    kept = narrowed(("pypi.org",), ("pip.corp.example",), ("pip.corp.example",))
    assert kept.may_be_near("pip.corp.example")
    assert not kept.allows("pypi.org", 443)


@settings(max_examples=50)
@given(st.lists(st.sampled_from(ENTRIES)), st.lists(st.sampled_from(ENTRIES)), st.sampled_from(HOSTS))
def test_a_repository_never_adds(host: list[str], repository: list[str], name: str) -> None:
    left = narrowed(host, repository)
    for port in (80, 443):
        assert not left.allows(name, port) or Allowed(tuple(host)).allows(name, port)
    assert set(left.entries) | set(left.outside) == set(repository)
