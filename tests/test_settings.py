"""Settings: what is wrong is named, what is secret is never shown."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from otto_bot.app import _account
from otto_bot.core.allowance import Allowance
from otto_bot.core.limits import AtOnce, HostLimits
from otto_bot.settings import SettingsError, read_settings

FORM = (Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


@pytest.fixture(scope="module")
def pem() -> str:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(*FORM).decode()


@pytest.fixture
def env(pem: str) -> dict[str, str]:
    return {"OTTO_APP_ID": "42", "OTTO_PRIVATE_KEY": pem, "OTTO_WEBHOOK_SECRET": "hush-hush"}


def problem(env: dict[str, str]) -> str:
    with pytest.raises(SettingsError) as caught:
        read_settings(env)
    return str(caught.value)


def test_three_values_are_enough(env: dict[str, str], tmp_path: Path) -> None:
    settings = read_settings(env | {"OTTO_STATE_DIR": str(tmp_path), "UNRELATED": "x", "OTTO_PORT": ""})

    assert (settings.app_id, settings.host, settings.port) == (42, "127.0.0.1", 8080)
    assert settings.database == f"sqlite:///{tmp_path}/otto.sqlite"
    assert settings.web_url == "https://github.com"
    assert (settings.caps.usd, settings.caps.minutes, settings.caps.attempts) == (50, 1440, 10)


def test_limits_of_how_much_is_at_work_at_once(env: dict[str, str]) -> None:
    """Without a word they are those of the heart; each variable is one of them."""
    assert read_settings(env).limits == HostLimits()
    names = ("MAX_RUNS", "MAX_ATTEMPTS_AT_ONCE", "MAX_AGENTS")
    given = {f"OTTO_{name}{one}": str(i) for i, (name, one) in enumerate(product(names, ("", "_PER_INSTALLATION")), 1)}

    assert read_settings(env | given).limits == HostLimits(
        host=AtOnce(runs=1, attempts=3, agents=5), installation=AtOnce(runs=2, attempts=4, agents=6)
    )


def test_what_a_day_allows(env: dict[str, str]) -> None:
    """Each variable is one limit, and `off` lifts it."""
    names = ("USD_PER_DAY", "USD_PER_DAY_PER_INSTALLATION", "RUNS_PER_DAY_PER_REPOSITORY", "RUNS_PER_DAY_PER_PERSON")
    given = {f"OTTO_MAX_{name}": str(number) for number, name in enumerate(names, 1)}

    assert read_settings(env | given).limits.day == Allowance(
        usd=1, usd_per_installation=2, runs_per_repository=3, runs_per_person=4
    )
    assert set(read_settings(env | dict.fromkeys(given, "off")).limits.day.model_dump().values()) == {None}


def test_secrets_come_from_files_and_there_may_be_several(env: dict[str, str], pem: str, tmp_path: Path) -> None:
    (tmp_path / "key").write_text(f"{pem}\n")
    (tmp_path / "secret").write_text("old\nnew\n")
    del env["OTTO_PRIVATE_KEY"]
    files = {"OTTO_PRIVATE_KEY_FILE": str(tmp_path / "key"), "OTTO_WEBHOOK_SECRET_FILE": str(tmp_path / "secret")}

    settings = read_settings(env | files)

    assert settings.private_key.get_secret_value() == pem.strip()
    assert [secret.get_secret_value() for secret in settings.webhook_secret] == ["old", "new"]
    assert settings.secrets == (pem.strip(), "old", "new")


@pytest.mark.parametrize(
    ("api", "web"),
    [
        ("https://ghe.example/api/v3", "https://ghe.example"),
        ("https://ghe.example.org:8443/api/v3/", "https://ghe.example.org:8443"),
        ("https://api.octo.ghe.com", "https://octo.ghe.com"),
        ("https://api.example.org/api/v3", "https://api.example.org"),
        ("http://127.0.0.1:99", "http://127.0.0.1:99"),
    ],
)
def test_people_see_enterprise_servers_beside_their_api(env: dict[str, str], api: str, web: str) -> None:
    assert read_settings(env | {"OTTO_GITHUB_API_URL": api}).web_url == web
    given = env | {"OTTO_GITHUB_API_URL": api, "OTTO_GITHUB_WEB_URL": "https://git.example/"}
    assert read_settings(given).web_url == "https://git.example"


@pytest.mark.parametrize(
    ("said", "sent"), [("", "2026-03-10"), ("2022-11-28", "2022-11-28"), ("off", None)], ids=["default", "older", "off"]
)
def test_one_version_of_the_api_is_asked_for_everywhere(env: dict[str, str], said: str, sent: str | None) -> None:
    """By the worker and by all that pages ask with: the App, people who log in, logs."""
    settings = read_settings(env | {"OTTO_GITHUB_API_VERSION": said})
    assert (settings.github_api_version, settings.reach.api_version) == (sent, sent)
    assert _account(settings).api_version == sent


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("OTTO_APP_ID", "otto"),
        ("OTTO_APP_ID", "0"),
        ("OTTO_PORT", "70000"),
        ("OTTO_CONCURRENCY", "0"),
        ("OTTO_CATCHUP_SECONDS", "0.5"),
        ("OTTO_MAX_USD", "inf"),
        ("OTTO_MAX_MINUTES", "-1"),
        ("OTTO_MAX_ATTEMPTS", "11"),
        ("OTTO_MAX_RUNS", "0"),
        ("OTTO_MAX_USD_PER_DAY", "0"),
        ("OTTO_MAX_USD_PER_DAY_PER_INSTALLATION", "nan"),
        ("OTTO_MAX_RUNS_PER_DAY_PER_REPOSITORY", "0"),
        ("OTTO_MAX_RUNS_PER_DAY_PER_PERSON", "none"),
        ("OTTO_MAX_AGENTS_PER_INSTALLATION", "many"),
        ("OTTO_KEEP_DAYS", "0.5"),
        ("OTTO_CAGE", "off"),
        ("OTTO_CAGE_SHOWN", "opt/node"),
        ("OTTO_CAGE_SHOWN", "/opt/node:/"),
        ("OTTO_CAGE_SHOWN", "/opt/../srv"),
        ("OTTO_WORKSPACE_GIB", "0"),
        ("OTTO_SETUP_HOSTS", "https://pypi.org"),
        ("OTTO_SETUP_PRIVATE_HOSTS", "10.0.0.7"),
        ("OTTO_LOG_LEVEL", "loud"),
        ("OTTO_GITHUB_API_URL", "api.github.com"),
        ("OTTO_GITHUB_API_URL", "https://user:word@api.github.com"),
        ("OTTO_GITHUB_WEB_URL", "github.com"),
        ("OTTO_GITHUB_API_VERSION", "v3"),
        ("OTTO_GITHUB_API_VERSION", "2022-11-28 "),
        ("OTTO_DATABASE_URL", "otto.sqlite"),
        ("OTTO_DATABASE_URL", "mysql://me@host/otto"),
        ("OTTO_REPOSITORY_DEFAULTS", "{pilot: }{"),
        ("OTTO_REPOSITORY_DEFAULTS", "otto"),
        ("OTTO_REPOSITORY_DEFAULTS", "{1: x}"),
        ("OTTO_REPOSITORY_DEFAULTS", "{lable: x}"),
        ("OTTO_REPOSITORY_DEFAULTS", "{budget: {usd: -1}}"),
        ("OTTO_REPOSITORY_DEFAULTS", f"# {'x' * 16_384}"),
        ("OTTO_PRICES", "{cheap}"),
        ("OTTO_PRICES", '{"my-model": {"input": "free"}}'),
    ],
)
def test_a_wrong_value_is_named(env: dict[str, str], variable: str, value: str) -> None:
    said = problem(env | {variable: value})

    assert said.startswith(f"{variable}: ")
    assert said.count("OTTO_") == 1
    assert said.endswith("See docs/configure.md")


def test_every_missing_variable_is_named_at_once() -> None:
    said = problem({"OTTO_PORT": "x"})

    assert "OTTO_APP_ID is missing" in said
    assert "OTTO_PRIVATE_KEY (or OTTO_PRIVATE_KEY_FILE) is missing" in said
    assert "OTTO_WEBHOOK_SECRET (or OTTO_WEBHOOK_SECRET_FILE) is missing" in said
    assert "OTTO_PORT: " in said


def test_a_file_that_cannot_be_read_is_named(env: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    del env["OTTO_PRIVATE_KEY"]

    assert "OTTO_PRIVATE_KEY_FILE cannot be read: No such file" in problem(
        env | {"OTTO_PRIVATE_KEY_FILE": str(tmp_path / "none")}
    )
    said = problem(env | {"OTTO_PRIVATE_KEY_FILE": str(tmp_path / "binary")})
    assert "OTTO_PRIVATE_KEY_FILE cannot be read: it is no UTF-8 text" in said
    assert "missing" not in said


@pytest.mark.parametrize("secret", ["", " \n "])
def test_an_empty_webhook_secret_stops_the_start(env: dict[str, str], tmp_path: Path, secret: str) -> None:
    (tmp_path / "secret").write_text(secret)
    del env["OTTO_WEBHOOK_SECRET"]

    said = problem(env | {"OTTO_WEBHOOK_SECRET_FILE": str(tmp_path / "secret")})

    assert "OTTO_WEBHOOK_SECRET is empty" in said


def test_no_message_and_no_repr_shows_a_secret(env: dict[str, str], pem: str) -> None:
    elliptic = ec.generate_private_key(ec.SECP256R1()).private_bytes(*FORM).decode()
    cut = pem[: len(pem) // 2]
    database = "postgres://me:pass%zzword@host:port/otto"

    for key in (elliptic, cut, "no key at all"):
        said = problem(env | {"OTTO_PRIVATE_KEY": key, "OTTO_DATABASE_URL": database, "OTTO_PORT": "x1"})
        said += problem(env | {"OTTO_PRIVATE_KEY": key, "OTTO_DATABASE_URL": database})
        assert "OTTO_PRIVATE_KEY: " in said
        assert "OTTO_DATABASE_URL: " in said
        assert "pass" not in said
        assert not any(line in said for line in key.splitlines())
    shown = repr(read_settings(env))
    assert "hush-hush" not in shown
    assert not any(line in shown for line in pem.splitlines() if line)


def test_what_the_cage_shows_and_what_set_ups_reach(env: dict[str, str]) -> None:
    plain = read_settings(env)
    assert "pypi.org" in plain.hosts_of_setups
    assert (plain.shown_in_cage, plain.near_hosts_of_setups, plain.workspace_gib) == ((), (), 10)
    more = {
        "OTTO_CAGE_SHOWN": "/opt/node:/opt/go",
        "OTTO_SETUP_HOSTS": "none",
        "OTTO_SETUP_PRIVATE_HOSTS": "pip.corp.example",
    }
    given = read_settings(env | more)
    assert given.shown_in_cage == (Path("/opt/node"), Path("/opt/go"))
    assert (given.hosts_of_setups, given.near_hosts_of_setups) == ((), ("pip.corp.example",))
    state = str(given.state_dir.absolute().parent)
    assert "state folder" in problem(env | {"OTTO_CAGE_SHOWN": state})


def test_what_a_repository_gets_that_says_nothing(env: dict[str, str]) -> None:
    given = read_settings(env | {"OTTO_REPOSITORY_DEFAULTS": "pilot: {approval: always}\nlabel: bot\n"})
    assert given.caps.defaults == {"pilot": {"approval": "always"}, "label": "bot"}
    assert read_settings(env).caps.defaults == {}
