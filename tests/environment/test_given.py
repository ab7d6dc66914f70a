"""Secrets in each of their forms, and a `.env` file that only its owner can read and change."""

from __future__ import annotations

import base64
import os
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from otto_bot.environment.env_file import place, prepare, read
from otto_bot.environment.faults import GivenError
from otto_bot.environment.forms import SECRETS, places, secret
from otto_bot.settings import SettingsError, read_settings, read_store_settings

KEY = "OTTO_PRIVATE_KEY"


@pytest.fixture(scope="module")
def pem() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()).decode().strip()


def forms(pem: str) -> dict[str, str]:
    packed = base64.b64encode(pem.encode()).decode()
    return {
        "as it is": pem,
        "white space around": f"\n {pem}\n\n",
        "windows": pem.replace("\n", "\r\n"),
        "escaped": pem.replace("\n", "\\n"),
        "escaped and quoted": '"' + pem.replace("\n", "\\n") + '"',
        "on one line": pem.replace("\n", " "),
        "base64": packed,
        "wrapped base64": "\n".join(packed[at : at + 76] for at in range(0, len(packed), 76)),
        "base64 of an escaped one": base64.b64encode(pem.replace("\n", "\\n").encode()).decode(),
    }


def test_every_form_of_a_key_is_the_same_key(pem: str, tmp_path: Path) -> None:
    for name, form in forms(pem).items():
        assert secret({KEY: form}, KEY) == pem, name
        (tmp_path / "key").write_text(form, newline="")
        assert secret({f"{KEY}_FILE": str(tmp_path / "key")}, KEY) == pem, name


@pytest.mark.parametrize("variable", SECRETS)
def test_every_secret_is_a_value_a_file_a_credential_or_a_mounted_secret(
    variable: str, pem: str, tmp_path: Path
) -> None:
    value = pem if variable == KEY else "s3cret"
    for name in (variable.lower(), variable.lower().replace("_", "-")):
        folder = tmp_path / name
        folder.mkdir(exist_ok=True)
        (folder / name).write_text(f"{value}\n")
        assert secret({"CREDENTIALS_DIRECTORY": str(folder)}, variable) == value
        assert secret({"OTTO_SECRETS_DIR": str(folder)}, variable) == value
        assert secret({f"{variable}_FILE": str(folder / name)}, variable) == value
        assert secret({variable: value, "CREDENTIALS_DIRECTORY": "/nowhere"}, variable) == value
    assert secret({"OTTO_SECRETS_DIR": str(tmp_path)}, variable) is None


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({KEY: "/srv/key.pem"}, "OTTO_PRIVATE_KEY holds a path; give it as OTTO_PRIVATE_KEY_FILE"),
        ({f"{KEY}_FILE": "-----BEGIN RSA PRIVATE KEY-----\nMIIsecret"}, "must name a file; give the key"),
        ({f"{KEY}_FILE": "/nowhere/MIIsecret"}, "OTTO_PRIVATE_KEY_FILE cannot be read: No such file"),
        ({f"{KEY}_FILE": "/"}, "OTTO_PRIVATE_KEY_FILE cannot be read: Is a directory"),
        ({f"{KEY}_FILE": "a\0b"}, "OTTO_PRIVATE_KEY_FILE cannot be read: it is no path"),
        ({f"{KEY}_FILE": "/dev/zero"}, "OTTO_PRIVATE_KEY_FILE cannot be read: it is larger"),
        ({"ANTHROPIC_API_KEY_FILE": "/nowhere"}, "ANTHROPIC_API_KEY_FILE cannot be read: No such file"),
    ],
)  # fmt: skip
def test_a_wrong_form_is_named_and_never_shown(environment: dict[str, str], said: str) -> None:
    variable = next(iter(environment)).removesuffix("_FILE")
    with pytest.raises(GivenError) as caught:
        secret(environment, variable)
    assert said in str(caught.value)
    assert "MII" not in str(caught.value)


