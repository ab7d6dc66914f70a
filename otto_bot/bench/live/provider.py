"""Who answers a live bench: key, address and prices from the environment, refused before anything is spent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from otto_bot.core.redact import Redactor
from otto_bot.model.client import ModelClient
from otto_bot.model.errors import UnknownPrice
from otto_bot.model.prices import Prices

OFFICIAL = "https://api.anthropic.com"
SECONDS = 600.0
"""The longest that one call may take, unless it names its own time."""


class Refused(ValueError):
    """The bench cannot begin; the text says what to do."""


@dataclass(frozen=True)
class Provider:
    """A Messages server. `key` is None where the SDK finds credentials of another kind by itself."""

    key: str | None
    address: str
    prices: Prices
    redactor: Redactor

    @property
    def host(self) -> str:
        """Who answers, without what an address may hold besides."""
        return urlsplit(self.address).hostname or ""

    def client(self) -> ModelClient:
        """A client for all pairs."""
        return ModelClient(self.key, self.address, SECONDS)


def provider(environment: Mapping[str, str], model: str, without: str = "") -> Provider:
    """The server that the environment names, able to answer `model` at a known price. Raises Refused.

    `without`: the command that asks no model, named where there is none to ask; empty where there is no such command.
    """
    key, token = environment.get("ANTHROPIC_API_KEY"), environment.get("ANTHROPIC_AUTH_TOKEN")
    address = environment.get("ANTHROPIC_BASE_URL")
    if not (key or token or address):
        raise Refused(
            "no model to ask: set ANTHROPIC_API_KEY, or ANTHROPIC_BASE_URL for another server that speaks the "
            "Messages API" + (f"; without --live `{without}` needs neither" if without else "")
        )
    try:
        prices = Prices.published()
        prices = prices.plus_json(environment["OTTO_PRICES"]) if environment.get("OTTO_PRICES") else prices
        prices.price(model)
    except UnknownPrice:
        raise Refused(
            f"no price is known for the model {model!r}, so no cap could hold: give a --model of the price table "
            f"({', '.join(sorted(prices.table))}), or set OTTO_PRICES, e.g. "
            f'{{"{model}": {{"input": 3, "output": 15}}}} (US dollars per million tokens)'
        ) from None
    except ValueError as error:
        raise Refused(str(error)) from None
    # A server of one's own may want no key; the SDK wants one.
    own = key or (None if token else "none")
    return Provider(own, address or OFFICIAL, prices, Redactor([value for value in (key, token) if value]))
