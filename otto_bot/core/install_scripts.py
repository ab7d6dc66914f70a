"""Commands that a package manager runs by itself when somebody installs: what a change adds to them. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from otto_bot.core.bounded_toml import toml_of

_NPM = frozenset(
    {
        "preinstall", "install", "postinstall", "prepare", "preprepare", "postprepare", "prepublish", "prepublishonly",
        "prepack", "postpack", "dependencies", "uninstall", "preuninstall", "postuninstall", "pnpm:devpreinstall",
    }
)  # fmt: skip
_COMPOSER = re.compile(
    r"(?:pre|post)-(?:install|update|autoload-dump|root-package|create-project|package-\w+|pool)\b.*|.*-cmd"
)
_TRUSTS = ("trustedDependencies", "onlyBuiltDependencies", "neverBuiltDependencies", "allow-plugins", "allowScripts")


class Script(NamedTuple):
    """`line` is from 1 in the new file, where the name stands first; `name` is what runs by itself."""

    line: int
    name: str


def new_scripts(path: str, before: str, after: str) -> tuple[Script, ...]:
    """What runs at installing by `after` and did not, or was another command, by `before` (empty where there was none).

    Total: a file that cannot be read any more counts as one that runs something else, where it could be read before.
    """
    if path.casefold().rpartition("/")[2] == "binding.gyp" and not before and after:
        return (Script(1, "binding.gyp, which npm builds"),)
    reader = {"package.json": _package, "composer.json": _composer, "pyproject.toml": _pyproject}.get(
        path.casefold().rpartition("/")[2]
    )
    if reader is None:
        return ()
    old, new = dict(reader(before)), dict(reader(after))
    changed = [name for name, command in new.items() if command and old.get(name, "") != command]
    return tuple(Script(_line(after, name), name) for name in changed)


def _line(text: str, name: str) -> int:
    last = name.rpartition(" ")[2]
    return next((number for number, line in enumerate(text.split("\n"), 1) if last in line), 1)


def _json(text: str) -> Mapping[str, object]:
    try:
        data = json.loads(text.removeprefix("\ufeff") or "{}")
    except (ValueError, RecursionError):
        return {"scripts": {"install": f"not JSON: {text}"}}
    # Letter case counts in JSON: `Scripts` beside `scripts` is nothing to npm, and takes nothing's place.
    return data if isinstance(data, Mapping) else {}


def _package(text: str) -> Iterator[tuple[str, str]]:
    data = _json(text)
    scripts = data.get("scripts")
    for name, command in scripts.items() if isinstance(scripts, Mapping) else ():
        if str(name).casefold() in _NPM:
            yield f"script {name}", json.dumps(command)
    if data.get("gypfile"):
        yield "gypfile", "true"
    inner = data.get("pnpm")
    for place in (data, inner if isinstance(inner, Mapping) else {}):
        yield from ((name, json.dumps(place[name], sort_keys=True)) for name in _TRUSTS if place.get(name))


def _composer(text: str) -> Iterator[tuple[str, str]]:
    data = _json(text)
    scripts, config = data.get("scripts"), data.get("config")
    for name, command in scripts.items() if isinstance(scripts, Mapping) else ():
        if name == "install" or _COMPOSER.fullmatch(str(name).casefold()):
            yield f"script {name}", json.dumps(command)
    if isinstance(config, Mapping) and config.get("allow-plugins"):
        yield "allow-plugins", json.dumps(config["allow-plugins"], sort_keys=True)


def _pyproject(text: str) -> Iterator[tuple[str, str]]:
    """A build backend of the tree itself is code that runs at `pip install`."""
    if (data := toml_of(text)) is None:
        yield "build-system", f"not TOML: {text}"
        return
    system = data.get("build-system", {})
    if isinstance(system, Mapping) and system.get("backend-path"):
        yield "build-system backend-path", json.dumps([system.get("backend-path"), system.get("build-backend")])