def test_settings_take_a_database_with_a_password_from_a_file(pem: str, tmp_path: Path) -> None:
    (tmp_path / "url").write_text("postgresql+psycopg://otto:pw@db/otto\n")
    env = {"OTTO_DATABASE_URL_FILE": str(tmp_path / "url"), "OTTO_APP_ID": "1", KEY: pem, "OTTO_WEBHOOK_SECRET": "s"}

    assert read_settings(env).database == read_store_settings(env).database == "postgresql+psycopg://otto:pw@db/otto"
    with pytest.raises(SettingsError, match="OTTO_DATABASE_URL_FILE cannot be read"):
        read_store_settings({"OTTO_DATABASE_URL_FILE": str(tmp_path / "none")})


def test_who_asks_by_itself_needs_no_webhook_secret_and_is_quicker(pem: str) -> None:
    env = {"OTTO_APP_ID": "1", KEY: pem, "OTTO_POLL": "true"}
    assert (read_settings(env).round_seconds, read_settings(env).webhook_secret) == (15, ())
    assert read_settings(env | {"OTTO_CATCHUP_SECONDS": "60"}).round_seconds == 60
    assert read_settings(env | {"OTTO_POLL": "no", "OTTO_WEBHOOK_SECRET": "s"}).round_seconds == 60
    with pytest.raises(SettingsError, match="OTTO_WEBHOOK_SECRET"):
        read_settings(env | {"OTTO_POLL": "off"})


def a_file(folder: Path, text: str, mode: int = 0o600) -> Path:
    path = folder / ".env"
    path.write_text(text)
    path.chmod(mode)
    return path


def test_the_environment_wins_whatever_the_form(tmp_path: Path) -> None:
    a_file(tmp_path, "OTTO_PORT=1\nOTTO_HOST=::1\nOTTO_PRIVATE_KEY_FILE=/x\nOTTO_WEBHOOK_SECRET_FILE=hook\n")
    environment = {"OTTO_PORT": "2", KEY: "value", "OTTO_HOST": ""}

    assert prepare(environment, tmp_path) == tmp_path / ".env"

    assert environment == {
        "OTTO_PORT": "2", KEY: "value", "OTTO_HOST": "::1", "OTTO_WEBHOOK_SECRET_FILE": str(tmp_path / "hook")
    }  # fmt: skip


def test_nothing_of_the_file_changes_how_code_is_loaded(tmp_path: Path) -> None:
    a_file(
        tmp_path,
        "PATH=/evil\nLD_PRELOAD=/evil\nPYTHONPATH=/evil\nGIT_SSH_COMMAND=evil\nOTTO_PORT=1\nHTTPS_PROXY=http://p\n",
    )
    environment: dict[str, str] = {}
    prepare(environment, tmp_path)
    assert environment == {"OTTO_PORT": "1", "HTTPS_PROXY": "http://p"}


