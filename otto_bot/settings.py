"""Host settings from the environment: read once, frozen, passed down. A wrong value stops the start and is named."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal
from urllib.parse import unquote, urlsplit

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, ValidationError
from pydantic_core import ErrorDetails

from otto_bot.core.allowance import Allowance, RunsADay, UsdADay
from otto_bot.core.config import HostCaps
from otto_bot.core.egress_hosts import REGISTRIES, checked_entries
from otto_bot.environment.faults import GivenError
from otto_bot.environment.forms import secret
from otto_bot.github.host_checks import API_VERSION, API_VERSION_SHAPE
from otto_bot.text.links import DOCS_URL
from otto_bot.web.reach import Reach, unreachable

if TYPE_CHECKING:
    from otto_bot.core.limits import HostLimits

Most = Annotated[int, Field(ge=1, le=100_000)]


def _off(value: object) -> object:
    return None if value == "off" else value


MayBeOff = BeforeValidator(_off)
"""The word `off` lifts a limit. Not 0, which others read as: nothing at all."""


POLL_SECONDS = 15.0
"""Between two rounds of a host without webhooks, unless it is set."""

ApiVersion = Annotated[str, Field(pattern=API_VERSION_SHAPE)]

MOST_DEFAULTS = 16 * 1024
"""Bytes of the host's defaults for repositories."""


class SettingsError(ValueError):
    """The environment cannot be used; the message names each variable and what to do."""


