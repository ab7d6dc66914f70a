"""Where dependencies come from, by lock files, manifests and settings of package managers: what a change adds. Pure.

A lock file is thousands of lines that nobody reads, and one of them can take a package from elsewhere. So every source
(host, registry or repository of code) that a change names and no file of the base named is shown to a person, and so is
a hash that changes or goes while the version stays.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from otto_bot.core.lock_hashes import pinned, same_content
from otto_bot.core.lock_names import homes, misnamed
from otto_bot.core.lock_places import places

_LOCKS = re.compile(
    r"(?:.*/)?(?:package-lock\.json|npm-shrinkwrap\.json|yarn\.lock|pnpm-lock\.yaml|bun\.lock|deno\.lock|poetry\.lock"
    r"|uv\.lock|pdm\.lock|pylock[^/]*\.toml|pipfile\.lock|cargo\.lock|go\.sum|gemfile\.lock|composer\.lock|mix\.lock"
    r"|packages\.lock\.json|pubspec\.lock|podfile\.lock|package\.resolved|flake\.lock|gradle\.lockfile"
    r"|conda-lock\.yml|cartfile\.resolved)"
)
_SETTINGS = re.compile(
    r"(?:.*/)?(?:\.npmrc|\.yarnrc(?:\.yml)?|bunfig\.toml|pip\.conf|pip\.ini|\.pypirc|uv\.toml|nuget\.config|\.condarc"
    r"|\.cargo/config(?:\.toml)?|\.bundle/config|\.mvn/settings\.xml|settings\.xml|\.netrc|go\.env|renv\.lock"
    r"|\.rprofile)"
)
_MANIFESTS = re.compile(
    r"(?:.*/)?(?:package\.json|pnpm-workspace\.yaml|pyproject\.toml|pipfile|setup\.(?:py|cfg)|environment\.ya?ml"
    r"|[^/]*requirements[^/]*\.(?:txt|in)|requirements/[^/]+\.(?:txt|in)|constraints[^/]*\.txt|cargo\.toml|go\.mod"
    r"|go\.work|gemfile|composer\.json|[^/]+\.(?:cs|fs|vb)proj|directory\.(?:build|packages)\.props"
    r"|paket\.dependencies|mix\.exs|pubspec\.yaml|podfile|cartfile|package\.swift|flake\.nix|pom\.xml"
    r"|(?:build|settings)\.gradle(?:\.kts)?|build\.sbt|deno\.jsonc?)"
)
PUBLIC = frozenset(
    {
        "registry.npmjs.org", "registry.yarnpkg.com", "pypi.org", "files.pythonhosted.org", "crates.io",
        "static.crates.io", "index.crates.io", "github.com/rust-lang/crates.io-index", "proxy.golang.org",
        "sum.golang.org", "rubygems.org", "index.rubygems.org", "repo.packagist.org", "packagist.org", "api.nuget.org",
        "www.nuget.org", "repo.maven.apache.org", "repo1.maven.org", "plugins.gradle.org", "repo.hex.pm", "hex.pm",
        "pub.dev", "pub.dartlang.org", "cdn.cocoapods.org", "jsr.io", "npm.jsr.io", "repo.anaconda.com",
        "conda.anaconda.org",
    }
)  # fmt: skip
"""What a package manager asks when nobody tells it otherwise: naming it is no new source."""
_CODE_HOSTS = frozenset(
    {
        "github.com", "gitlab.com", "bitbucket.org", "codeload.github.com", "raw.githubusercontent.com",
        "gist.github.com", "codeberg.org", "git.sr.ht", "api.github.com", "objects.githubusercontent.com",
    }
)  # fmt: skip
"""Anybody's code is there, so that the repository counts and not the host."""

_URL = re.compile(r"(?:git\+)?\b([a-z][a-z0-9+.-]{1,20})://([^\s\"'<>`,;)\]}|]{1,400})", re.IGNORECASE)
_SCP = re.compile(r"\bgit@([\w.-]{1,100}):([\w./-]{1,200})")
_SHORT = re.compile(r"[\"'](github|gitlab|bitbucket|gist):([\w.-]{1,60}/[\w.-]{1,100})")
_BARE = re.compile(r"[\"']:?[ \t]*[\"']([A-Za-z0-9][\w-]{0,38}/[\w.-]{1,100})(?:#[\w./-]{1,100})?[\"']")
"""`"left-pad": "somebody/left-pad"` in a `package.json` means GitHub."""
_GO_REPLACE = re.compile(r"^[ \t]*(?:replace[ \t]+)?\S{1,200}(?:[ \t]+v\S{1,80})?[ \t]+=>[ \t]+(\S{1,200})")
_TRUSTED_HOST = re.compile(r"--trusted-host[ =]+([\w.:-]{1,100})")
TOLD = 20
"""Hashes of one file that are told one by one; where a package manager rewrites all, the others are counted."""


class Source(NamedTuple):
    """`line` is from 1 in the new file; `what` says in a few words what is new there."""

    line: int
    what: str


