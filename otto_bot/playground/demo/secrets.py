"""The App's key and secrets of one playground: made for it, in files that only its owner reads."""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

KEY_BITS = 2048


@dataclass(frozen=True)
class Secrets:
    """Where the bot finds its key and secrets, and what the stand-in needs to know of them."""

    key_file: Path
    secret_file: Path
    client_secret_file: Path
    public_key_pem: str
    webhook_secret: str
    client_secret: str
    control_token: str


def make_secrets(folder: Path) -> Secrets:
    """A new RSA key, secrets of webhook and login, and a control token; all but the last in files below `folder`."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=KEY_BITS)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    secret, client_secret = secrets.token_hex(20), secrets.token_hex(20)
    return Secrets(
        key_file=_private_file(folder / "app.pem", private),
        secret_file=_private_file(folder / "webhook-secret", secret.encode()),
        client_secret_file=_private_file(folder / "client-secret", client_secret.encode()),
        public_key_pem=public.decode(),
        webhook_secret=secret,
        client_secret=client_secret,
        control_token=secrets.token_hex(20),
    )


def _private_file(path: Path, content: bytes) -> Path:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
    return path