class StoreSettings(BaseModel):
    """What commands need that only read what was stored: no key of the App, no secret."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    database_url: str = ""
    state_dir: Path = Path("state")
    prices: str = ""
    keep_days: Annotated[float, Field(ge=1, le=36500, allow_inf_nan=False)] = 90
    mirrors_gib: Annotated[float, Field(ge=0.01, le=100_000, allow_inf_nan=False)] = 200
    max_usd_per_day: Annotated[UsdADay | None, MayBeOff] = 500
    max_usd_per_day_per_installation: Annotated[UsdADay | None, MayBeOff] = 200
    max_runs_per_day_per_repository: Annotated[RunsADay | None, MayBeOff] = 100
    max_runs_per_day_per_person: Annotated[RunsADay | None, MayBeOff] = 50

    @property
    def database(self) -> str:
        """The database URL; SQLite in the state folder by default."""
        return self.database_url or f"sqlite:///{self.state_dir.absolute() / 'otto.sqlite'}"

    @property
    def day(self) -> Allowance:
        """What may be begun and spent in a day."""
        return Allowance(
            usd=self.max_usd_per_day,
            usd_per_installation=self.max_usd_per_day_per_installation,
            runs_per_repository=self.max_runs_per_day_per_repository,
            runs_per_person=self.max_runs_per_day_per_person,
        )


class Settings(StoreSettings):
    """Everything a host sets. Field `x` is the variable `OTTO_X`; `[_FILE]` variants are read from files."""

    app_id: Annotated[int, Field(gt=0)]
    private_key: SecretStr
    webhook_secret: tuple[SecretStr, ...]
    github_api_url: str = "https://api.github.com"
    github_web_url: str = ""
    github_api_version: Annotated[ApiVersion | None, MayBeOff] = API_VERSION
    docs_url: str = DOCS_URL
    client_id: str = ""
    client_secret: SecretStr = SecretStr("")
    public_url: str = ""
    pages: Literal["auto", "login", "local", "off"] = "auto"
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8080
    concurrency: Annotated[int, Field(ge=1, le=64)] = 8
    poll: bool = False
    catchup_seconds: Annotated[float, Field(ge=1, le=3600)] = 60
    write_pause_seconds: Annotated[float, Field(ge=0, le=60, allow_inf_nan=False)] = 1
    max_usd: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 50
    max_minutes: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 1440
    max_attempts: Annotated[int, Field(ge=1, le=10)] = 10
    max_runs: Most = 500
    max_runs_per_installation: Most = 50
    max_attempts_at_once: Most = 64
    max_attempts_at_once_per_installation: Most = 16
    max_agents: Most = 96
    max_agents_per_installation: Most = 24
    cage: Literal["require", "scripted"] = "require"
    cage_shown: str = ""
    workspace_gib: Annotated[float, Field(ge=0.1, le=10_000, allow_inf_nan=False)] = 10
    repository_gib: Annotated[float, Field(ge=0.01, le=10_000, allow_inf_nan=False)] = 20
    partial_mib: Annotated[float, Field(ge=0, le=10_000_000, allow_inf_nan=False)] = 256
    setup_hosts: str = ""
    setup_private_hosts: str = ""
    accept_exposure: bool = False
    repository_defaults: str = ""
    logs_gib: Annotated[float, Field(ge=0.01, le=1_000, allow_inf_nan=False)] = 2
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["auto", "text", "json"] = "text"
    metrics_host: str = "127.0.0.1"
    metrics_port: Annotated[int, Field(ge=0, le=65535)] = 0

    @property
    def round_seconds(self) -> float:
        """Between two rounds of asking GitHub; quicker where nothing else tells anything."""
        quicker = self.poll and "catchup_seconds" not in self.model_fields_set
        return POLL_SECONDS if quicker else self.catchup_seconds

    @property
    def caps(self) -> HostCaps:
        """What repositories may use at most."""
        return HostCaps(
            usd=self.max_usd,
            minutes=self.max_minutes,
            attempts=self.max_attempts,
            accept_exposure=self.accept_exposure,
            defaults=_defaults(self.repository_defaults),
        )

    @property
    def hosts_of_setups(self) -> tuple[str, ...]:
        """Hosts that a repository's set-up may reach: package registries, or those that are set; `none` is none."""
        if self.setup_hosts.strip().lower() == "none":
            return ()
        return checked_entries(self.setup_hosts) or REGISTRIES

    @property
    def near_hosts_of_setups(self) -> tuple[str, ...]:
        """More of them, which may have addresses of a private network."""
        return checked_entries(self.setup_private_hosts)

    @property
    def shown_in_cage(self) -> tuple[Path, ...]:
        """Folders of the host that every caged command may read."""
        return tuple(Path(part) for part in self.cage_shown.split(":") if part)

    @property
    def limits(self) -> HostLimits:
        """How much may be at work at once, and in a day."""
        from otto_bot.core.limits import AtOnce, HostLimits  # the whole heart, which the web process does not need

        return HostLimits(
            installation=AtOnce(
                runs=self.max_runs_per_installation,
                attempts=self.max_attempts_at_once_per_installation,
                agents=self.max_agents_per_installation,
            ),
            host=AtOnce(runs=self.max_runs, attempts=self.max_attempts_at_once, agents=self.max_agents),
            day=self.day,
        )

    @property
    def web_url(self) -> str:
        """Where people see GitHub: from the API's address, unless it is set."""
        if self.github_web_url:
            return self.github_web_url.rstrip("/")
        parts = urlsplit(self.github_api_url)
        # github.com, and GitHub's own hosts of one enterprise (`api.NAME.ghe.com`), have the API on another host.
        ours = parts.netloc == "api.github.com" or parts.netloc.endswith(".ghe.com")
        host = parts.netloc.removeprefix("api.") if ours else parts.netloc
        return f"{parts.scheme}://{host}"

    @property
    def secrets(self) -> tuple[str, ...]:
        """Values that only this host and GitHub know."""
        ours = (self.private_key, *self.webhook_secret, self.client_secret)
        return tuple(value for one in ours if (value := one.get_secret_value()))

    @property
    def reach(self) -> Reach:
        """Where pages are served, and to whom."""
        return Reach(
            self.pages, self.host, self.public_url.rstrip("/"), self.client_id, self.client_secret,
            self.github_api_url, self.web_url, self.github_api_version,
        )  # fmt: skip

    def hidden(self, environment: Mapping[str, str]) -> tuple[str, ...]:
        """Values that must never leave the process: these, keys of models, passwords of the database and of proxies."""
        found = [*self.secrets, *(environment.get(name, "") for name in MODEL_KEYS)]
        for url in (self.database_url, *(environment.get(name, "") for name in PROXIES)):
            found += _passwords(url)
        for name in OTEL_HEADERS:  # `api-key=…,x-tenant=…`
            found += [unquote(part.partition("=")[2].strip()) for part in environment.get(name, "").split(",")]
        return tuple(value for value in found if value)


