"""Host settings from the environment: read once, frozen, passed down. A wrong value stops the start and is named."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError

from otto_bot.core.config import HostCaps


class SettingsError(ValueError):
    """The environment cannot be used; the message names each variable and what to do."""


class Settings(BaseModel):
    """Everything a host sets. Field `x` is the variable `OTTO_X`; `[_FILE]` variants are read from files."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    app_id: Annotated[int, Field(gt=0)]
    private_key: SecretStr
    webhook_secret: tuple[SecretStr, ...]
    github_api_url: str = "https://api.github.com"
    github_web_url: str = ""
    database_url: str = ""
    state_dir: Path = Path("state")
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8080
    concurrency: Annotated[int, Field(ge=1, le=64)] = 4
    catchup_seconds: Annotated[float, Field(ge=1, le=3600)] = 60
    max_usd: Annotated[float, Field(gt=0)] = 50
    max_minutes: Annotated[float, Field(gt=0)] = 1440
    max_attempts: Annotated[int, Field(ge=1, le=10)] = 10
    cage: Literal["require", "scripted"] = "require"
    prices: str = ""
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    @property
    def caps(self) -> HostCaps:
        """What repositories may use at most."""
        return HostCaps(usd=self.max_usd, minutes=self.max_minutes, attempts=self.max_attempts)

    @property
    def database(self) -> str:
        """The database URL; SQLite in the state folder by default."""
        return self.database_url or f"sqlite:///{self.state_dir.absolute() / 'otto.sqlite'}"

    @property
    def web_url(self) -> str:
        """Where people see GitHub: from the API's address, unless it is set."""
        if self.github_web_url:
            return self.github_web_url.rstrip("/")
        parts = urlsplit(self.github_api_url)
        host = "github.com" if parts.netloc == "api.github.com" else parts.netloc
        return f"{parts.scheme}://{host}"

    @property
    def secrets(self) -> tuple[str, ...]:
        """Values that must never leave the process."""
        return (self.private_key.get_secret_value(), *(s.get_secret_value() for s in self.webhook_secret))


FILE_VARIANTS = ("private_key", "webhook_secret")
"""Settings whose value may come from a file named by `OTTO_X_FILE`."""


def read_settings(environment: Mapping[str, str]) -> Settings:
    """The settings in an environment. Raises SettingsError that names every wrong variable."""
    values: dict[str, object] = {}
    problems: list[str] = []
    for name in Settings.model_fields:
        try:
            value = _value(environment, name)
        except OSError as error:
            problems.append(f"OTTO_{name.upper()}_FILE cannot be read: {error.strerror}")
            continue
        if value is not None:
            values[name] = _secrets(value) if name == "webhook_secret" else value
    try:
        settings = Settings.model_validate(values)
    except ValidationError as error:
        missing = {str(item["loc"][0]) for item in error.errors() if item["type"] == "missing" and item["loc"]}
        hidden = set(FILE_VARIANTS)
        for item in error.errors():
            name = str(item["loc"][0]) if item["loc"] else "settings"
            reason = "is missing" if name in missing else ("is not usable" if name in hidden else item["msg"])
            problems.append(f"OTTO_{name.upper()}: {reason}")
    else:
        if not settings.webhook_secret:
            problems.append("OTTO_WEBHOOK_SECRET: is empty; without a secret anyone could send events")
    if problems:
        raise SettingsError("; ".join(dict.fromkeys(problems)) + ". See docs/configure.md")
    return settings


def _value(environment: Mapping[str, str], name: str) -> str | None:
    key = f"OTTO_{name.upper()}"
    if name in FILE_VARIANTS and environment.get(f"{key}_FILE"):
        return Path(environment[f"{key}_FILE"]).read_text(encoding="utf-8").strip()
    return environment.get(key) or None


def _secrets(value: str) -> tuple[str, ...]:
    """Several secrets, one a line or separated by spaces, so that one can be changed without a gap."""
    return tuple(value.split())
