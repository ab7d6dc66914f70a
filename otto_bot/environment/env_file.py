"""The `.env` file of a host: found, held to who may read and write it, and put behind the environment."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping, MutableMapping
from pathlib import Path
from urllib.parse import urlsplit

from otto_bot.environment.dotenv import MOST_CHARACTERS, parse
from otto_bot.environment.faults import GivenError
from otto_bot.environment.forms import MODEL_SECRETS, SECRETS, mounted, secret

VARIABLE = "OTTO_ENV_FILE"
OURS = ("OTTO_", "ANTHROPIC_")
"""What is taken from the file. It lies in a working folder and may be another program's: nothing of it may change how
this process and what it starts load code (`PATH`, `LD_PRELOAD`, `PYTHONPATH`)."""
ALSO = frozenset({"HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY", "https_proxy", "http_proxy", "no_proxy", "SSL_CERT_FILE"})
_GITHUB = ("OTTO_PRIVATE_KEY", "OTTO_CLIENT_SECRET")
LEADS = {
    "ANTHROPIC_BASE_URL": MODEL_SECRETS, "OTTO_GITHUB_API_URL": _GITHUB, "OTTO_GITHUB_WEB_URL": _GITHUB,
    "SSL_CERT_FILE": SECRETS,
}  # fmt: skip
"""Where secrets are sent, and whom that is believed to be: which ones each of these could lead away."""
_GROUP_AND_OTHERS_READ = stat.S_IRGRP | stat.S_IROTH
_GROUP_AND_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH


def place(environment: Mapping[str, str], folder: Path) -> Path | None:
    """Where the file is: OTTO_ENV_FILE names it (`off`: there is none), else `.env` in `folder`, where one is."""
    named = environment.get(VARIABLE, "")
    if named == "off":
        return None
    if named:
        return Path(named)
    path = folder / ".env"
    return path if path.exists() else None


def prepare(environment: MutableMapping[str, str], folder: Path) -> Path | None:
    """Put what the file says behind the environment, and secrets of the model from files into it. Returns the file.

    What the environment has, in whatever form, is not taken from the file. Raises GivenError, also where a file that
    only lies in the folder would send a secret of the environment elsewhere: it may have come with somebody's clone.
    """
    path = place(environment, folder)
    if path is not None:
        environment.update(_taken(environment, path, read(path)))
    for variable in MODEL_SECRETS:
        if (found := secret(environment, variable)) is not None:
            environment[variable] = found
    return path


def _taken(environment: Mapping[str, str], path: Path, given: Mapping[str, str]) -> dict[str, str]:
    held = {variable for variable in SECRETS if environment.get(variable) or environment.get(f"{variable}_FILE")}
    taken: dict[str, str] = {}
    for name, value in given.items():
        if name.removesuffix("_FILE") in held or environment.get(name):
            continue
        if not (name.startswith(OURS) or name in ALSO):
            continue
        if not environment.get(VARIABLE) and (led := _led_away(environment, name)):
            raise GivenError(
                f"{path} says by {name} where {led} is sent, which does not come from that file. If it is yours, "
                f"name it ({VARIABLE}={path}) or set {name} in the environment, too"
            )
        taken[name] = _beside(path, name, value)
    return taken


def _led_away(environment: Mapping[str, str], name: str) -> str:
    """The secret of the environment that this variable could lead away; none: empty."""
    for variable in LEADS.get(name, ()):
        if environment.get(variable) or environment.get(f"{variable}_FILE") or mounted(environment, variable):
            return variable
    return ""


def _beside(path: Path, name: str, value: str) -> str:
    """Files that are named without a folder lie where the `.env` file does."""
    relative = name.removesuffix("_FILE") in SECRETS and name.endswith("_FILE") and value and not value.startswith("/")
    return str(path.absolute().parent / value) if relative else value


def read(path: Path) -> dict[str, str]:
    """What the file says. Raises GivenError where it cannot be read, or others can read secrets in it or change it."""
    try:
        with path.open("rb") as file:
            about, raw = os.fstat(file.fileno()), file.read(MOST_CHARACTERS * 4 + 1)
    except OSError as error:
        raise GivenError(f"{path} cannot be read: {error.strerror}") from None
    try:
        given = parse(raw.decode("utf-8"), str(path))
    except UnicodeDecodeError:
        raise GivenError(f"{path} is no UTF-8 text") from None
    if about.st_uid not in (os.geteuid(), 0):
        raise GivenError(f"{path} belongs to another user, who could change where Otto sends its secrets; chown it")
    if about.st_mode & _GROUP_AND_OTHERS_WRITE:
        raise GivenError(f"{path} can be changed by other users: chmod 600 {path}")
    holding = sorted(name for name, value in given.items() if _is_secret(name, value))
    if holding and about.st_mode & _GROUP_AND_OTHERS_READ:
        raise GivenError(f"{path} can be read by other users and holds {', '.join(holding)}: chmod 600 {path}")
    return given


def _is_secret(name: str, value: str) -> bool:
    if name in ("OTTO_DATABASE_URL", "ANTHROPIC_BASE_URL"):
        try:
            return bool(urlsplit(value).password)
        except ValueError:
            return True
    return name in SECRETS and bool(value)
