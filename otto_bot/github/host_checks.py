"""What a host configured about GitHub: whether it can be used at all. Loads no HTTP client: every command asks this."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

API_VERSION = "2026-03-10"
"""The version of GitHub's API that is asked for, unless a host sets another one; older answers are read as well."""
API_VERSION_SHAPE = r"^\d{4}-\d{2}-\d{2}$"


def check_api_url(api_url: str) -> str:
    """The address without a trailing slash. Raises ValueError where it is none that requests can be sent to."""
    bad = ValueError("the GitHub API address must look like https://api.github.com or https://HOST/api/v3")
    if not isinstance(api_url, str) or not api_url.isprintable() or " " in api_url:
        raise bad
    try:
        parts = urlsplit(api_url)
        port = parts.port
    except ValueError:
        raise bad from None
    odd = "@" in parts.netloc or parts.query or parts.fragment or port == 0
    if parts.scheme not in ("http", "https") or not parts.hostname or odd:
        raise bad
    return api_url.rstrip("/?#")


def check_private_key(private_key: str) -> RSAPrivateKey:
    """The key, read. Raises ValueError, without a word of the key, where it is no RSA private key in PEM."""
    from cryptography.hazmat.primitives.asymmetric import rsa
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        # Validating its numbers costs 50 ms and finds nothing that the first signature would not.
        key = load_pem_private_key(private_key.encode(), password=None, unsafe_skip_rsa_key_validation=True)
    except (ValueError, TypeError):
        key = None
    if isinstance(key, rsa.RSAPrivateKey):
        return key
    raise ValueError("the App's private key cannot be read: give the whole .pem file that GitHub generated")
