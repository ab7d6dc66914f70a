"""Who asks: the App, an installation or nobody; and whether what the host configured can be used at all."""

from __future__ import annotations

from collections.abc import Callable

import httpx

from otto_bot.github.session import Credential
from otto_bot.github.tokens import Scope, Token, TokenCache


class AppCredentials:
    """As the App itself, by JWT."""

    def __init__(self, forget_jwt: Callable[[], None]) -> None:
        self._forget_jwt = forget_jwt

    async def get(self) -> Credential:
        return "app"

    def drop(self, credential: Credential) -> None:
        """GitHub did not accept it: the next request signs a new one."""
        del credential
        self._forget_jwt()


class Nobody:
    """Without any credential."""

    async def get(self) -> Credential:
        return "nobody"

    def drop(self, credential: Credential) -> None:
        """There is none."""


class InstallationCredentials:
    """As one installation, by a token of one scope."""

    def __init__(self, tokens: TokenCache, scope: Scope) -> None:
        self._tokens = tokens
        self._scope = scope

    async def get(self) -> Credential:
        return await self._tokens.get(self._scope)

    def drop(self, credential: Credential) -> None:
        assert isinstance(credential, Token)
        self._tokens.drop(self._scope, credential)


def check_api_url(api_url: str) -> str:
    """The address without a trailing slash. Raises ValueError where it is none that requests can be sent to."""
    try:
        url = httpx.URL(api_url)
    except (httpx.InvalidURL, TypeError):
        url = httpx.URL("")
    if url.scheme not in ("http", "https") or not url.host or url.userinfo or url.query or url.fragment:
        raise ValueError("the GitHub API address must look like https://api.github.com or https://HOST/api/v3")
    return str(url).rstrip("/")


def check_private_key(private_key: str) -> None:
    """Raises ValueError, without a word of the key, where it is no RSA private key in PEM."""
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        # Validating its numbers costs 50 ms and finds nothing that the first signature would not.
        key = load_pem_private_key(private_key.encode(), password=None, unsafe_skip_rsa_key_validation=True)
        usable = isinstance(key, RSAPrivateKey)
    except (ValueError, TypeError):
        usable = False
    if not usable:
        raise ValueError("the App's private key cannot be read: give the whole .pem file that GitHub generated")
