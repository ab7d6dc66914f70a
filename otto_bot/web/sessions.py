"""Who is logged in, sealed into a cookie: nothing is kept here, so that any number of processes can read it.

The keys come from the App's client secret: whoever changes it logs everybody out.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError

if TYPE_CHECKING:
    from cryptography.fernet import Fernet

LASTS = timedelta(hours=8)
"""A session, whether somebody uses it or not. GitHub's tokens for people last as long."""
LOGIN_LASTS = timedelta(minutes=10)
"""From leaving for GitHub until coming back: GitHub's codes last as long."""
MOST_COOKIE = 3_900
"""Bytes of a cookie's name and value: browsers drop what has 4,096 with its attributes."""
SKEW = timedelta(minutes=1)
S = TypeVar("S", bound="Sealed")


class Sealed(BaseModel):
    """What a cookie holds. Short names: the cookie comes with every request."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    at: datetime = Field(alias="a")


class Leaving(Sealed):
    """Somebody is on their way to GitHub and back: what must fit when they return."""

    state: str = Field(alias="s")
    verifier: str = Field(alias="v", repr=False)
    next: str = Field(alias="n")

    @property
    def challenge(self) -> str:
        """What GitHub is told of the verifier (RFC 7636, S256)."""
        digest = hashlib.sha256(self.verifier.encode()).digest()
        return base64.urlsafe_b64encode(digest).decode().rstrip("=")


class Ticket(Sealed):
    """A session: who it is, and GitHub's token of theirs."""

    id: str = Field(alias="i")
    user: int = Field(alias="u")
    login: str = Field(alias="l")
    token: str = Field(alias="t", repr=False)
    ends: datetime = Field(alias="e")
    refresh: str = Field(default="", alias="r", repr=False)
    refresh_ends: datetime | None = Field(default=None, alias="f")


def leaving(next_path: str, now: datetime) -> Leaving:
    """A new way to GitHub and back."""
    return Leaving(a=now, s=secrets.token_urlsafe(24), v=secrets.token_urlsafe(48), n=next_path)


def new_id() -> str:
    """The name of a session, which nobody can guess."""
    return secrets.token_urlsafe(18)


class Seals:
    """Seals and opens cookies, each kind with a key of its own."""

    def __init__(self, secret: SecretStr) -> None:
        self._secret = secret
        self._kinds: dict[str, Fernet] = {}

    def seal(self, kind: str, what: Sealed) -> str:
        """The text of a cookie."""
        return self._fernet(kind).encrypt(what.model_dump_json(by_alias=True, exclude_defaults=True).encode()).decode()

    def open(self, kind: str, model: type[S], text: str, now: datetime, lasts: timedelta) -> S | None:
        """What a cookie holds; None where it is not ours, was changed, or is over."""
        from cryptography.fernet import InvalidToken

        if len(text) > MOST_COOKIE or not text.isascii():
            return None
        try:
            found = model.model_validate_json(self._fernet(kind).decrypt(text.encode()))
        except (InvalidToken, ValidationError):
            return None
        return found if -SKEW <= now - found.at < lasts else None

    def csrf(self, session_id: str) -> str:
        """What a form of this session carries, and no other site knows."""
        return hmac.new(self._csrf_key, session_id.encode(), hashlib.sha256).hexdigest()

    def fits(self, session_id: str, csrf: str) -> bool:
        """Whether a form carries that; takes the same time whatever it says."""
        return hmac.compare_digest(self.csrf(session_id).encode(), csrf.encode("utf-8", "replace"))

    @cached_property
    def _csrf_key(self) -> bytes:
        return self._derived("csrf")

    def _fernet(self, kind: str) -> Fernet:
        from cryptography.fernet import Fernet

        if kind not in self._kinds:
            self._kinds[kind] = Fernet(base64.urlsafe_b64encode(self._derived(kind)))
        return self._kinds[kind]

    def _derived(self, label: str) -> bytes:
        from cryptography.hazmat.primitives.hashes import SHA256
        from cryptography.hazmat.primitives.kdf.hkdf import HKDF

        info = f"otto mission control 1 {label}".encode()
        return HKDF(SHA256(), 32, None, info).derive(self._secret.get_secret_value().encode())
