"""The settings as far as they can be used: the doctor names what is wrong with them, and goes on with the rest."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from otto_bot.settings import FILE_VARIANTS, Settings, SettingsError, read_settings

_BETWEEN = re.compile(r"; (?=OTTO_[A-Z_]+)")
_NAME = re.compile(r"OTTO_([A-Z_]+?)(?:_FILE)?(?=[^A-Z_]|$)")
_END = ". See docs/configure.md"
TOGETHER = (frozenset({"client_id", "client_secret"}), frozenset({"host", "pages", "public_url", "client_id"}))
"""Settings that may be wrong only beside each other."""
MOST_TRIES = 4
"""A wrong value may hide another one."""


@dataclass(frozen=True)
class Given:
    """`settings` hold defaults, or stand-ins, for the fields in `bad`: nothing may be asked with those.

    `settings` None = nothing at all can be made of the environment. `folder` is where a `.env` would be.
    """

    settings: Settings | None
    problems: tuple[str, ...]
    bad: frozenset[str]
    environment: Mapping[str, str]
    folder: Path

    @property
    def app_known(self) -> bool:
        """Whether GitHub can be asked as the App."""
        return self.settings is not None and not self.bad & {"app_id", "private_key", "github_api_url"}

    @property
    def store_known(self) -> bool:
        """Whether it is known where the database is."""
        return self.settings is not None and not self.bad & {"database_url", "state_dir"}

    @property
    def pages_known(self) -> bool:
        """Whether it is known who may see pages, and where."""
        return self.settings is not None and not self.bad & frozenset().union(*TOGETHER)

    @property
    def hidden(self) -> tuple[str, ...]:
        """Every value that must not be shown, usable or not."""
        known = self.settings.hidden(self.environment) if self.settings is not None else ()
        raw = [self.environment.get(f"OTTO_{name.upper()}", "") for name in FILE_VARIANTS]
        return tuple(
            value for value in [*known, *raw, *(part for one in raw for part in one.split())] if len(value) > 3
        )


def given(environment: Mapping[str, str], folder: Path) -> Given:
    """Read the environment. Nothing is raised for what is wrong in it."""
    problems: list[str] = []
    bad: set[str] = set()
    rest = dict(environment)
    for _ in range(MOST_TRIES):
        try:
            settings = read_settings(rest)
        except SettingsError as error:
            told = _BETWEEN.split(str(error).removesuffix(_END))
            problems += [one for one in told if one not in problems]
            names = {name.lower() for one in told for name in _NAME.findall(one)[:1]}
            if names <= bad:
                break
            bad |= names
            unused = bad | _with_others(bad)
            rest = {**_without(rest, unused), **{key: make() for key, make in _STAND_INS.items() if _field(key) in bad}}
        else:
            return Given(settings, tuple(problems), frozenset(bad), environment, folder)
    return Given(None, tuple(problems), frozenset(bad), environment, folder)


def _with_others(bad: set[str]) -> set[str]:
    """What is wrong only together with others is put aside together."""
    return {name for group in TOGETHER if bad & group for name in group}


def _field(key: str) -> str:
    return key.removeprefix("OTTO_").lower()


def _without(environment: Mapping[str, str], bad: set[str]) -> dict[str, str]:
    return {key: value for key, value in environment.items() if _field(key.removesuffix("_FILE")) not in bad}


def _a_key() -> str:
    """A key that belongs to no App: with it nothing is asked."""
    from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    made = generate_private_key(public_exponent=65537, key_size=2048)
    return made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


_STAND_INS: Mapping[str, Callable[[], str]] = {
    "OTTO_APP_ID": lambda: "1",
    "OTTO_PRIVATE_KEY": _a_key,
    "OTTO_WEBHOOK_SECRET": lambda: "there-is-none-" + os.urandom(8).hex(),
}