def test_the_models_key_may_be_a_file(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("sk-1\n")
    a_file(tmp_path, "ANTHROPIC_API_KEY_FILE=key\n")
    environment: dict[str, str] = {}
    prepare(environment, tmp_path)
    assert environment["ANTHROPIC_API_KEY"] == "sk-1"
    assert tmp_path / "key" in places(environment)


@pytest.mark.parametrize(
    ("text", "mode", "said"),
    [
        ("OTTO_PORT=1\n", 0o644, ""),
        ("OTTO_DATABASE_URL=postgresql://me@host/otto\n", 0o644, ""),
        ("OTTO_PORT=1\n", 0o664, "can be changed by other users: chmod 600"),
        ("OTTO_WEBHOOK_SECRET=s3cret\n", 0o640, "can be read by other users and holds OTTO_WEBHOOK_SECRET: chmod 600"),
        ("ANTHROPIC_API_KEY=s3cret\n", 0o604, "holds ANTHROPIC_API_KEY"),
        ("OTTO_DATABASE_URL=postgresql://me:s3cret@host/otto\n", 0o644, "holds OTTO_DATABASE_URL"),
    ],
)
def test_a_file_that_others_reach(tmp_path: Path, text: str, mode: int, said: str) -> None:
    path = a_file(tmp_path, text, mode)
    if not said:
        assert read(path)
        return
    with pytest.raises(GivenError) as caught:
        read(path)
    assert said in str(caught.value)
    assert "s3cret" not in str(caught.value)


@pytest.mark.skipif(os.geteuid() != 0, reason="platform: only root can give a file away")
def test_a_file_of_another_user_is_refused(tmp_path: Path) -> None:
    path = a_file(tmp_path, "OTTO_PORT=1\n")
    os.chown(path, 12345, 12345)
    with pytest.raises(GivenError, match="belongs to another user"):
        read(path)


def test_where_the_file_is(tmp_path: Path) -> None:
    assert place({}, tmp_path) is None
    path = a_file(tmp_path, "")
    assert place({}, tmp_path) == path
    assert place({"OTTO_ENV_FILE": "off"}, tmp_path) is None
    assert place({"OTTO_ENV_FILE": "/etc/otto.env"}, tmp_path) == Path("/etc/otto.env")
    with pytest.raises(GivenError, match=r"otto\.env cannot be read: No such file"):
        prepare({"OTTO_ENV_FILE": str(tmp_path / "otto.env")}, tmp_path)


LED = [
    ({"ANTHROPIC_API_KEY": "k"}, "ANTHROPIC_BASE_URL=https://evil.example", "ANTHROPIC_API_KEY"),
    ({"ANTHROPIC_API_KEY_FILE": "/k"}, "ANTHROPIC_BASE_URL=https://evil.example", "ANTHROPIC_API_KEY"),
    ({"OTTO_PRIVATE_KEY_FILE": "/k"}, "OTTO_GITHUB_API_URL=https://evil.example", "OTTO_PRIVATE_KEY"),
    ({"OTTO_CLIENT_SECRET": "s"}, "OTTO_GITHUB_WEB_URL=https://evil.example", "OTTO_CLIENT_SECRET"),
    ({"ANTHROPIC_API_KEY": "k"}, "SSL_CERT_FILE=evil.pem", "ANTHROPIC_API_KEY"),
]


@pytest.mark.parametrize(("environment", "line", "led"), LED)
def test_a_file_that_only_lies_there_leads_no_secret_of_the_environment_away(
    tmp_path: Path, environment: dict[str, str], line: str, led: str
) -> None:
    """It may have come with a clone. Who names it, or sets the address as well, means it."""
    path = tmp_path / ".env"
    path.write_text(f"{line}\n")
    path.chmod(0o600)
    name, _, value = line.partition("=")
    alone = {"OTTO_SECRETS_DIR": str(tmp_path / "none")}

    with pytest.raises(GivenError, match=f"says by {name} where {led} is sent"):
        prepare(alone | environment, tmp_path)

    for given in ({"OTTO_ENV_FILE": str(path)}, {}):
        mine = alone | given | (environment if given else {}) | {"ANTHROPIC_API_KEY_FILE": ""}
        prepare(mine, tmp_path)
        assert mine[name].endswith(value)


def test_an_address_in_the_same_file_as_its_key_is_taken(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    path.write_text("ANTHROPIC_API_KEY=k\nANTHROPIC_BASE_URL=http://127.0.0.1:8000\n")
    path.chmod(0o600)
    mine = {"OTTO_PRIVATE_KEY": "p", "OTTO_SECRETS_DIR": str(tmp_path / "none")}

    prepare(mine, tmp_path)

    assert (mine["ANTHROPIC_API_KEY"], mine["ANTHROPIC_BASE_URL"]) == ("k", "http://127.0.0.1:8000")
