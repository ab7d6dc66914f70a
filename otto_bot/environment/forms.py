"""One secret in any of its forms: value, file, folder of secrets; a PEM also escaped, on one line, or in base64."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from otto_bot.environment.faults import GivenError

SECRETS_DIR = "/run/secrets"
"""Where Docker and Podman put secrets."""
MODEL_SECRETS = ("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN")
"""Read by the model's client from the environment alone."""
HOST_SECRETS = ("OTTO_PRIVATE_KEY", "OTTO_WEBHOOK_SECRET", "OTTO_CLIENT_SECRET", "OTTO_DATABASE_URL")
SECRETS = (*HOST_SECRETS, *MODEL_SECRETS)
PEMS = frozenset({"OTTO_PRIVATE_KEY"})
MOST_BYTES = 64 * 1024
_PEM = re.compile(r"-----BEGIN ([A-Z0-9 ]+)-----(.*?)-----END \1-----", re.DOTALL)
_BASE64 = re.compile(r"[A-Za-z0-9+/=]+")


def secret(environment: Mapping[str, str], variable: str) -> str | None:
    """The value of one of SECRETS, without white space around it; None where nothing gives it.

    First the file that `VARIABLE_FILE` names, then the variable, then a file of that name in small letters in systemd's
    `$CREDENTIALS_DIRECTORY` or in the folder of secrets. Raises GivenError.
    """
    named = environment.get(f"{variable}_FILE")
    if named:
        return _read(Path(named), f"{variable}_FILE", variable)
    if value := environment.get(variable):
        return _formed(value, variable, variable)
    path = mounted(environment, variable)
    return None if path is None else _read(path, f"{variable} in {path.parent}", variable)


def mounted(environment: Mapping[str, str], variable: str) -> Path | None:
    """The file of that name in systemd's folder of credentials or in the folder of secrets; None = there is none."""
    return next((path for path in _mounted(environment, variable) if path.is_file()), None)


def places(environment: Mapping[str, str]) -> tuple[Path, ...]:
    """Every file and folder of the host that holds secrets by these settings: what models run must not see them."""
    named = [environment.get(f"{variable}_FILE", "") for variable in SECRETS]
    folders = [environment.get("CREDENTIALS_DIRECTORY", ""), environment.get("OTTO_SECRETS_DIR") or SECRETS_DIR]
    return tuple(Path(one).absolute() for one in (*named, *folders) if one and len(one) < 4096)


def _mounted(environment: Mapping[str, str], variable: str) -> Iterator[Path]:
    small = variable.lower()
    for folder in (environment.get("CREDENTIALS_DIRECTORY"), environment.get("OTTO_SECRETS_DIR") or SECRETS_DIR):
        if folder:
            yield Path(folder) / small
            yield Path(folder) / small.replace("_", "-")


def _read(path: Path, where: str, variable: str) -> str:
    if "-----BEGIN" in str(path) or "\n" in str(path):
        raise GivenError(f"{where} holds a key itself and must name a file; give the key as {variable}")
    try:
        with path.open("rb") as file:
            raw = file.read(MOST_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no path"
        raise GivenError(f"{where} cannot be read: {reason}") from None
    if len(raw) > MOST_BYTES:
        raise GivenError(f"{where} cannot be read: it is larger than {MOST_BYTES} bytes, which no secret is")
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        raise GivenError(f"{where} cannot be read: it is no UTF-8 text") from None
    return _formed(text, where, variable)


def _formed(value: str, where: str, variable: str) -> str:
    value = value.strip()
    return _pem(value, where, variable) if variable in PEMS else value


def _pem(value: str, where: str, variable: str) -> str:
    """A PEM as it must be, from whatever transport made of it. Anything else is returned as it is, and judged later."""
    if "-----BEGIN" not in value:
        if _looks_like_a_path(value) and where == variable:
            raise GivenError(f"{where} holds a path; give it as {variable}_FILE")
        value = _from_base64(value)
    plain = value.replace("\\r", "").replace("\\n", "\n").replace("\r\n", "\n").strip("\"' \n\t")
    found = _PEM.search(plain)
    if found is None:
        return plain
    kind, body = found.group(1), "".join(found.group(2).split())
    if ":" in body or _BASE64.fullmatch(body) is None:
        return plain  # an old encrypted form, or none at all
    lines = [body[at : at + 64] for at in range(0, len(body), 64)]
    return "\n".join([f"-----BEGIN {kind}-----", *lines, f"-----END {kind}-----"])


def _from_base64(value: str) -> str:
    packed = "".join(value.split())
    if _BASE64.fullmatch(packed) is None:
        return value
    try:
        text = base64.b64decode(packed, validate=True).decode("ascii")
    except (binascii.Error, UnicodeDecodeError):
        return value
    return text.strip() if "-----BEGIN" in text else value


def _looks_like_a_path(value: str) -> bool:
    return (
        "\n" not in value
        and len(value) < 1024
        and (value.startswith(("/", "~", "./", "../")) or value.endswith(".pem"))
    )
