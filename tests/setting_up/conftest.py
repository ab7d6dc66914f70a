"""Shared by the tests of `otto-bot setup`: helpers beside them, and a conversion as GitHub answers it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

sys.path.insert(0, str(Path(__file__).parent))


@cache
def _pem() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()).decode()


@pytest.fixture
def answer() -> Callable[..., dict[str, Any]]:
    """What a code buys."""

    def made(**more: Any) -> dict[str, Any]:
        return {
            "id": 77, "slug": "otto-acme", "name": "Otto Acme", "html_url": "https://github.com/apps/otto-acme",
            "owner": {"login": "acme"}, "client_id": "Iv23liABC", "client_secret": "client-s3cret",
            "webhook_secret": None, "pem": _pem(), **more,
        }  # fmt: skip

    return made
