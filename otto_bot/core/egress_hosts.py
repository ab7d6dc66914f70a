"""Which hosts a set-up may reach: names on a list of the host's, which a repository may only narrow."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_ENTRY = re.compile(rf"(?:\*\.)?{_LABEL}(?:\.{_LABEL})+(?::(?:80|443))?")
HTTPS = 443
HTTP = 80

REGISTRIES = (
    # Python
    "pypi.org", "files.pythonhosted.org",
    # JavaScript
    "registry.npmjs.org", "registry.yarnpkg.com",
    # Rust
    "crates.io", "index.crates.io", "static.crates.io",
    # Go
    "proxy.golang.org", "sum.golang.org",
    # Ruby
    "rubygems.org", "index.rubygems.org",
    # JVM
    "repo.maven.apache.org", "repo1.maven.org", "plugins.gradle.org", "services.gradle.org",
    # .NET, PHP, Elixir, Dart
    "api.nuget.org", "repo.packagist.org", "repo.hex.pm", "pub.dev",
)  # fmt: skip
"""What installing needs in each ecosystem; nobody can send a file to an outsider there without an account of theirs."""


@dataclass(frozen=True)
class Allowed:
    """The list that holds for one set-up. `outside`: what the repository asked for and the host does not allow."""

    entries: tuple[str, ...]
    outside: tuple[str, ...] = ()
    near: tuple[str, ...] = ()
    """Entries of the host's for its own mirrors, which may have addresses of a private network."""

    def may_be_near(self, host: str) -> bool:
        """Whether `host` may have a private address."""
        return any(_matches(entry, host, _parts(entry)[1]) for entry in self.near)

    def allows(self, host: str, port: int) -> bool:
        """Whether `host` may be reached at `port`; letter case and a final dot do not matter."""
        name = host.lower().rstrip(".")
        # A resolver may read such a name only up to its NUL; what it would resolve is then not what was compared.
        if not is_entry(name) or name[0] == "*":
            return False
        return any(_matches(entry, name, port) for entry in self.entries)


def checked_entries(text: str) -> tuple[str, ...]:
    """The entries of a setting, separated by spaces or commas. Raises ValueError that names the first wrong one."""
    entries = tuple(dict.fromkeys(part.lower() for part in re.split(r"[\s,]+", text) if part))
    for entry in entries:
        if not is_entry(entry):
            raise ValueError(
                f"`{entry[:80]}` is no host; write names such as pypi.org, *.example.com or deb.debian.org:80"
            )
    return entries


def is_entry(text: str) -> bool:
    """Whether text is a name, `*.` before it or `:80` after it allowed; never an address, whose last part is digits."""
    name = text.partition(":")[0]
    return len(text) <= 260 and _ENTRY.fullmatch(text) is not None and not name.rpartition(".")[2].isdigit()


def narrowed(host: Iterable[str], repository: Iterable[str] | None, near: Iterable[str] = ()) -> Allowed:
    """What a repository's own list leaves of the host's; no list of its own leaves it as it is.

    `near`: hosts of the host's list that may have private addresses; they need not stand in `host` as well.
    """
    close = tuple(near)
    listed = tuple(dict.fromkeys((*host, *close)))
    if repository is None:
        return Allowed(listed, near=close)
    wanted = tuple(dict.fromkeys(entry.lower() for entry in repository))
    inside = tuple(entry for entry in wanted if any(_within(entry, one) for one in listed))
    return Allowed(inside, tuple(entry for entry in wanted if entry not in inside), close)


def _matches(entry: str, host: str, port: int) -> bool:
    name, wanted = _parts(entry)
    fits = host.endswith(name[1:]) and len(host) >= len(name) if name[0] == "*" else host == name
    return fits and port == wanted


def _within(entry: str, other: str) -> bool:
    """Whether everything that `entry` allows is allowed by `other`."""
    (name, port), (wide, wide_port) = _parts(entry), _parts(other)
    if port != wide_port:
        return False
    return name == wide or (wide[0] == "*" and name.removeprefix("*.").endswith(wide[1:]))


def _parts(entry: str) -> tuple[str, int]:
    name, _, port = entry.partition(":")
    return name, int(port or HTTPS)
