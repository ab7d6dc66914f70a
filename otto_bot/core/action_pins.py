"""The actions that a file of ours for other repositories uses: each by the commit of a release, in one place."""

from __future__ import annotations

AS_OF = "2026-08-19"
"""How new the copies of the actions' own repositories were whose newest releases stand here."""

PINS: dict[str, tuple[str, str]] = {
    "actions/checkout": ("3d3c42e5aac5ba805825da76410c181273ba90b1", "v7.0.1"),
    "actions/setup-python": ("5fda3b95a4ea91299a34e894583c3862153e4b97", "v7.0.0"),
    "actions/setup-node": ("820762786026740c76f36085b0efc47a31fe5020", "v7.0.0"),
    "actions/setup-go": ("b7ad1dad31e06c5925ef5d2fc7ad053ef454303e", "v7.0.0"),
    "actions/setup-java": ("b6effb05e454b25005698d916606bdc6ffcbf961", "v5.7.0"),
    "actions/setup-dotnet": ("a98b56852c35b8e3190ac28c8c2271da59106c68", "v6.0.0"),
}
"""Action → commit and the version that the commit is. Only GitHub's own: others would be trusted with the checkout."""


def pinned(action: str) -> str:
    """`owner/name@commit`. KeyError for an action that is not in the table."""
    return f"{action}@{PINS[action][0]}"


def version_of(uses: str) -> str:
    """The version of a pinned `uses:`, for its comment; empty where it is none of the table."""
    action, _, commit = uses.partition("@")
    sha, version = PINS.get(action, ("", ""))
    return version if commit and commit == sha else ""
