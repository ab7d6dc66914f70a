"""What the demo needs beside the bot: act and pytest, an extra that a bot with keys has no use for.

Called through uv (`uvx otto-bot demo`), the demo starts itself once more with the extra; elsewhere it says what to
type.
"""

from __future__ import annotations

import importlib.util
import json
import shlex
from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, distribution

from otto_bot.playground.actions.cage import find_act

PROJECT, EXTRA = "otto-bot", "otto-bot[playground]"
UV = "UV"
"""Where uv says to whom it starts that it did, and by which program."""
TRIED = "UV_OTTO_PLAYGROUND"
"""Set for the second start: what is missing then is not looked for a third time."""
MISSING = """\
the demo needs {what}, which a bot does not need and which {verb} not installed here. Type one of

    uvx '{extra}' demo
    python -m pip install '{extra}'    # into the environment of this otto-bot, then: otto-bot demo"""


def missing() -> tuple[str, ...]:
    """Names of what is not here."""
    here = {"act": find_act() is not None, "pytest": importlib.util.find_spec("pytest") is not None}
    return tuple(name for name, found in here.items() if not found)


def again(argv: Sequence[str], environment: Mapping[str, str]) -> list[str] | None:
    """The command that is the same demo with all it needs; None where nobody can be asked for that."""
    uv = environment.get(UV)
    if not uv or environment.get(TRIED):
        return None
    return [uv, "tool", "run", "--from", _source(), PROJECT, "demo", *argv]


def explained(names: Sequence[str]) -> str:
    """What to type, where it does not start itself again."""
    verb = "is" if len(names) == 1 else "are"
    return MISSING.format(what=" and ".join(names), verb=verb, extra=EXTRA)


def told(command: Sequence[str]) -> str:
    """One line before what is missing is fetched."""
    return f"The demo needs more than a bot, and is started with it: {shlex.join(command)}"


def _source() -> str:
    """This very version: from the index, or from the file or folder it was installed from."""
    try:
        ours = distribution(PROJECT)
    except PackageNotFoundError:
        return EXTRA
    said = json.loads(ours.read_text("direct_url.json") or "{}")
    url, vcs = str(said.get("url", "")), said.get("vcs_info", {})
    if not url:
        return f"{EXTRA}=={ours.version}"
    return f"{EXTRA} @ {vcs['vcs']}+{url}@{vcs['commit_id']}" if vcs else f"{EXTRA} @ {url}"
