"""An App that was registered at the stand-in, beside the one that its config names."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from otto_bot.playground.github.config import AppConfig


@dataclass
class Registered:
    """`code` is empty once it was used; `pem` is told with it, and never again."""

    config: AppConfig
    pem: str
    code: str
    until: datetime
    description: str = ""
    url: str = ""