def tells_sources(path: str) -> bool:
    """Whether a file says where dependencies come from."""
    folded = path.casefold()
    return any(kind.fullmatch(folded) for kind in (_LOCKS, _SETTINGS, _MANIFESTS))


def is_lock(path: str) -> bool:
    """Whether a package manager writes the file and people do not read it."""
    return _LOCKS.fullmatch(path.casefold()) is not None


def known_sources(texts: Mapping[str, str]) -> frozenset[str]:
    """Every source that files of the base name, by path and text."""
    return frozenset(source for path, text in texts.items() for _, source in _sources(path, text))


def new_sources(path: str, before: str, after: str, known: Iterable[str] = ()) -> tuple[Source, ...]:
    """What `after` takes from where no file of the base does, and the hashes that change without their versions.

    `known`: sources of the whole base, `before` of this file alone, empty where it is new. Each source once.
    """
    trusted = {*PUBLIC, *known, *(source for _, source in _sources(path, before))}
    found: dict[str, Source] = {}
    for number, source in _sources(path, after):
        if source not in trusted and source not in found:
            found[source] = Source(number, f"dependencies come from {source}, which nothing in the base did")
    return (*found.values(), *_hashes(path, before, after))


def _hashes(path: str, before: str, after: str) -> Iterator[Source]:
    if not is_lock(path):
        return
    known = misnamed(path, before)
    yield from (Source(line, what) for what, line in misnamed(path, after).items() if what not in known)
    kept = homes(path, before)
    for name, (line, now) in homes(path, after).items():
        if name in kept and kept[name][1] and (other := sorted(now - kept[name][1])):
            yield Source(line, f"{name} comes from {other[0]}, and came from {min(kept[name][1])}")
    changed = list(_changed(path, before, after))
    yield from changed[:TOLD]
    if left := changed[TOLD:]:
        yield Source(
            left[0].line, f"{len(left)} more packages have another hash or none, and their version is the same"
        )


def _changed(path: str, before: str, after: str) -> Iterator[Source]:
    """Each place of a package by itself, held against everything that pinned it before; each package once."""
    old: dict[str, frozenset[str]] = {}
    for one in pinned(path, before):
        old[one.key] = old.get(one.key, frozenset()) | one.hashes
    told = set()
    for one in pinned(path, after):
        if one.key in told or same_content(old.get(one.key, frozenset()), one.hashes):
            continue
        told.add(one.key)
        how = "another hash" if one.hashes else "no hash any more"
        yield Source(one.line, f"{one.key} has {how}, and the version is the same")


def _sources(path: str, text: str) -> Iterator[tuple[int, str]]:
    """(line, source) of each place. A source is a host, `host/owner/name` where anybody's code is, or plain words."""
    folded = path.casefold()
    go, package = folded.endswith((".mod", "go.work")), folded.endswith("package.json")
    composer = folded.endswith("composer.lock")
    for number, line in places(path, text):
        for source in _of_line(line, go=go, package=package):
            # Everything that Packagist lists is fetched from where its authors keep it.
            if not (composer and source.split("/")[0] in _CODE_HOSTS):
                yield number, source


def _of_line(line: str, *, go: bool, package: bool) -> Iterator[str]:
    for scheme, rest in _URL.findall(line):
        if (source := _of_url(scheme, rest)) is not None:
            yield source
    for host, rest in _SCP.findall(line):
        yield _repository(host, rest)
    for host, rest in _SHORT.findall(line):
        yield _repository({"gist": "gist.github.com", "bitbucket": "bitbucket.org"}.get(host, f"{host}.com"), rest)
    yield from (f"{host} (any certificate)" for host in _TRUSTED_HOST.findall(line))
    if package and (match := _BARE.search(line)) is not None:
        yield _repository("github.com", match[1])
    if go and (replaced := _GO_REPLACE.match(line)) is not None and not replaced[1].startswith("."):
        yield _repository(*_split(replaced[1]))


def _of_url(scheme: str, rest: str) -> str | None:
    """The source of an address; None for one that is within the repository."""
    kind = scheme.casefold().rpartition("+")[2]
    if kind == "file":
        return None if not rest.startswith("/") else f"file://{rest[:100]}"
    host, path = _split(rest)
    host = host.rpartition("@")[2]
    if not host:
        return None
    plain = _repository(host, path)
    return f"{kind}://{plain} (not encrypted)" if kind in ("http", "git", "ftp") and plain in PUBLIC else plain


def _split(rest: str) -> tuple[str, str]:
    host, _, path = rest.partition("/")
    return host, path


def _repository(host: str, path: str) -> str:
    host = host.casefold().rstrip(".").removesuffix(":443").removesuffix(":80")
    if host not in _CODE_HOSTS:
        return host
    parts = [part for part in re.split(r"[/?#@]", path) if part][:2]
    return "/".join([host, *parts]).casefold().removesuffix(".git")