TRUE = frozenset({"1", "true", "yes", "on", "t", "y"})
"""How a yes is written, as pydantic reads it."""
MODEL_KEYS = ("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN")
PROXIES = ("https_proxy", "HTTPS_PROXY", "http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY", "ANTHROPIC_BASE_URL")
OTEL_HEADERS = ("OTEL_EXPORTER_OTLP_HEADERS", "OTEL_EXPORTER_OTLP_TRACES_HEADERS")
"""What a collector of traces is told with each export: keys of its owner."""


FILE_VARIANTS = ("private_key", "webhook_secret", "client_secret", "database_url")
"""Settings whose value may come from a file named by `OTTO_X_FILE`, or from a folder of secrets."""


def read_settings(environment: Mapping[str, str]) -> Settings:
    """The settings in an environment. Raises SettingsError that names every wrong variable, never a secret's value."""
    values: dict[str, object] = {}
    problems: list[str] = []
    unread: set[str] = set()
    for name in Settings.model_fields:
        try:
            value = _value(environment, name)
        except GivenError as error:
            problems.append(str(error))
            unread.add(name)
            continue
        if value is not None:
            values[name] = _secrets(value) if name == "webhook_secret" else value
    if str(values.get("poll", "")).lower() in TRUE:
        values.setdefault("webhook_secret", ())
    try:
        settings = Settings.model_validate(values)
    except ValidationError as error:
        problems += [_problem(item) for item in error.errors() if not (item["loc"] and item["loc"][0] in unread)]
    else:
        problems += _unusable(settings)
    if problems:
        raise SettingsError("; ".join(dict.fromkeys(problems)) + ". See docs/configure.md")
    return settings


def read_store_settings(environment: Mapping[str, str]) -> StoreSettings:
    """Where the ledger is, and the prices. Raises SettingsError; what only a host needs may be missing or wrong."""
    try:
        values = {
            name: value for name in StoreSettings.model_fields if (value := _value(environment, name)) is not None
        }
    except GivenError as error:
        raise SettingsError(f"{error}. See docs/configure.md") from None
    try:
        settings = StoreSettings.model_validate(values)
    except ValidationError as error:
        raise SettingsError("; ".join(map(_problem, error.errors())) + ". See docs/configure.md") from None
    problems = _wrong(
        {
            "OTTO_DATABASE_URL": lambda: _check_database(settings.database),
            "OTTO_PRICES": lambda: _check_prices(settings.prices),
        }
    )
    if problems:
        raise SettingsError("; ".join(problems) + ". See docs/configure.md")
    return settings


def _passwords(url: str) -> list[str]:
    """The password in a URL, as it is written and as it is used."""
    try:
        password = urlsplit(url).password or ""
    except ValueError:
        return []
    return [password, unquote(password)]


def _problem(item: ErrorDetails) -> str:
    name = str(item["loc"][0]) if item["loc"] else "settings"
    if item["type"] == "missing":
        either = f" (or OTTO_{name.upper()}_FILE)" if name in FILE_VARIANTS else ""
        return f"OTTO_{name.upper()}{either} is missing"
    return f"OTTO_{name.upper()}: {'is not usable' if name in FILE_VARIANTS else item['msg']}"


