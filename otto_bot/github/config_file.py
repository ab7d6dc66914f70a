"""The repository's `.github/otto.yml`, read from the default branch only."""

from __future__ import annotations

from otto_bot.core.config import Config, ConfigError, HostCaps, read_config
from otto_bot.github.safe_yaml import YamlError, load_aside
from otto_bot.github.verbs import Repository

CONFIG_PATH = ".github/otto.yml"
MAX_BYTES = 64 * 1024
MAX_NODES = 2_000


async def read_config_file(repository: Repository, ref: str, caps: HostCaps) -> Config:
    """The configuration at a ref; defaults where there is no file.

    Raises ConfigError with line and reason where it cannot be used, GitHubError where it cannot be fetched.
    """
    body = await repository.file(CONFIG_PATH, ref)
    if body is None:
        return read_config(None, caps)
    try:
        data = await load_aside(body, MAX_BYTES, MAX_NODES)
    except YamlError as error:
        raise ConfigError(((f"line {error.line}" if error.line else "file", error.reason),)) from None
    return read_config(data, caps)
