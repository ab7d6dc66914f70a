"""The repository's `.github/otto.yml`, read from the default branch only."""

from __future__ import annotations

import yaml

from otto_bot.core.config import Config, ConfigError, HostCaps, read_config
from otto_bot.github.verbs import Repository

CONFIG_PATH = ".github/otto.yml"


async def read_config_file(repository: Repository, ref: str, caps: HostCaps) -> Config:
    """The configuration at a ref; defaults where there is no file.

    Raises ConfigError with line and reason where it cannot be used, GitHubError where it cannot be fetched.
    """
    body = await repository.file(CONFIG_PATH, ref)
    if body is None:
        return read_config(None, caps)
    try:
        data = yaml.safe_load(body)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise ConfigError(((f"line {line}", error.problem or "is not YAML"),)) from None
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        raise ConfigError((("file", f"is not YAML: {type(error).__name__}"),)) from None
    return read_config(data, caps)