def _unusable(settings: Settings) -> list[str]:
    """What has the right form and still cannot be worked with; found now, not when the first issue is labelled."""
    from otto_bot.github.host_checks import check_api_url, check_private_key

    problems: list[str] = []
    if not settings.webhook_secret and not settings.poll:
        problems.append("OTTO_WEBHOOK_SECRET is empty; without a secret anyone could send events")
    checks: dict[str, Callable[[], object]] = {
        "OTTO_GITHUB_API_URL": lambda: check_api_url(settings.github_api_url),
        "OTTO_GITHUB_WEB_URL": lambda: _check_web(settings.github_web_url),
        "OTTO_DOCS_URL": lambda: _check_web(settings.docs_url),
        "OTTO_PRIVATE_KEY": lambda: check_private_key(settings.private_key.get_secret_value()),
        "OTTO_DATABASE_URL": lambda: _check_database(settings.database),
        "OTTO_PRICES": lambda: _check_prices(settings.prices),
        "OTTO_CAGE_SHOWN": lambda: _check_shown(settings),
        "OTTO_REPOSITORY_DEFAULTS": lambda: _check_defaults(settings),
        "OTTO_SETUP_HOSTS": lambda: settings.hosts_of_setups,
        "OTTO_SETUP_PRIVATE_HOSTS": lambda: settings.near_hosts_of_setups,
    }
    return [*problems, *_wrong(checks), *unreachable(settings.reach)]


def _wrong(checks: Mapping[str, Callable[[], object]]) -> list[str]:
    """What each variable's check says against it."""
    problems: list[str] = []
    for variable, check in checks.items():
        try:
            check()
        except ValueError as error:
            problems.append(f"{variable}: {str(error).removeprefix(f'{variable}: ')}")
    return problems


def _check_web(url: str) -> None:
    parts = urlsplit(url)
    if url and (parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc):
        raise ValueError("must look like https://github.com")


def _check_database(url: str) -> None:
    from sqlalchemy import make_url
    from sqlalchemy.exc import ArgumentError

    from otto_bot.store.database import normal_url

    try:
        driver = make_url(normal_url(url)).drivername
    except (ArgumentError, ValueError):
        driver = ""
    # Outside of the handler and without the URL: it may hold a password.
    if driver not in ("sqlite", "sqlite+pysqlite", "postgresql+psycopg"):
        raise ValueError("must look like sqlite:////var/lib/otto/otto.sqlite or postgresql+psycopg://USER@HOST/NAME")


def _check_shown(settings: Settings) -> None:
    """Nothing that would show the host as a whole, or what is Otto's own."""
    state = settings.state_dir.absolute()
    for path in settings.shown_in_cage:
        if not path.is_absolute() or len(path.parts) < 2 or ".." in path.parts:
            raise ValueError(f"`{path}` must be an absolute path below the root, such as /opt/node:/opt/go")
        if path.is_relative_to(state) or state.is_relative_to(path):
            raise ValueError(f"`{path}` would show the state folder; keep tools apart from it")


def _defaults(text: str) -> dict[str, Any]:
    """Settings as a repository's file has them. Raises ValueError."""
    from otto_bot.github.safe_yaml import load

    data = load(text, MOST_DEFAULTS) if text else None
    if data is not None and not (isinstance(data, dict) and all(isinstance(key, str) for key in data)):
        raise ValueError("must be a mapping of settings, as in .github/otto.yml")
    return data or {}


def _check_defaults(settings: Settings) -> None:
    from otto_bot.core.config import read_config

    read_config(None, settings.caps)


def _check_prices(text: str) -> None:
    if text:
        from otto_bot.model.prices import Prices

        Prices.published().plus_json(text)


def _value(environment: Mapping[str, str], name: str) -> str | None:
    key = f"OTTO_{name.upper()}"
    return secret(environment, key) if name in FILE_VARIANTS else environment.get(key) or None


def _secrets(value: str) -> tuple[str, ...]:
    """Several secrets, one a line or separated by spaces, so that one can be changed without a gap."""
    return tuple(value.split())
