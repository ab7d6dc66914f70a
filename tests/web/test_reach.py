"""A host starts only where pages are for this machine alone, for people who log in, or off; else it says what to do."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from otto_bot.settings import Settings, SettingsError, read_settings

FORM = (Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
CLIENT = {"OTTO_CLIENT_ID": "Iv23li01", "OTTO_CLIENT_SECRET": "a" * 40}
PUBLIC = {"OTTO_PUBLIC_URL": "https://otto.example.org"}
ELSEWHERE = {"OTTO_HOST": "0.0.0.0"}


@pytest.fixture(scope="module")
def env() -> dict[str, str]:
    pem = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(*FORM).decode()
    return {"OTTO_APP_ID": "42", "OTTO_PRIVATE_KEY": pem, "OTTO_WEBHOOK_SECRET": "hush-hush"}


def started(env: dict[str, str], *more: dict[str, str]) -> Settings:
    """The settings of a host that starts."""
    return read_settings({name: value for some in (env, *more) for name, value in some.items()})


@pytest.mark.parametrize(
    ("more", "mode", "can"),
    [
        ([], "local", False),
        ([CLIENT], "login", True),
        ([CLIENT, {"OTTO_PAGES": "local"}], "local", True),
        ([CLIENT, PUBLIC, ELSEWHERE], "login", True),
        ([CLIENT, PUBLIC, {"OTTO_PAGES": "off"}], "off", False),
        ([ELSEWHERE, {"OTTO_PAGES": "off"}], "off", False),
        ([{"OTTO_HOST": "::1"}], "local", False),
        ([CLIENT, {"OTTO_PUBLIC_URL": "http://localhost:8080/"}], "login", True),
    ],
)
def test_who_sees_pages_is_decided_by_what_is_set(
    env: dict[str, str], more: list[dict[str, str]], mode: str, can: bool
) -> None:
    reach = started(env, *more).reach

    assert (reach.mode, reach.can_log_in) == (mode, can)
    assert not reach.public_url.endswith("/")


@pytest.mark.parametrize(
    ("more", "named", "advice"),
    [
        ([ELSEWHERE], "OTTO_HOST=0.0.0.0", "OTTO_PAGES=off"),
        ([{"OTTO_HOST": "192.0.2.7"}], "OTTO_HOST=192.0.2.7", "OTTO_CLIENT_ID"),
        ([CLIENT, PUBLIC, ELSEWHERE, {"OTTO_PAGES": "local"}], "OTTO_HOST=0.0.0.0", "leave OTTO_HOST at 127.0.0.1"),
        ([CLIENT, ELSEWHERE], "OTTO_PUBLIC_URL is missing", "https://otto.example.org"),
        ([{"OTTO_CLIENT_ID": "Iv23li01"}], "OTTO_CLIENT_SECRET", "OTTO_CLIENT_SECRET_FILE"),
        ([{"OTTO_CLIENT_SECRET": "a" * 40}], "OTTO_CLIENT_ID is missing", "logs nobody in"),
        ([{"OTTO_CLIENT_ID": "x", "OTTO_CLIENT_SECRET": "short"}], "OTTO_CLIENT_SECRET", "that GitHub generated"),
        ([{"OTTO_PAGES": "login"}], "OTTO_PAGES=login", "needs OTTO_CLIENT_ID"),
        ([CLIENT, {"OTTO_PUBLIC_URL": "http://otto.example.org"}], "OTTO_PUBLIC_URL", "https://"),
        ([CLIENT, {"OTTO_PUBLIC_URL": "https://otto.example.org/otto"}], "OTTO_PUBLIC_URL", "without a path"),
        ([CLIENT, {"OTTO_PUBLIC_URL": "https://me@otto.example.org"}], "OTTO_PUBLIC_URL", "must look like"),
        ([CLIENT, {"OTTO_PUBLIC_URL": "https://[bad"}], "OTTO_PUBLIC_URL", "must look like"),
        ([CLIENT, {"OTTO_PUBLIC_URL": "otto.example.org"}], "OTTO_PUBLIC_URL", "must look like"),
        ([{"OTTO_PAGES": "yes"}], "OTTO_PAGES", "login"),
    ],
)
def test_a_host_that_would_show_pages_to_anybody_does_not_start(
    env: dict[str, str], more: list[dict[str, str]], named: str, advice: str
) -> None:
    with pytest.raises(SettingsError) as caught:
        started(env, *more)

    assert named in str(caught.value)
    assert advice in str(caught.value)
    assert "a" * 40 not in str(caught.value)


def test_the_client_secret_is_one_of_the_secrets_that_never_leave(
    env: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    file = tmp_path_factory.mktemp("secret") / "client-secret"
    file.write_text("b" * 40 + "\n")

    settings = started(env, {"OTTO_CLIENT_ID": "Iv23li01", "OTTO_CLIENT_SECRET_FILE": str(file)})

    assert "b" * 40 in settings.hidden({})
    assert "b" * 40 not in repr(settings)
    assert "b" * 40 not in repr(settings.reach)
    assert "" not in started(env).hidden({})
